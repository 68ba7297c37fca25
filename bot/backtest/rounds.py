"""Readings of many exchanges in the order of time, put together into rounds as a live bot would have read them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge

from bot.domain.reading import Reading


class RoundCollector:
    """Takes readings in the order of time and hands them out in rounds: one hour (UTC), each exchange at most once."""

    def __init__(self) -> None:
        self._gathered: dict[str, Reading] = {}
        self._hour: datetime | None = None

    def add(self, reading: Reading) -> Sequence[Reading]:
        """Return the round that is complete because this reading begins the next one, else nothing."""
        hour = reading.as_of.replace(minute=0, second=0, microsecond=0)
        begins = hour != self._hour or reading.exchange in self._gathered
        whole = self.remaining() if begins else ()
        self._hour = hour
        self._gathered[reading.exchange] = reading
        return whole

    def remaining(self) -> Sequence[Reading]:
        """Return what was gathered since the last round."""
        rest, self._gathered = tuple(self._gathered.values()), {}
        return rest


def rounds(pasts: Iterable[Iterable[Reading]]) -> Iterator[Sequence[Reading]]:
    """Yield the rounds of several exchanges' readings, each oldest first; their order makes no difference."""
    gathering = RoundCollector()
    for reading in merge(*pasts, key=lambda reading: (reading.as_of, reading.exchange)):
        if whole := gathering.add(reading):
            yield whole
    if rest := gathering.remaining():
        yield rest
