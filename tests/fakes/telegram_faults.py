"""How the Telegram stand-in is told to misbehave."""

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
class Trick:
    """One way to misbehave, `times` more times, for the calls of a method (`*`: any) that `when` says yes to."""

    method: str
    times: int
    when: When = always
    refusal: Refused | None = None
    body: bytes | None = None
    loses_reply: bool = False
    release: asyncio.Event | None = None


class TelegramFaults:
    """The tricks in store."""

    def __init__(self) -> None:
        self._tricks: list[Trick] = []

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
        self._tricks.append(Trick(method.lower(), times, when, Refused(status, description, parameters), body))

    def lose_reply(self, method: str, *, times: int = 1, when: When = always) -> None:
        """Carry out the next calls of a method, then cut the connection instead of answering."""
        self._tricks.append(Trick(method.lower(), times, when, loses_reply=True))

    def delay(self, method: str, *, times: int = 1, when: When = always) -> asyncio.Event:
        """Carry the next calls of a method out only once the event returned is set."""
        release = asyncio.Event()
        self._tricks.append(Trick(method.lower(), times, when, release=release))
        return release

    def behave(self) -> None:
        """Forget every trick, and let go of what was delayed."""
        for trick in self._tricks:
            if trick.release:
                trick.release.set()
        self._tricks.clear()

    def trick(self, method: str, given: Parameters) -> Trick | None:
        """Return the trick to play on a call, and use it up once."""
        for trick in self._tricks:
            if trick.times > 0 and trick.method in ("*", method) and trick.when(given):
                trick.times -= 1
                return trick
        return None
