"""What exchanges' own markets say a coin costs, and how far one exchange is from the others.

Example: at 12:05 Bitcoin is at 60,000 USDT at seven exchanges, and at 58,500 at an eighth. That one's gap is −2.5 %
against the median of seven, and the gaps of the others are 0. Whoever cannot get coins out of an exchange sells them
there for less; whoever cannot get money out pays more for coins, which can leave.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.errors import SourceFault

GAPS_KEPT = timedelta(hours=1)
"""Polls of so long are kept: more than is judged by, so that one that failed leaves enough."""


class QuoteFlaw(StrEnum):
    """Why a price is not compared: about the market itself, or about what it would be compared with."""

    CLOSED = "the market stands still"  # without bid, ask or trades
    CROSSED = "bid above ask"
    WIDE = "bid and ask far apart"
    OLD = "last price too old"
    FROZEN = "price does not move"
    UNTOLD = "no price"
    FEW = "too few other prices"
    APART = "other prices apart"
    OFF_PEG = "the coin is off its peg"


@dataclass(frozen=True, slots=True)
class VenueQuote:
    """What one market of an exchange says at a poll: `price` is so many `paid_in` for one `asset`.

    With a `flaw` it is compared with nothing, and nothing with it.
    """

    exchange: str
    asset: str
    paid_in: str
    price: float | None
    flaw: QuoteFlaw | None = None


@dataclass(frozen=True, slots=True)
class VenueAnswer:
    """How an exchange answered a poll: its quotes, and what went wrong where there are none."""

    exchange: str
    name: str
    quotes: tuple[VenueQuote, ...] = ()
    fault: SourceFault | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class AssetGap:
    """How far a price of an exchange is from the median of `others` other ones: −0.02 is 2 % below it.

    `gap` is None where that is not known, and `flaw` says why.
    """

    asset: str
    paid_in: str
    price: float | None = None
    median: float | None = None
    others: int = 0
    gap: float | None = None
    flaw: QuoteFlaw | None = None


@dataclass(frozen=True, slots=True)
class GapReading:
    """What one poll says of an exchange: the gap of each coin."""

    at: datetime
    gaps: tuple[AssetGap, ...] = ()

    def of(self, asset: str) -> AssetGap | None:
        """Return the gap of a coin, None where the exchange has no market of it that is asked for."""
        return next((gap for gap in self.gaps if gap.asset == asset), None)


@dataclass(frozen=True, slots=True)
class ExchangeGaps:
    """The polls of the last hour of one exchange; oldest first, and never none. `name` is what people read."""

    exchange: str
    name: str
    readings: tuple[GapReading, ...] = field(default=())

    @property
    def newest(self) -> GapReading:
        """Return what the newest poll said."""
        return self.readings[-1]


def with_gaps(known: ExchangeGaps | None, exchange: str, name: str, reading: GapReading) -> ExchangeGaps:
    """Return what is known of an exchange after one more poll.

    A poll that is dated later than this one was dated by a clock that was wrong, and is forgotten. Where all are older
    than an hour the last one is kept: with an interval as long there would else never be two.
    """
    earlier = [before for before in (known.readings if known else ()) if before.at < reading.at]
    kept = [before for before in earlier if before.at >= reading.at - GAPS_KEPT] or earlier[-1:]
    return ExchangeGaps(exchange, name, (*kept, reading))
