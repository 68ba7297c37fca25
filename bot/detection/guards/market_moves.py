"""The last move of every exchange, by which one exchange's own move and prices are judged.

Example: one exchange prices SOL at $2 while three others that were read within 90 minutes have $20, $20 and $21. The
price elsewhere is their median, $20.

    >>> from tests.detection.guards.worked_series import readings
    >>> priced = {"a": 2, "b": 20, "c": 20, "d": 21}
    >>> latest = [readings(exchange=name, prices={"SOL": [usd]}, SOL=[5])[-1] for name, usd in priced.items()]
    >>> MarketMoves().after(LastMove(reading) for reading in latest).price("SOL", latest[0])
    20.0
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from bot.detection.flow.reading_diff import ReadingDiff
from bot.domain.guard_state import GuardState
from bot.domain.reading import Reading
from bot.domain.value_object import value_object

SAME_TIME = timedelta(minutes=90)
"""Readings within this are of the same time: most are hourly, and exchanges are read one after another."""


@value_object
class LastMove:
    """The last move of one exchange: its newest reading, what moved since the one before, and the share that did.

    `diff` and `share` (of reserves without own tokens, free of price moves, negative = outflow) are None for a first
    reading. `is_record` says that no step of the last 90 days was as
    large, `is_sparse` that the reading before is more than 12 h old. `state` is what the exchange's guards know with
    the names, units and missing parts of this reading.
    """

    reading: Reading
    diff: ReadingDiff | None = None
    share: float | None = None
    is_record: bool = False
    is_sparse: bool = False
    state: GuardState | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class MarketMoves:
    """The last move of every exchange, by its id."""

    last_moves: Mapping[str, LastMove] = field(default_factory=dict)

    def after(self, moves: Iterable[LastMove]) -> "MarketMoves":
        """Return the market once these exchanges were read."""
        return MarketMoves({**self.last_moves, **{move.reading.exchange: move for move in moves}})

    def at_time_of(self, reading: Reading) -> Iterator[LastMove]:
        """Yield the last moves that were seen at the same time as a reading, its own exchange's included."""
        return (move for move in self.last_moves.values() if abs(move.reading.as_of - reading.as_of) <= SAME_TIME)

    def price(self, asset: str, reading: Reading) -> float | None:
        """Return the median price of an asset at other exchanges at the time of a reading, None where none has it."""
        others = [move.reading for move in self.at_time_of(reading) if move.reading.exchange != reading.exchange]
        # An amount without a value, or a value without an amount, is no price: the upstream lacks one of the two.
        prices = [
            holding.usd / holding.amount
            for other in others
            if (holding := other.by_asset().get(asset)) and holding.amount > 0 and holding.usd > 0
        ]
        return median(prices) if prices else None


NO_OTHERS = MarketMoves()
"""A market in which nothing else is known."""
