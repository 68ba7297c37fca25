"""Stops sending to a platform that refuses too much, before it shuts us out or places are switched off by mistake.

With the default limits: of the last 100 messages 50 were refused → nothing is sent for 5 minutes. Then the next 10
answers decide: half of them refused again → 10 minutes, 20, 40, at most an hour; else everything goes on as before.
Nothing is lost meanwhile, for what waits stays in the outbox.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from bot.delivery.rate_limiter import RateLimiter
from bot.domain.errors import DeliveryError, RetryLater, Unreachable
from bot.domain.place import Platform
from bot.ports.meter import Meter
from bot.ports.sources import Clock

log = structlog.get_logger()

_DISCORD_WINDOW = timedelta(minutes=10)  # over which Discord counts refusals; source at RefusalLimits
_MAX_DOUBLINGS = 10  # keeps the power small; `longest_pause` is reached long before


@dataclass(frozen=True, slots=True)
class RefusalLimits:
    """When to stop: `refused_share` of the last `judged` answers were refusals, or `most_in_ten_minutes` were.

    Discord shuts an address out after 10,000 answers of 401, 403 or 429 in ten minutes
    (https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans);
    `most_in_ten_minutes` is what one of several workers may have of them. After a pause the first `judged_after_pause`
    answers decide. `first_pause` doubles each time they fail, up to `longest_pause`.
    """

    judged: int = 100
    refused_share: float = 0.5
    judged_after_pause: int = 10
    most_in_ten_minutes: int | None = None
    first_pause: timedelta = timedelta(minutes=5)
    longest_pause: timedelta = timedelta(hours=1)


# A quarter of what Discord allows: four workers on one address stay below it together.
REFUSAL_LIMITS: Mapping[Platform, RefusalLimits] = {Platform.DISCORD: RefusalLimits(most_in_ten_minutes=2500)}


@dataclass(frozen=True, slots=True)
class CircuitOpened:
    """A decision to send nothing for a while."""

    pause: timedelta
    reason: str


class RefusalCounter:
    """Counts a platform's answers and decides when to stop; answers that come during a pause decide nothing."""

    def __init__(self, limits: RefusalLimits) -> None:
        self._limits = limits
        self._were_refused: deque[bool] = deque(maxlen=limits.judged)
        self._refused_at: deque[datetime] = deque(maxlen=limits.most_in_ten_minutes or 1)
        self._pauses_in_a_row = 0
        self._paused_until: datetime | None = None

    def accepted(self, now: datetime) -> None:
        """Count a message that arrived."""
        if self._is_paused(now):
            return
        self._were_refused.append(False)
        enough = len(self._were_refused) >= self._limits.judged_after_pause
        if self._pauses_in_a_row and enough and not self._too_many_refused():
            self._pauses_in_a_row = 0

    def refused(self, now: datetime) -> CircuitOpened | None:
        """Count a refusal and return the decision to stop, None to go on."""
        self._refused_at.append(now)  # also during a pause: Discord counts these too
        if self._is_paused(now):
            return None
        self._were_refused.append(True)
        most = self._limits.most_in_ten_minutes
        if most and len(self._refused_at) == most and now - self._refused_at[0] < _DISCORD_WINDOW:
            # A shorter pause could end inside the same ten minutes, with all these refusals still counted.
            return self._pause(now, f"{most} refusals within ten minutes", at_least=_DISCORD_WINDOW)
        if self._too_many_refused():
            counts = f"{sum(self._were_refused)} of the last {len(self._were_refused)}"
            return self._pause(now, f"{counts} messages were refused")
        return None

    def _too_many_refused(self) -> bool:
        answers, limits = len(self._were_refused), self._limits
        enough = limits.judged_after_pause if self._pauses_in_a_row else limits.judged
        return answers >= enough and sum(self._were_refused) >= limits.refused_share * answers

    def _is_paused(self, now: datetime) -> bool:
        return self._paused_until is not None and now < self._paused_until

    def _pause(self, now: datetime, reason: str, *, at_least: timedelta = timedelta()) -> CircuitOpened:
        pause = min(self._limits.longest_pause, self._limits.first_pause * 2**self._pauses_in_a_row)
        pause = max(pause, at_least)
        self._pauses_in_a_row = min(self._pauses_in_a_row + 1, _MAX_DOUBLINGS)
        self._were_refused.clear()  # only answers after the pause decide how it goes on
        self._paused_until = now + pause
        return CircuitOpened(pause, reason)


class CircuitBreaker:
    """Counts a platform's refusals and, when there are too many, pauses all workers."""

    def __init__(
        self,
        platform: Platform,
        *,
        limits: RefusalLimits,
        rate_limiter: RateLimiter,
        clock: Clock,
        meter: Meter,
    ) -> None:
        self._platform = platform
        self._counter = RefusalCounter(limits)
        self._rate_limiter = rate_limiter
        self._clock = clock
        self._meter = meter

    def accepted(self) -> None:
        """Count a message that arrived."""
        self._counter.accepted(self._clock.now())

    async def refused(self, error: DeliveryError) -> None:
        """Count a message that did not arrive, if the platform counts it as a refusal too."""
        if _is_refusal(error) and (opened := self._counter.refused(self._clock.now())):
            await self._stop_sending(opened)

    async def _stop_sending(self, opened: CircuitOpened) -> None:
        """Pause every worker; the log and a metric say so and, through the send budget, what tells of obstacles."""
        platform, seconds = self._platform, opened.pause.total_seconds()
        log.error("circuit breaker opened", platform=str(platform), reason=opened.reason, seconds=seconds)
        self._meter.count_delivery(platform, "stopped", "too many refusals")
        await self._rate_limiter.pause_all(opened.pause, opened.reason)


def _is_refusal(error: DeliveryError) -> bool:
    if isinstance(error, Unreachable):
        return not error.foreseen  # a foreseen one was never sent, so the platform counted nothing
    return isinstance(error, RetryLater) and error.rate_limited
