"""What is known of a stablecoin's price and supply: what one poll of the price sources says, and the polls of an hour.

Example: at 12:05 DefiLlama's price of USDC, an index over many exchanges, is $0.952, that of Kraken's own market is
$0.949, and Coinbase has none. Of the coin's supply there are $41 B, and there were $43 B a week ago.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.errors import SourceFault
from bot.domain.price_gap import VenueAnswer

KEPT_SPAN = timedelta(hours=1)
"""Polls of so long are kept: more than is judged by, so that one that failed leaves enough."""


@dataclass(frozen=True, slots=True)
class PegQuote:
    """What a coin was worth in dollars at a source: when that was true, and where."""

    source: str
    usd: float
    at: datetime


@dataclass(frozen=True, slots=True)
class CoinSupply:
    """How many dollars' worth of a coin there are, and were a week ago; `missing` names a chain that is not told."""

    usd: float
    week_ago_usd: float
    missing: str = ""

    @property
    def change(self) -> float:
        """Return the change over the week as a share of what there was: −0.05 is 5 % less."""
        return self.usd / self.week_ago_usd - 1.0


@dataclass(frozen=True, slots=True)
class PegReading:
    """What one poll says of a coin: the price of the index, those of single exchanges, and the supply.

    What a source did not say, or said too late to be true still, is not there.
    """

    at: datetime
    index: PegQuote | None = None
    exchanges: tuple[PegQuote, ...] = ()
    supply: CoinSupply | None = None

    @property
    def quotes(self) -> tuple[PegQuote, ...]:
        """Return every price, that of the index first."""
        return (*([self.index] if self.index else []), *self.exchanges)


@dataclass(frozen=True, slots=True)
class CoinPeg:
    """The polls of the last hour of one coin, by its symbol; oldest first, and never none."""

    asset: str
    readings: tuple[PegReading, ...]

    @property
    def newest(self) -> PegReading:
        """Return what the newest poll said."""
        return self.readings[-1]


def with_reading(known: CoinPeg | None, asset: str, reading: PegReading) -> CoinPeg:
    """Return what is known of a coin after one more poll.

    A poll that is dated later than this one was dated by a clock that was wrong, and is forgotten. Where all are older
    than an hour the last one is kept: with an interval of two hours there would else never be two.
    """
    earlier = [before for before in (known.readings if known else ()) if before.at < reading.at]
    kept = [before for before in earlier if before.at >= reading.at - KEPT_SPAN] or earlier[-1:]
    return CoinPeg(asset, (*kept, reading))


@dataclass(frozen=True, slots=True)
class PriceSourceAnswer:
    """How one source of prices answered a poll: `fault` is None where it did, and `detail` says what was left out."""

    name: str
    fault: SourceFault | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PegRound:
    """What one poll of all sources says: the reading of each coin that anything is known of, and how each answered.

    `venues` are the exchanges' own prices, which are compared with each other.
    """

    readings: Mapping[str, PegReading]
    answers: tuple[PriceSourceAnswer, ...]
    venues: tuple[VenueAnswer, ...] = ()
