"""The clock of a replay: simulated time that runs fast, stands still, or is moved by hand.

Example: at speed 18,000 a simulated hour takes 0.2 s, and a week 34 s.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from time import monotonic

from typing_extensions import override

from bot.ports.sources import Clock
from bot.replay.episode import Episode


class ReplayClock(Clock):
    """Simulated time, aware UTC, never past `end`.

    It advances `speed` simulated seconds per real second from its creation; at speed 0 it stands still and is moved
    by `advance` only. `ticks` returns real seconds, and never fewer than before.
    """

    def __init__(self, start: datetime, end: datetime, *, speed: float, ticks: Callable[[], float] = monotonic) -> None:
        if start > end:
            raise ValueError("a replay ends after it starts")
        self.end = end
        self.speed = speed
        # Simulated time is the origin plus the ticks since the base, times the speed.
        self._origin = start
        self._ticks = ticks
        self._base_s = ticks()

    @classmethod
    def of(
        cls, episode: Episode, *, speed: float | None = None, ticks: Callable[[], float] = monotonic
    ) -> "ReplayClock":
        """Return a clock running from an episode's first live moment, at its own speed unless another is given."""
        return cls(episode.live_start, episode.live_end, speed=episode.speed if speed is None else speed, ticks=ticks)

    @classmethod
    def frozen(cls, at: datetime, end: datetime) -> "ReplayClock":
        """Return a clock that stands still until somebody advances it."""
        return cls(at, end, speed=0.0)

    @override
    def now(self) -> datetime:
        elapsed = timedelta(seconds=(self._ticks() - self._base_s) * self.speed)
        return min(self._origin + elapsed, self.end)

    def run(self, speed: float) -> None:
        """Run at a speed from the simulated present on."""
        self._origin, self._base_s, self.speed = self.now(), self._ticks(), speed

    def advance(self, by: timedelta) -> None:
        """Move the clock forward by hand; raise ValueError for a step back."""
        if by < timedelta(0):
            raise ValueError("a replay never goes back")
        self._origin += by

    @property
    def is_over(self) -> bool:
        """Say whether the episode has reached its end."""
        return self.now() >= self.end
