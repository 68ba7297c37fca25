"""Readings of many exchanges in the order of time, put together into rounds as a live bot would have read them.

Example: a at 12:00, b at 12:59, a at 13:00 and b at 13:59 are two rounds, (a, b) of 12 and (a, b) of 13 o'clock.
A round matters because what all exchanges do at once is a fault of the source, and outflows at three of them at once
are market-wide: both can be seen only where their readings are judged together.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from heapq import merge

from bot.domain.reading import Reading


class RoundCollector:
    """Collects readings, given in the order of time, into rounds: one hour (UTC), each exchange at most once."""

    def __init__(self) -> None:
        self._gathered: dict[str, Reading] = {}
        self._hour: datetime | None = None

    def add(self, reading: Reading) -> Sequence[Reading]:
        """Return the round that is complete because this reading begins the next one, else nothing."""
        hour = reading.as_of.replace(minute=0, second=0, microsecond=0)
        # A second reading of an exchange begins a round as well: judging knows one reading of each at a time.
        begins_round = hour != self._hour or reading.exchange in self._gathered
        complete_round = self.remaining() if begins_round else ()
        self._hour = hour
        self._gathered[reading.exchange] = reading
        return complete_round

    def remaining(self) -> Sequence[Reading]:
        """Return what was gathered since the last round."""
        last_round, self._gathered = tuple(self._gathered.values()), {}
        return last_round


def rounds(pasts: Iterable[Iterable[Reading]]) -> Iterator[Sequence[Reading]]:
    """Yield the rounds of several exchanges' readings, each oldest first; their order makes no difference."""
    collector = RoundCollector()
    for reading in merge(*pasts, key=lambda reading: (reading.as_of, reading.exchange)):
        if complete_round := collector.add(reading):
            yield complete_round
    if last_round := collector.remaining():
        yield last_round
