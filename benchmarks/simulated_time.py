"""Simulated time for benchmarks: it moves on only while no work is under way, so an hour of sending takes minutes.

Sleeping takes no real time, and waiting for Redis no simulated time: a slow machine measures the same as a fast one.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TypeVar

from redis.asyncio import Redis

from bot.storage.connection import Database
from bot.storage.keys import KeyName

Result = TypeVar("Result")

_ANSWER_TIMEOUT_S = 30.0
"""Real seconds: when nothing has answered for so long, nothing will, and the loop would wait for ever."""
_LOOKS_AGAIN_S = 0.5  # simulated: nobody is woken, and so much later a message may leave


class _Waiting(selectors.DefaultSelector):
    """Waits for answers while somebody is at work; else lets the time pass that the loop would have slept."""

    at_work = 0
    passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.at_work:
            return self._answers()
        ready = super().select(0)
        if not ready:
            self.passed += timeout
        return ready

    def _answers(self) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(_ANSWER_TIMEOUT_S)
        if not ready:
            raise TimeoutError("nobody answers")
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """A loop with a time of its own, in which work takes none and sleeping takes none of the wall's."""

    def __init__(self) -> None:
        self._waiting = _Waiting()
        super().__init__(self._waiting)

    def time(self) -> float:
        """Return the simulated seconds."""
        return 1000.0 + self._waiting.passed

    @contextmanager
    def work(self, sign: int = 1) -> Iterator[None]:
        """Let no time pass inside, for an answer is under way; -1: somebody at work sleeps."""
        self._waiting.at_work += sign
        try:
            yield
        finally:
            self._waiting.at_work -= sign


def simulated() -> SimulatedLoop:
    """Return the running loop."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, SimulatedLoop):
        raise TypeError("this needs a simulated loop")
    return loop


class BriskDatabase(Database):
    """A database that answers within no simulated time."""

    async def wait_for_entry(
        self, stream: KeyName, *, after: str, wait: timedelta, stopping: asyncio.Event | None = None
    ) -> bool:
        """Return that there may be an entry once the wait is over; blocking at the server would take real time."""
        pause_s = min(wait.total_seconds(), _LOOKS_AGAIN_S)
        if stopping is None:
            await asyncio.sleep(pause_s)
        else:
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), pause_s)
        return True

    async def _run(self, client: Redis, send: Callable[[], Awaitable[Result]], *, blocks_s: float = 0.0) -> Result:
        with simulated().work():
            return await super()._run(client, send, blocks_s=blocks_s)
