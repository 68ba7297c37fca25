"""What a guard is given beside its own memory: the newest reading, the one before, and what others did meanwhile.

>>> from bot.detection.flow.reading_diff import reading_diff
>>> from bot.detection.guards.market_moves import NO_OTHERS
>>> from tests.detection.guards.worked_series import readings
>>> previous, latest = readings(BTC=(100, 72))
>>> given = GuardInput(reading_diff(previous, latest, ()), (), NO_OTHERS)
>>> given.diff.usd, given.at == latest.as_of
(-28.0, True)
"""

from collections.abc import Collection
from datetime import datetime

from bot.detection.flow.reading_diff import ReadingDiff
from bot.detection.guards.market_moves import MarketMoves
from bot.domain.reading import Reading
from bot.domain.value_object import value_object
from bot.domain.withdrawals import Majors


@value_object
class GuardInput:
    """One more reading of an exchange, for every guard alike.

    `diff` is what moved since the previous reading, both as they are understood. `market` knows the moves of the other
    exchanges and of this one. `withdrawals` is None where they are not known. `prices_moved` False is certain: no asset
    of weight has another price.
    """

    diff: ReadingDiff
    own_tokens: Collection[str]
    market: MarketMoves
    withdrawals: Majors | None = None
    prices_moved: bool = True

    @property
    def previous(self) -> Reading:
        """Return the reading before the newest."""
        return self.diff.previous

    @property
    def latest(self) -> Reading:
        """Return the newest reading."""
        return self.diff.latest

    @property
    def at(self) -> datetime:
        """Return when the newest reading was true."""
        return self.diff.latest.as_of
