"""Stops a fan-out that a platform refuses, before the platform shuts us out or places are disabled by mistake."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.place import Platform

_WINDOW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Tolerance:
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


TOLERANCES: Mapping[Platform, Tolerance] = {Platform.DISCORD: Tolerance(most=2500)}


@dataclass(frozen=True, slots=True)
class Stop:
    """A decision to send nothing for a while."""

    pause: timedelta
    reason: str


class Breaker:
    """Counts a platform's answers and says when to stop. What comes in while it is stopped decides nothing."""

    def __init__(self, tolerance: Tolerance) -> None:
        self._tolerance = tolerance
        self._judged: deque[bool] = deque(maxlen=tolerance.judged)
        self._refusals: deque[datetime] = deque(maxlen=tolerance.most or 1)
        self._stops = 0
        self._stopped_until: datetime | None = None

    def took(self, now: datetime) -> None:
        """Count a message that the platform took."""
        if self._is_stopped(now):
            return
        self._judged.append(False)
        if self._stops and len(self._judged) >= self._tolerance.trial and not self._too_many():
            self._stops = 0

    def refused(self, now: datetime) -> Stop | None:
        """Count a refusal and return the decision to stop, None to go on."""
        self._refusals.append(now)
        if self._is_stopped(now):
            return None
        self._judged.append(True)
        if self._tolerance.most and len(self._refusals) == self._tolerance.most and now - self._refusals[0] < _WINDOW:
            return self._stop(now, f"{self._tolerance.most} refusals within ten minutes", at_least=_WINDOW)
        if self._too_many():
            return self._stop(now, f"{sum(self._judged)} of the last {len(self._judged)} messages were refused")
        return None

    def _too_many(self) -> bool:
        enough = self._tolerance.trial if self._stops else self._tolerance.judged
        return len(self._judged) >= enough and sum(self._judged) >= self._tolerance.part * len(self._judged)

    def _is_stopped(self, now: datetime) -> bool:
        return self._stopped_until is not None and now < self._stopped_until

    def _stop(self, now: datetime, reason: str, *, at_least: timedelta = timedelta()) -> Stop:
        pause = min(self._tolerance.longest_pause, self._tolerance.first_pause * 2**self._stops)
        pause = max(pause, at_least)
        self._stops = min(self._stops + 1, 10)
        self._judged.clear()
        self._stopped_until = now + pause
        return Stop(pause, reason)
