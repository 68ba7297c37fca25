"""Limit how often commands are answered: a token bucket per person and one per place.

Example: a person who sends 100 commands at once gets 20 answers and for the 21st “Ask again in 1 s.”; the others get no
answer at all. Whoever floods is told so once a minute: an answer to each would cost as much as the flood itself.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

_MAX_BUCKETS = 10_000  # bounds the memory; whoever is forgotten starts with a full bucket
# How many commands at once, and how many a second after that. A person reads an answer for seconds; a place may have
# many people in it, and in a run on an exchange a hundred of them ask within a second.
_PERSON_BURST, _PERSON_RATE = 20.0, 1.0
_PLACE_BURST, _PLACE_RATE = 240.0, 20.0
_NOTICE_INTERVAL_S = 60.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    refilled_at: float


@dataclass(frozen=True, slots=True)
class Throttled:
    """A command that is not answered; `is_told` says that whoever floods is to read this time when to ask again."""

    seconds: float
    is_told: bool


class Throttle:
    """Allows a person 20 commands at once and one a second after that; a place 240 and twenty a second.

    Only the most recent 10,000 people and places are remembered, which bounds the memory.
    """

    def __init__(self) -> None:
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()
        self._told_at: OrderedDict[Hashable, float] = OrderedDict()

    def check(self, person: Hashable, place: Hashable, now: float, *, tells_each: bool = False) -> Throttled | None:
        """Return None where a command is to be answered, as `seconds_to_wait` says.

        A person who asks too much is told once a minute, wherever it was; a place where too many ask once a minute
        for all of them, or, where nobody else reads it (`tells_each`), once a minute for each.
        """
        wait_s = self.seconds_to_wait(person, place, now)
        if not wait_s:
            return None
        is_place = self._bucket(("place", place), now, _PLACE_BURST, _PLACE_RATE).tokens < 1
        return Throttled(wait_s, self._is_told(("place", place) if is_place and not tells_each else person, now))

    def seconds_to_wait(self, person: Hashable, place: Hashable, now: float) -> float:
        """Return 0 and spend a token of both, or the seconds until both have one, at least 1.

        `now` is a monotonic time in seconds. Whoever has to wait spends nothing: to ask again costs no time.
        """
        buckets = (
            (self._bucket(("person", person), now, _PERSON_BURST, _PERSON_RATE), _PERSON_RATE),
            (self._bucket(("place", place), now, _PLACE_BURST, _PLACE_RATE), _PLACE_RATE),
        )
        wait = max((1 - bucket.tokens) / rate for bucket, rate in buckets)
        if wait > 0:
            return max(wait, 1.0)
        for bucket, _ in buckets:
            bucket.tokens -= 1
        return 0.0

    def _is_told(self, flooding: Hashable, now: float) -> bool:
        """Return whether somebody is to be told now, and remember it."""
        if now - self._told_at.get(flooding, float("-inf")) < _NOTICE_INTERVAL_S:
            return False
        self._told_at[flooding] = now
        self._told_at.move_to_end(flooding)
        while len(self._told_at) > _MAX_BUCKETS:
            self._told_at.popitem(last=False)
        return True

    def _bucket(self, key: Hashable, now: float, burst: float, rate: float) -> _Bucket:
        bucket = self._buckets.setdefault(key, _Bucket(burst, now))
        bucket.tokens = min(burst, bucket.tokens + (now - bucket.refilled_at) * rate)
        bucket.refilled_at = now
        self._buckets.move_to_end(key)
        while len(self._buckets) > _MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return bucket
