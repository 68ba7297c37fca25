"""How fast messages may go to a platform: over all chats, in each chat, and after a 429.

Telegram allows a bot 30 messages a second. Two are left to answers; alerts, and further answers in a rush, get 28 send
slots a second, one every 36 ms, whichever worker sends. After a 429 there are 14 a second, then gradually more, and 28
again 30 s later.

All workers reserve their slots from one budget in the store (`SendBudget`); while the store is away each worker goes by
a budget of its own. What becomes of the message that got the 429 is in `retry_policy`.
"""

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

# Slots are reserved for so long ahead. More would save requests to the store, but what is urgent in another worker
# would have to wait for slots that this one has and does not need.
_RESERVED_AHEAD_S = 0.1
_LOCAL_BUDGET_S = 5.0  # after the store was away, before it is asked again: each try may cost a whole timeout


@dataclass(frozen=True, slots=True)
class RateLimit:
    """Messages a second over all chats, and the seconds of rest after each message in a private chat or a group.

    Telegram: 30/s for the bot, of which 2/s are left to answers; 1/s in a private chat, 20 a minute in a group
    (https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this). Discord: 50/s for the bot
    (https://discord.com/developers/docs/topics/rate-limits#global-rate-limit), five in five seconds in a channel.
    `at_once` messages may be under way at a time: so many at most arrive twice when a worker is killed.
    """

    per_second: float
    private_gap_s: float = 0.0
    group_gap_s: float = 0.0
    at_once: int = 32

    def gap_s(self, place: Place) -> float:
        """Return the seconds of rest after a message to a place."""
        # Telegram's groups and channels have negative ids, people positive ones.
        is_private = place.platform is Platform.TELEGRAM and not place.chat.startswith("-")
        return self.private_gap_s if is_private else self.group_gap_s


# 32 and 48 under way reach the full rate while a message takes up to a second; the terminal is written to in order.
RATE_LIMITS = {
    Platform.TELEGRAM: RateLimit(28.0, private_gap_s=1.0, group_gap_s=3.0),
    Platform.DISCORD: RateLimit(45.0, private_gap_s=1.0, group_gap_s=1.0, at_once=48),
    Platform.TERMINAL: RateLimit(1000.0, at_once=1),
}
PAID_RATE_LIMIT = RateLimit(950.0, private_gap_s=1.0, group_gap_s=3.0, at_once=80)
"""Telegram's paid broadcast: 1,000/s, at 0.1 Star each above 30/s (https://core.telegram.org/bots/api#sendmessage)."""


class LocalBudget(SendBudget):
    """The send budget of one worker alone, in its memory; same rules as the shared one (`storage/lua/rate_limit.lua`).

    Times are seconds of the event loop's clock.
    """

    _MIN_SHARE = 1 / 16  # of the full rate: below that a platform that keeps saying 429 would be as good as given up
    _RECOVERY_S = 60.0  # from nothing to the full rate
    _SAME_TIME_S = 1.0  # 429s of two chats within this time concern the bot, not the chats
    _HALVED_ONCE_S = 5.0  # 429s of messages sent before the rate was halved must not halve it again

    def __init__(self) -> None:
        self._next_slot_at = 0.0
        self._paused_until = 0.0
        self._pause_reason = ""
        self._share, self._share_set_at, self._halved_at = 1.0, 0.0, -math.inf
        self._last_limited_chat, self._last_limited_at = "", -math.inf

    @override
    async def reserve(self, platform: Platform, *, per_second: float, number: int) -> SendSlots:
        return self.next_slots(per_second, number)

    def next_slots(self, per_second: float, number: int) -> SendSlots:
        """Return the next slots, as `reserve` does."""
        now, gap = _now(), 1 / (per_second * self._allowed_share())
        # A slot missed by less than SLOT_LATENESS_S is still given out; those missed before it are gone.
        next_slot_at = self._next_slot_at if self._next_slot_at >= now - SLOT_LATENESS_S else now
        first_at = max(next_slot_at, self._paused_until)
        self._next_slot_at = first_at + number * gap
        return SendSlots(first_at - now, gap, number, {})

    @override
    async def slow_down(self, platform: Platform, *, chat: str, pause: timedelta, whole_bot: bool) -> None:
        now = _now()
        is_second_chat = chat != self._last_limited_chat and now - self._last_limited_at <= self._SAME_TIME_S
        if whole_bot or is_second_chat:
            await self.pause_all(platform, pause=pause, reason="the platform asked for a pause")
        if now - self._halved_at > self._HALVED_ONCE_S:
            self._share = max(self._MIN_SHARE, self._allowed_share() / 2)
            self._share_set_at = self._halved_at = now
        self._last_limited_chat, self._last_limited_at = chat, now

    @override
    async def pause_all(self, platform: Platform, *, pause: timedelta, reason: str) -> None:
        until = _now() + pause.total_seconds()
        if until > self._paused_until:
            self._paused_until, self._pause_reason = until, reason

    @override
    async def current_rate(self, platform: Platform, *, per_second: float) -> SendRate:
        pause_left_s = max(0.0, self._paused_until - _now())
        reason = self._pause_reason if pause_left_s else ""
        return SendRate(per_second * self._allowed_share(), timedelta(seconds=pause_left_s), reason)

    def _allowed_share(self) -> float:
        """Return the share of the full rate allowed now: what the last 429 left, and more with every second since."""
        return min(1.0, self._share + (_now() - self._share_set_at) / self._RECOVERY_S)


