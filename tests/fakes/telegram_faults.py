"""How the fake Telegram is made to refuse a call, to delay it, or to lose its reply."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.fakes.telegram_markup import Refused

Parameters = Mapping[str, str]
When = Callable[[Parameters], bool]


def always(given: Parameters) -> bool:
    """Say yes to every request."""
    return True


@dataclass(slots=True)
class PlannedFault:
    """A fault for the next `times` calls of a method (`*`: of any) for which `when` returns True."""

    method: str
    times: int
    when: When = always
    refusal: Refused | None = None
    body: bytes | None = None
    loses_reply: bool = False
    release: asyncio.Event | None = None


class TelegramFaults:
    """The faults that were planned and have not happened yet."""

    def __init__(self) -> None:
        self._faults: list[PlannedFault] = []

    def fail(  # noqa: PLR0913 — what a failure can look like, each with a default
        self,
        method: str,
        *,
        status: int = 500,
        description: str = "Internal Server Error",
        parameters: dict[str, int] | None = None,
        body: bytes | None = None,
        times: int = 1,
        when: When = always,
    ) -> None:
        """Refuse the next `times` calls of a method (`*`: of any), with a raw body of one's own if given."""
        self._faults.append(PlannedFault(method.lower(), times, when, Refused(status, description, parameters), body))

    def lose_reply(self, method: str, *, times: int = 1, when: When = always) -> None:
        """Carry out the next calls of a method, then cut the connection instead of answering."""
        self._faults.append(PlannedFault(method.lower(), times, when, loses_reply=True))

    def delay(self, method: str, *, times: int = 1, when: When = always) -> asyncio.Event:
        """Carry the next calls of a method out only once the event returned is set."""
        release = asyncio.Event()
        self._faults.append(PlannedFault(method.lower(), times, when, release=release))
        return release

    def clear_faults(self) -> None:
        """Forget every fault, and let delayed calls go on."""
        # A server that stops waits for its open requests, delayed ones included.
        for fault in self._faults:
            if fault.release:
                fault.release.set()
        self._faults.clear()

    def next_fault(self, method: str, given: Parameters) -> PlannedFault | None:
        """Return the fault that a call meets, and use it up once."""
        for fault in self._faults:
            if fault.times > 0 and fault.method in ("*", method) and fault.when(given):
                fault.times -= 1
                return fault
        return None
