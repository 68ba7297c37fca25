"""What a stablecoin costs at single exchanges: one small adapter each, and what all of them have in common.

Example: Kraken answers `GET /0/public/Ticker?pair=USDCUSD` with the best bid and ask of its own dollar market. Their
middle is the price; the last trade of a market that nobody uses may be hours old. A market whose bid and ask are
further apart than the smallest limit is worth, or the wrong way round, has no price.

Every market is a request of its own: one that an exchange has closed would else fail the others with it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.domain.errors import SourceError, SourceFault
from bot.domain.peg import PegQuote
from bot.ports.sources import Clock
from bot.sources.failures import as_source_error
from bot.sources.http import Http
from bot.sources.http_types import FetchLimits

TICKER_LIMITS = FetchLimits(
    timedelta(seconds=15), wire_bytes=64 << 10, plain_bytes=64 << 10, in_all=timedelta(seconds=40)
)
"""A ticker is some 700 bytes."""
_WIDEST = 0.02  # between bid and ask, as a part of their middle; in a run on a coin markets are wider than usual
_HIGHEST = 2.0  # what is told to be worth more is no dollar
_TETHER = "USDT"


class Book(NamedTuple):
    """The best bid and ask of a market, and when they were true where the exchange says so."""

    bid: float
    ask: float
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """One market: the coin that is traded there, how its ticker is asked for, and what it is paid with."""

    asset: str
    path: str
    paid_in: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class TickerAdapter:
    """An exchange's tickers. `setting` is the setting that replaces `base`; `parse` takes a body.

    It raises SourceError or msgspec's errors, and ValueError where a number is none.
    """

    exchange: str
    name: str
    setting: str
    base: str
    markets: tuple[Market, ...]
    parse: Callable[[bytes], Book]


@dataclass(frozen=True, slots=True)
class TickerAnswer:
    """What one exchange said: the price of each coin in what its market is paid in, and what went wrong.

    `fault` is None where any market answered; `without` are the coins whose markets did not.
    """

    name: str
    prices: Mapping[tuple[str, str], PegQuote]
    without: tuple[str, ...] = ()
    fault: SourceFault | None = None
    detail: str = ""


async def ask_tickers(http: Http, clock: Clock, adapter: TickerAdapter) -> TickerAnswer:
    """Ask for every market of an exchange, one after the other; nothing is raised."""
    prices: dict[tuple[str, str], PegQuote] = {}
    failures: dict[str, SourceError] = {}
    for market in adapter.markets:
        try:
            body = await http.fetch(f"{adapter.base}{market.path}", limits=TICKER_LIMITS)
            book = adapter.parse(body.content if body else b"")
            prices[market.asset, market.paid_in] = _quote(adapter.name, book, clock.now())
        except asyncio.CancelledError:
            raise
        except ValueError as error:  # msgspec's errors among them
            failures[market.asset] = as_source_error(_as_shape(error), adapter.exchange)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the answer says it
            failures[market.asset] = as_source_error(error, adapter.exchange)
    first = next(iter(failures.values()), None) if not prices else None
    return TickerAnswer(
        adapter.name,
        prices,
        tuple(failures) if prices else (),
        first.fault if first else None,
        first.detail if first else "",
    )


def in_dollars(answers: Sequence[TickerAnswer]) -> dict[str, list[PegQuote]]:
    """Return the prices in dollars by coin; what is paid in USDT is worth as many of them as the median USDT is.

    Where no exchange has a market of USDT for dollars, those prices say nothing: two coins may fall together.
    """
    quotes: dict[str, list[PegQuote]] = {}
    for answer in answers:
        for (asset, paid_in), quote in answer.prices.items():
            if paid_in != _TETHER:
                quotes.setdefault(asset, []).append(quote)
    tether = sorted(quote.usd for quote in quotes.get(_TETHER, ()))
    if tether:
        rate = tether[len(tether) // 2]
        for answer in answers:
            for (asset, paid_in), quote in answer.prices.items():
                if paid_in == _TETHER:
                    quotes.setdefault(asset, []).append(PegQuote(quote.source, quote.usd * rate, quote.at))
    return quotes


def _quote(name: str, book: Book, now: datetime) -> PegQuote:
    """Return the middle of bid and ask; raise SourceError where they make no price."""
    bid, ask = book.bid, book.ask
    if not (0.0 < bid <= ask < _HIGHEST):  # NaN is refused as well
        raise SourceError(SourceFault.BAD_SHAPE, "its bid and ask make no price")
    middle = (bid + ask) / 2
    if ask - bid > _WIDEST * middle:
        raise SourceError(SourceFault.EMPTY, "its bid and ask are far apart")
    return PegQuote(name, middle, min(book.at, now) if book.at else now)


def _as_shape(error: ValueError) -> Exception:
    """Return what a number that is none means, a wrong shape; msgspec's errors, which are ValueErrors, as they are."""
    return SourceError(SourceFault.BAD_SHAPE, "a number is none") if type(error) is ValueError else error
