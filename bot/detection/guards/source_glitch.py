"""What the other exchanges do: the last step of each, by which one exchange's own step is judged."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from bot.detection.flow.reading_diff import ReadingDiff
from bot.domain.guard_state import SourceGlitch
from bot.domain.reading import Reading

LEAST_READ = 5
"""Fewer exchanges than this, read from one source at a time, say nothing about the source."""
GLITCH_MOVE = 0.03
GLITCH_PART = 0.3
_AT_ONCE = timedelta(minutes=90)


@dataclass(frozen=True, slots=True)
class LastMove:
    """The last step of one exchange: its newest reading, what moved since the one before, and the share that did.

    `step` and `share` (of clean reserves, free of prices) are None for a first reading; −1 stands for an exchange most
    of which vanished.
    """

    reading: Reading
    step: ReadingDiff | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class MarketMoves:
    """The last step of every exchange, by its id."""

    stirs: Mapping[str, LastMove] = field(default_factory=dict)

    def after(self, stirs: Iterable[LastMove]) -> "MarketMoves":
        """Return the market once these exchanges were read."""
        return MarketMoves({**self.stirs, **{stir.reading.exchange: stir for stir in stirs}})

    def around(self, reading: Reading) -> Iterator[LastMove]:
        """Yield the last steps that were seen at the same time as a reading, its own exchange's included."""
        return (stir for stir in self.stirs.values() if abs(stir.reading.as_of - reading.as_of) <= _AT_ONCE)

    def price(self, asset: str, reading: Reading) -> float | None:
        """Return the median price of an asset at other exchanges at the time of a reading, None where none has it."""
        others = [move.reading for move in self.around(reading) if move.reading.exchange != reading.exchange]
        found = [one for other in others if (one := other.by_asset().get(asset)) and one.amount > 0 and one.usd > 0]
        return median(holding.usd / holding.amount for holding in found) if found else None


NO_OTHERS = MarketMoves()
"""A market in which nothing else is known."""


def source_glitch(market: MarketMoves, latest: Reading, *, held: bool) -> SourceGlitch | None:
    """Return what the source seems to have got wrong at a reading: too many exchanges made the same large move at once.

    A move is `held` for one reading only. At the next one it is still there, and believed, or it is not.
    """
    own = market.stirs.get(latest.exchange)
    if held or own is None or own.reading.as_of != latest.as_of or own.share is None or abs(own.share) <= GLITCH_MOVE:
        return None
    sign = 1 if own.share > 0 else -1
    peers = [
        move.share for move in market.around(latest) if move.reading.source == latest.source if move.share is not None
    ]
    moved = sum(share * sign > GLITCH_MOVE for share in peers)
    if len(peers) < LEAST_READ or moved <= GLITCH_PART * len(peers):
        return None
    return SourceGlitch(latest.as_of, own.share, moved, len(peers))
