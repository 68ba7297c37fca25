"""Token buckets per person and per place, so that nobody can keep the bot busy."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

_KEPT = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float


class Throttle:
    """Allows a person 20 questions at once and one a second after that; a place 60 and five a second.

    Only the most recent 10,000 people and places are remembered, which bounds the memory.
    """

    def __init__(self) -> None:
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def pause(self, person: Hashable, place: Hashable, now: float) -> float:
        """Return 0 and take a token of both, or the seconds until both have one. `now` is a monotonic time."""
        buckets = (
            (self._bucket(("person", person), now, size=20, rate=1.0), 1.0),
            (self._bucket(("place", place), now, size=60, rate=5.0), 5.0),
        )
        wait = max((1 - bucket.tokens) / rate for bucket, rate in buckets)
        if wait > 0:
            return max(wait, 1.0)
        for bucket, _ in buckets:
            bucket.tokens -= 1
        return 0.0

    def _bucket(self, key: Hashable, now: float, *, size: float, rate: float) -> _Bucket:
        bucket = self._buckets.setdefault(key, _Bucket(size, now))
        bucket.tokens = min(size, bucket.tokens + (now - bucket.at) * rate)
        bucket.at = now
        self._buckets.move_to_end(key)
        while len(self._buckets) > _KEPT:
            self._buckets.popitem(last=False)
        return bucket
