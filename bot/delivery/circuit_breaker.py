"""Stops a fan-out that a platform refuses, before the platform shuts us out or places are disabled by mistake."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.place import Platform

_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class RefusalLimits:
    """When to stop: a part of the last `judged` answers were refusals, or there were `most` of them in ten minutes.

    Discord shuts an address out after 10,000 answers of 401, 403 or 429 in ten minutes
    (https://discord.com/developers/docs/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans); `most` is what
    one of several workers may have. `first_pause` doubles with every trial that fails, up to `longest_pause`. After a
    pause the first `trial` answers decide.
    """

    judged: int = 100
    part: float = 0.5
    trial: int = 10
    most: int | None = None
    first_pause: timedelta = timedelta(minutes=5)
    longest_pause: timedelta = timedelta(hours=1)


REFUSAL_LIMITS: Mapping[Platform, RefusalLimits] = {Platform.DISCORD: RefusalLimits(most=2500)}


@dataclass(frozen=True, slots=True)
class CircuitOpened:
    """A decision to send nothing for a while."""

    pause: timedelta
    reason: str


class CircuitBreaker:
    """Counts a platform's answers and says when to stop. What comes in while it is stopped decides nothing."""

    def __init__(self, tolerance: RefusalLimits) -> None:
        self._limits = tolerance
        self._outcomes: deque[bool] = deque(maxlen=tolerance.judged)
        self._refusals: deque[datetime] = deque(maxlen=tolerance.most or 1)
        self._times_opened = 0
        self._open_until: datetime | None = None

    def accepted(self, now: datetime) -> None:
        """Count a message that the platform took."""
        if self._is_open(now):
            return
        self._outcomes.append(False)
        if self._times_opened and len(self._outcomes) >= self._limits.trial and not self._too_many():
            self._times_opened = 0

    def refused(self, now: datetime) -> CircuitOpened | None:
        """Count a refusal and return the decision to stop, None to go on."""
        self._refusals.append(now)
        if self._is_open(now):
            return None
        self._outcomes.append(True)
        if self._limits.most and len(self._refusals) == self._limits.most and now - self._refusals[0] < _WINDOW:
            return self._open(now, f"{self._limits.most} refusals within ten minutes", at_least=_WINDOW)
        if self._too_many():
            return self._open(now, f"{sum(self._outcomes)} of the last {len(self._outcomes)} messages were refused")
        return None

    def _too_many(self) -> bool:
        enough = self._limits.trial if self._times_opened else self._limits.judged
        return len(self._outcomes) >= enough and sum(self._outcomes) >= self._limits.part * len(self._outcomes)

    def _is_open(self, now: datetime) -> bool:
        return self._open_until is not None and now < self._open_until

    def _open(self, now: datetime, reason: str, *, at_least: timedelta = timedelta()) -> CircuitOpened:
        pause = min(self._limits.longest_pause, self._limits.first_pause * 2**self._times_opened)
        pause = max(pause, at_least)
        self._times_opened = min(self._times_opened + 1, 10)
        self._outcomes.clear()
        self._open_until = now + pause
        return CircuitOpened(pause, reason)
