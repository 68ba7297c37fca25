"""Time for tests that nobody waits for."""

import asyncio
import functools
import selectors
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, ParamSpec


@dataclass
class HandMovedClock:
    """Stands still until it is advanced; fits ports.Clock."""

    time: datetime = datetime(2026, 10, 5, 14, 3, 31, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by


@dataclass
class ShiftedClock:
    """The clock of a machine that is `ahead` of the true time, or behind it; fits ports.Clock."""

    true: HandMovedClock
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return self.true.now() + self.ahead


def http_date(at: datetime) -> str:
    """Return a time as HTTP headers have it."""
    return format_datetime(at, usegmt=True)


class _Patience(selectors.DefaultSelector):
    """Waits for nothing: where a loop would sleep, its time moves on instead."""

    moved = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout is not None else None)
        if not ready and timeout:
            self.moved += timeout
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """A loop on which every sleep takes its time by the loop's own clock and none by the wall's; nothing for I/O."""

    def __init__(self) -> None:
        self._patience = _Patience()
        super().__init__(self._patience)

    def time(self) -> float:
        return 1000.0 + self._patience.moved


class HandMovedLoop(asyncio.SelectorEventLoop):
    """A loop whose time can be moved on by hand; beside that it goes on as the wall's does, for I/O."""

    _ahead = 0.0

    def time(self) -> float:
        return super().time() + self._ahead

    def advance(self, by: timedelta) -> None:
        self._ahead += by.total_seconds()


_Given = ParamSpec("_Given")


def in_simulated_time(test: Callable[_Given, Coroutine[Any, Any, None]]) -> Callable[_Given, None]:
    """Make a test that sleeps a test that takes no time."""

    @functools.wraps(test)
    def play(*given: _Given.args, **named: _Given.kwargs) -> None:
        with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
            runner.run(test(*given, **named))

    return play


class LoopClock:
    """The date by the running loop's time; fits ports.Clock."""

    def now(self) -> datetime:
        return datetime(2026, 10, 5, tzinfo=UTC) + timedelta(seconds=asyncio.get_running_loop().time())
