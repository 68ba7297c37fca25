"""Readings of many exchanges in the order of time, put together into rounds as a live bot would have read them."""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge

from bot.domain.reading import Reading


def rounds(pasts: Iterable[Iterable[Reading]]) -> Iterator[Sequence[Reading]]:
    """Yield rounds of readings: those of one hour (UTC), at most one of each exchange, in the order of time and id.

    Each past is one exchange's, oldest first; the order of the pasts makes no difference.
    """
    gathered: dict[str, Reading] = {}
    hour = None
    for reading in merge(*pasts, key=lambda one: (one.as_of, one.exchange)):
        its_hour = reading.as_of.replace(minute=0, second=0, microsecond=0)
        if gathered and (its_hour != hour or reading.exchange in gathered):
            yield tuple(gathered.values())
            gathered = {}
        hour = its_hour
        gathered[reading.exchange] = reading
    if gathered:
        yield tuple(gathered.values())