class RateLimiter:
    """Says when the next message may go to a platform: wait for `due_in_s` seconds, choose a message, `use_slot`."""

    def __init__(self, platform: Platform, *, limit: RateLimit | None = None, budget: SendBudget | None = None) -> None:
        self.limit = limit or RATE_LIMITS[platform]
        self._platform = platform
        self._local_budget = LocalBudget()
        self._budget: SendBudget = budget or self._local_budget
        self._local_until = -math.inf
        self._worker_paused_until = -math.inf
        self._slots: deque[float] = deque()
        self._times_forgotten = 0
        self._chat_paused_until: dict[str, float] = {}

    async def due_in_s(self, waiting: int) -> float:
        """Return the seconds until the next send slot, 0 when it has come; so many messages wait for one."""
        now = _now()
        if now < self._worker_paused_until:
            return self._worker_paused_until - now
        while self._slots and self._slots[0] < now - SLOT_LATENESS_S:  # missed: using them now would be too fast
            self._slots.popleft()
        while not self._slots:
            await self._reserve(max(1, min(waiting, math.ceil(self.limit.per_second * _RESERVED_AHEAD_S))))
        return max(0.0, self._slots[0] - _now())

    def use_slot(self) -> None:
        """Use up the slot that has come."""
        self._slots.popleft()

    def pause_left_s(self, chat: str) -> float:
        """Return the seconds that a chat is still to be left alone after a 429, here or in another worker."""
        return max(0.0, self._chat_paused_until[chat] - _now()) if chat in self._chat_paused_until else 0.0

    async def slow_down(self, place: Place, error: RetryLater) -> None:
        """Record a 429: all workers leave the chat alone for exactly as long as it said, and all send more slowly."""
        self._chat_paused_until[place.chat] = _now() + error.after.total_seconds()
        self._forget_slots()
        for budget in self._budgets():
            try:
                await budget.slow_down(self._platform, chat=place.chat, pause=error.after, whole_bot=error.whole_bot)
            except StorageError as fault:
                self._use_local_budget(fault)

    def pause_worker(self, pause: timedelta) -> None:
        """Let this worker send nothing for a while: it cannot reach the platform, others perhaps can."""
        self._worker_paused_until = max(self._worker_paused_until, _now() + pause.total_seconds())

    async def pause_all(self, pause: timedelta, reason: str) -> None:
        """Let no worker send for a while."""
        self._forget_slots()
        for budget in self._budgets():
            try:
                await budget.pause_all(self._platform, pause=pause, reason=reason)
            except StorageError as fault:
                self._use_local_budget(fault)

    def _budgets(self) -> tuple[SendBudget, ...]:
        """Return the budgets to inform: the local one always, for it serves when the store is away."""
        return (self._local_budget,) if self._budget is self._local_budget else (self._local_budget, self._budget)

    def _forget_slots(self) -> None:
        """Use no slot that was reserved at a faster rate, nor those that are being reserved."""
        self._slots.clear()
        self._times_forgotten += 1

    async def _reserve(self, number: int) -> None:
        times_forgotten = self._times_forgotten
        slots = await self._next_slots(number)
        now = _now()
        if times_forgotten == self._times_forgotten:
            self._slots.extend(now + slots.first_in + index * slots.gap for index in range(slots.number))
        self._chat_paused_until = {chat: until for chat, until in self._chat_paused_until.items() if until > now}
        for chat, pause_s in slots.paused.items():
            self._chat_paused_until[chat] = max(self._chat_paused_until.get(chat, 0.0), now + pause_s)

    async def _next_slots(self, number: int) -> SendSlots:
        if _now() >= self._local_until:
            try:
                return await self._budget.reserve(self._platform, per_second=self.limit.per_second, number=number)
            except StorageError as error:
                self._use_local_budget(error)
        return self._local_budget.next_slots(self.limit.per_second, number)

    def _use_local_budget(self, error: StorageError) -> None:
        log.warning("rate limiter degraded: no Redis", platform=str(self._platform), error=str(error))
        self._local_until = _now() + _LOCAL_BUDGET_S


def _now() -> float:
    return asyncio.get_running_loop().time()
