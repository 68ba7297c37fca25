"""How fast a platform lets us speak, over all places and in each."""

import asyncio
import math
from collections import deque
from dataclasses import dataclass
from datetime import timedelta

import structlog
from typing_extensions import override

from bot.domain.errors import RetryLater, StorageError
from bot.domain.place import Place, Platform
from bot.domain.send_rate import SLOT_LATENESS_S, SendRate
from bot.ports.workers import SendBudget, SendSlots

log = structlog.get_logger()

_RESERVED_AHEAD_S = 0.1  # seconds for which turns are reserved at a time: what is urgent elsewhere waits no longer
_LOCAL_FOR_S = 5.0  # seconds without asking a store that was away


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Messages a second over all places, and the seconds to leave one private chat or one group alone after each.

    Telegram: 30/s for the bot, of which 2/s are left to answers; 1/s in a private chat, 20 a minute in a group
    (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). Discord: 50/s for the bot
    (https://discord.com/developers/docs/topics/rate-limits#global-rate-limit), five in five seconds in a channel.
    `at_once` messages may be under way at a time: they bound what is sent twice when a worker is killed.
    """

    per_second: float
    private_gap: float = 0.0
    group_gap: float = 0.0
    at_once: int = 32

    def gap(self, place: Place) -> float:
        """Return the seconds to leave a chat alone; Telegram's groups and channels have negative ids."""
        private = place.platform is Platform.TELEGRAM and not place.chat.startswith("-")
        return self.private_gap if private else self.group_gap


RATE_LIMITS = {
    Platform.TELEGRAM: RateLimit(28.0, private_gap=1.0, group_gap=3.0),
    Platform.DISCORD: RateLimit(45.0, private_gap=1.0, group_gap=1.0, at_once=48),
    Platform.TERMINAL: RateLimit(1000.0, at_once=1),
}
PAID_RATE_LIMIT = RateLimit(950.0, private_gap=1.0, group_gap=3.0, at_once=80)
"""Telegram's paid broadcast: 1,000/s, at 0.1 Star each above 30/s (https://core.telegram.org/bots/api#sendmessage)."""


class LocalBudget(SendBudget):
    """The budget of one worker that shares with nobody; what it is told it forgets when it ends."""

    _FEWEST, _RECOVERY, _TOGETHER, _AT_ONCE = 1 / 16, 60.0, 1.0, 5.0

    def __init__(self) -> None:
        self._next = 0.0
        self._till = 0.0
        self._why = ""
        self._part, self._since, self._halved = 1.0, 0.0, -math.inf
        self._last = "", -math.inf

    @override
    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> SendSlots:
        return self.next_slots(per_second, number)

    def next_slots(self, per_second: float, number: int) -> SendSlots:
        """Return the next turns."""
        now, gap = _now(), 1 / (per_second * self._allowed())
        first = max(self._next if self._next >= now - SLOT_LATENESS_S else now, self._till)
        self._next = first + number * gap
        return SendSlots(first - now, gap, number, {})

    @override
    async def slow_down(self, platform: Platform, *, chat: str, pause: timedelta, whole_bot: bool) -> None:
        now, (last, at) = _now(), self._last
        if whole_bot or (chat != last and now - at <= self._TOGETHER):
            await self.pause_all(platform, pause=pause, reason="the platform asked for a pause")
        if now - self._halved > self._AT_ONCE:
            self._part, self._since, self._halved = max(self._FEWEST, self._allowed() / 2), now, now
        self._last = chat, now

    @override
    async def pause_all(self, platform: Platform, *, pause: timedelta, reason: str) -> None:
        till = _now() + pause.total_seconds()
        if till > self._till:
            self._till, self._why = till, reason

    @override
    async def current_rate(self, platform: Platform, *, per_second: float) -> SendRate:
        left = max(0.0, self._till - _now())
        return SendRate(per_second * self._allowed(), timedelta(seconds=left), self._why if left else "")

    def _allowed(self) -> float:
        return min(1.0, self._part + (_now() - self._since) / self._RECOVERY)


class RateLimiter:
    """Says when the next message may go, whichever it is: `due_in`, then `use_turn`.

    Turns are reserved a few at a time from the budget that all workers share. While that is out of reach this worker
    goes by a budget of its own.
    """

    def __init__(self, platform: Platform, *, pace: RateLimit | None = None, budget: SendBudget | None = None) -> None:
        self.limit = pace or RATE_LIMITS[platform]
        self._platform = platform
        self._local = LocalBudget()
        self._budget: SendBudget = budget or self._local
        self._local_until = -math.inf
        self._worker_paused_until = -math.inf
        self._slots: deque[float] = deque()
        self._paused: dict[str, float] = {}

    async def due_in(self, wanted: int) -> float:
        """Return the seconds until the next turn, 0 when it has come; `wanted` messages wait for one."""
        now = _now()
        if now < self._worker_paused_until:
            return self._worker_paused_until - now
        while self._slots and self._slots[0] < now - SLOT_LATENESS_S:
            self._slots.popleft()
        if not self._slots:
            await self._reserve(max(1, min(wanted, math.ceil(self.limit.per_second * _RESERVED_AHEAD_S))))
        return max(0.0, self._slots[0] - _now())

    def use_slot(self) -> None:
        """Take the turn that has come."""
        self._slots.popleft()

    def pause_of(self, chat: str) -> float:
        """Return the seconds that a chat asked to be left alone, here or in another worker."""
        return max(0.0, self._paused[chat] - _now()) if chat in self._paused else 0.0

    async def slow_down(self, place: Place, busy: RetryLater) -> None:
        """Take note of a 429, which all workers mind for exactly as long as it said."""
        self._paused[place.chat] = _now() + busy.after.total_seconds()
        self._slots.clear()  # they were given at another pace
        for budget in self._budgets():
            try:
                await budget.slow_down(self._platform, chat=place.chat, pause=busy.after, whole_bot=busy.whole_bot)
            except StorageError as error:
                self._use_local_budget(error)

    def pause_worker(self, pause: timedelta) -> None:
        """Let this worker send nothing for a while: it cannot reach the platform, which says nothing of the others."""
        self._worker_paused_until = max(self._worker_paused_until, _now() + pause.total_seconds())

    async def pause_all(self, pause: timedelta, reason: str) -> None:
        """Let no worker send for a while."""
        self._slots.clear()
        for budget in self._budgets():
            try:
                await budget.pause_all(self._platform, pause=pause, reason=reason)
            except StorageError as error:
                self._use_local_budget(error)

    def _budgets(self) -> tuple[SendBudget, ...]:
        """Return whom to tell: oneself too, for when the others cannot be asked."""
        return (self._local,) if self._budget is self._local else (self._local, self._budget)

    async def _reserve(self, number: int) -> None:
        turns = await self._next_slots(number)
        now = _now()
        self._slots.extend(now + turns.first_in + index * turns.gap for index in range(turns.number))
        self._paused = {chat: until for chat, until in self._paused.items() if until > now}
        for chat, left in turns.paused.items():
            self._paused[chat] = max(self._paused.get(chat, 0.0), now + left)

    async def _next_slots(self, number: int) -> SendSlots:
        if _now() >= self._local_until:
            try:
                return await self._budget.reserve(self._platform, per_second=self.limit.per_second, number=number)
            except StorageError as error:
                self._use_local_budget(error)
        return self._local.next_slots(self.limit.per_second, number)

    def _use_local_budget(self, error: StorageError) -> None:
        log.warning("pace kept alone", platform=str(self._platform), error=str(error))
        self._local_until = _now() + _LOCAL_FOR_S


def _now() -> float:
    return asyncio.get_running_loop().time()
