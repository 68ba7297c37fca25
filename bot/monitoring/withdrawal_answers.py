"""Asks withdrawal sources, several at a time, and collects what they answer; nothing that one does ends another's.

Example: 27 sources are asked at 12:00. Six are asked at once, and the next whenever one has answered. LBank has not
after ten seconds: the next is asked beside it, and it is given up after a minute, which is an answer with a fault.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from bot.domain.errors import SourceFault
from bot.domain.withdrawal_reading import WithdrawalReading
from bot.ports.sources import Clock, WithdrawalSource

log = structlog.get_logger()

BUDGET = timedelta(minutes=1)
"""For all requests and retries of one source: a fifth of what lies between two polls."""
SLOW_AFTER = timedelta(seconds=10)
"""Who takes longer lets the next one be asked meanwhile."""

_AT_ONCE = 6  # asked together: few enough that their bodies, of 2 MB at most, are no memory to speak of
_PATIENCE_S = 15.0  # of somebody who has asked a question
_GATHER = timedelta(seconds=2)  # from the first answer on: most of those asked together have answered by then


class WithdrawalAnswers:
    """Asks sources in the background, each once at a time, until `stop`.

    By the loop's time, `budget` is what a source may take, and after `slow_after` another one is asked beside it.
    """

    def __init__(self, clock: Clock, *, budget: timedelta, slow_after: timedelta) -> None:
        self._clock = clock
        self._budget_s = budget.total_seconds()
        self._slow_after_s = slow_after.total_seconds()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._answers: list[WithdrawalReading] = []
        self._has_answer = asyncio.Event()

    def is_asked(self, exchange: str) -> bool:
        """Return whether the source of an exchange is being asked."""
        return exchange in self._under_way

    def ask(self, source: WithdrawalSource) -> None:
        """Begin to ask a source that is not being asked."""
        self._under_way[source.exchange] = asyncio.create_task(self._ask_in_background(source))

    async def ask_now(self, sources: Iterable[WithdrawalSource]) -> None:
        """Return when some sources have answered, for somebody who waits."""
        await asyncio.gather(*(self._ask(source, _PATIENCE_S) for source in sources))

    async def wait(self, turn: timedelta) -> None:
        """Wait for an answer, at most for a turn, and then a little for the others that were asked with it."""
        try:
            async with asyncio.timeout(turn.total_seconds()):
                await self._has_answer.wait()
        except TimeoutError:
            return
        await asyncio.sleep(min(turn, _GATHER).total_seconds())

    def take(self) -> Sequence[WithdrawalReading]:
        """Return what was answered since the last time."""
        answers, self._answers = self._answers, []
        self._has_answer.clear()
        return answers

    async def stop(self) -> None:
        """Cancel what is under way, and forget what was answered."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.take()

    async def _ask_in_background(self, source: WithdrawalSource) -> None:
        try:
            await self._ask(source, self._budget_s)
        finally:
            del self._under_way[source.exchange]

    async def _ask(self, source: WithdrawalSource, budget_s: float) -> None:
        """Add what a source answers, or why it does not, to the answers."""
        try:
            async with self._slot(), asyncio.timeout(budget_s):
                reading = await source.read()
        except TimeoutError:
            reading = self._failed(source, SourceFault.TIMEOUT)
        except Exception as crash:
            log.exception("withdrawal source failed", exchange=source.exchange)
            reading = self._failed(source, SourceFault.CRASHED, type(crash).__name__)
        self._answers.append(reading)
        self._has_answer.set()

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        """Wait until few enough are asked, those aside that have taken long already."""
        await self._slots.acquire()
        is_free = False

        def free() -> None:
            nonlocal is_free
            if not is_free:
                is_free = True
                self._slots.release()

        slow = asyncio.get_running_loop().call_later(self._slow_after_s, free)
        try:
            yield
        finally:
            slow.cancel()
            free()

    def _failed(self, source: WithdrawalSource, fault: SourceFault, detail: str = "") -> WithdrawalReading:
        now = self._clock.now()
        return WithdrawalReading(source.exchange, now, source.name, source.standing, fault=fault, detail=detail)
