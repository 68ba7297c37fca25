"""How soon the bot may sign in ("identify") to Discord's gateway again.

Discord allows one IDENTIFY per five seconds and 1000 in 24 hours, and resets the bot's token beyond that. A bot that
crashes and restarts for a whole day must stay below.
https://docs.discord.com/developers/events/gateway#identifying
"""

from collections import deque

_DAY_S = 86_400.0
# Half of Discord's 1000 a day at the shortest gap; the rest 200 s apart: 500 + 86,400 s / 200 s = 932 a day at most.
_UNSLOWED_PER_DAY = 500
_SLOW_GAP_S = 200.0


class IdentifyLimit:
    """Says how long to wait before the next IDENTIFY.

    The first 500 within 24 hours may follow each other `gap_s` apart (5 s), the others 200 s: one that is asked for 1 s
    after the last waits 4 s, the 501st waits 199 s.
    """

    def __init__(self, gap_s: float = 5.0) -> None:
        self._gap_s = gap_s
        self._identified_at: deque[float] = deque()

    def pause(self, now: float) -> float:
        """Return the seconds until the next IDENTIFY is allowed, 0 for at once; `now` is a monotonic time."""
        while self._identified_at and self._identified_at[0] <= now - _DAY_S:
            self._identified_at.popleft()
        if not self._identified_at:
            return 0.0
        is_unslowed = len(self._identified_at) < _UNSLOWED_PER_DAY
        gap_s = self._gap_s if is_unslowed else max(self._gap_s, _SLOW_GAP_S)
        return max(0.0, self._identified_at[-1] + gap_s - now)

    def record(self, now: float) -> None:
        """Remember an IDENTIFY that is sent now."""
        self._identified_at.append(now)
