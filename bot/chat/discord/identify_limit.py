"""How soon the bot may sign in to the gateway again."""

from collections import deque

_DAY = 86_400.0
_AT_FULL_PACE = 500
_SLOW_GAP = 200.0


class IdentifyLimit:
    """Keeps sign-ins apart: Discord takes one per five seconds and 1000 a day, and resets the token beyond that.

    The first 500 within a day may follow each other at the shortest gap. The others are 200 s apart, which is at most
    432 more a day. https://docs.discord.com/developers/events/gateway#identifying
    """

    def __init__(self, gap: float = 5.0) -> None:
        self._gap = gap
        self._times: deque[float] = deque()

    def pause(self, now: float) -> float:
        """Return the seconds until the next sign-in is allowed, 0 for at once. `now` is a monotonic time."""
        while self._times and self._times[0] <= now - _DAY:
            self._times.popleft()
        if not self._times:
            return 0.0
        gap = self._gap if len(self._times) < _AT_FULL_PACE else max(self._gap, _SLOW_GAP)
        return max(0.0, self._times[-1] + gap - now)

    def record(self, now: float) -> None:
        """Remember a sign-in."""
        self._times.append(now)
