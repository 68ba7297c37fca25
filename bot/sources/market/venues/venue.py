"""What BTC, ETH, USDT and USDC cost at an exchange: what all adapters of public tickers have in common.

Example: OKX answers `GET /api/v5/market/tickers?instType=SPOT` with all its markets. Of the row BTC-USDT the middle of
bid and ask is the price, in USDT; other rows are passed over. One request is enough for an exchange that tells several
markets at once. Where such a list names its markets and one of them is gone, Kraken and Binance refuse all of them:
then each is asked for alone.

A price that cannot be used has a flaw and is shown to nobody as one: a side of the book that is missing or nothing
traded in 24 h, a bid above the ask, the two 2 % apart, a time that is 15 minutes old.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bot.domain.errors import SourceError, SourceFault
from bot.domain.price_gap import QuoteFlaw, VenueAnswer, VenueQuote
from bot.ports.sources import Clock
from bot.sources.failures import as_source_error
from bot.sources.http import Http
from bot.sources.http_errors import RequestRefused
from bot.sources.http_types import FetchLimits

VENUE_LIMITS = FetchLimits(timedelta(seconds=20), wire_bytes=4 << 20, plain_bytes=4 << 20, in_all=timedelta(seconds=40))
"""All markets of the largest exchanges, some 2,500, are 1 MB; decoding it takes a few milliseconds."""
_WIDEST = 0.02  # between bid and ask, as a part of their middle: what is judged begins there
_OLDEST = timedelta(minutes=15)
_FIRST_MS, _LAST_MS = 1e12, 1e13  # 2001 and 2286
_HIGHEST = 1e13  # of a number that means anything
_NOT_THERE = frozenset({400, 404})
_WON, _TETHER = "KRW", "USDT"


class VenueTicker(NamedTuple):
    """A row of an answer, with whatever the exchange wrote: `symbol` "" where it does not say which market it is.

    `last` counts where an exchange tells no bid and ask at all. `at` is a time where it says one, of the last trade or
    of the answer.
    """

    symbol: object
    bid: object = None
    ask: object = None
    last: object = None
    volume: object = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VenueMarket:
    """One market: its name in answers, and in requests where that is another one."""

    asset: str
    paid_in: str
    symbol: str
    asked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueAdapter:
    """An exchange's public tickers; `parse` yields the rows of a body, and raises SourceError or msgspec's errors.

    `path` tells all `markets`, and is None where there is no such request. `single` with a market's name tells one.
    """

    exchange: str
    name: str
    setting: str
    base: str
    markets: tuple[VenueMarket, ...]
    parse: Callable[[bytes], Iterable[VenueTicker]]
    path: str | None = None
    single: str | None = None
    tells_book: bool = True


def markets_of(paid_in: str, symbols: Mapping[str, str]) -> tuple[VenueMarket, ...]:
    """Return markets that are all paid in one currency, by coin and symbol."""
    return tuple(VenueMarket(asset, paid_in, symbol) for asset, symbol in symbols.items())


def refuse(reason: object) -> SourceError:
    """Return the error of an answer that says so itself, with HTTP 200."""
    return SourceError(SourceFault.BAD_SHAPE, str(reason)[:80] or "an error without a reason")


def from_ms(value: object) -> datetime | None:
    """Return the time of milliseconds since 1970, as a number or as text; None where it is none."""
    number = _number(value)
    return datetime.fromtimestamp(number / 1000, UTC) if number and _FIRST_MS <= number <= _LAST_MS else None


async def ask_venue(http: Http, clock: Clock, adapter: VenueAdapter) -> VenueAnswer:
    """Ask an exchange for all its markets; nothing is raised."""
    rows, failure = await _try(http, adapter, adapter.path) if adapter.path else ({}, None)
    if adapter.single and (adapter.path is None or _may_be_one_market(failure)):
        for market in adapter.markets:
            found, failed = await _try(http, adapter, adapter.single.format(market.asked or market.symbol))
            if row := found.get(market.symbol) or found.get(""):
                rows[market.symbol] = row
            failure = failure or failed
    quotes = _quotes(adapter, rows, clock.now())
    if any(quote.price is not None for quote in quotes):
        without = ", ".join(quote.asset for quote in quotes if quote.price is None)
        return VenueAnswer(adapter.exchange, adapter.name, quotes, detail=without)
    told = as_source_error(failure, adapter.exchange) if failure else SourceError(SourceFault.EMPTY, "no price")
    return VenueAnswer(adapter.exchange, adapter.name, quotes, told.fault, told.detail)


async def _try(http: Http, adapter: VenueAdapter, path: str) -> tuple[dict[str, VenueTicker], Exception | None]:
    try:
        return await _rows(http, adapter, path), None
    except Exception as error:  # noqa: BLE001 -- whatever it is, the answer says it
        return {}, error


async def _rows(http: Http, adapter: VenueAdapter, path: str) -> dict[str, VenueTicker]:
    body = await http.fetch(f"{adapter.base}{path}", limits=VENUE_LIMITS)
    rows: dict[str, VenueTicker] = {}
    wanted = {"", *(market.symbol for market in adapter.markets)}
    for row in adapter.parse(body.content if body else b""):
        if isinstance(row.symbol, str) and row.symbol in wanted:
            # Of two rows of one market nobody knows which is right.
            rows[row.symbol] = row if row.symbol not in rows else VenueTicker(row.symbol)
    return rows


def _may_be_one_market(failure: Exception | None) -> bool:
    """Return whether a list may have been refused for one market that is gone."""
    match failure:
        case RequestRefused(status=status):
            return status in _NOT_THERE
        case SourceError(fault=SourceFault.BAD_SHAPE):
            return True
        case _:
            return False


def _quotes(adapter: VenueAdapter, rows: Mapping[str, VenueTicker], now: datetime) -> tuple[VenueQuote, ...]:
    quotes = [_quote(adapter, market, rows.get(market.symbol), now) for market in adapter.markets]
    tether = next((quote for quote in quotes if (quote.asset, quote.paid_in) == (_TETHER, _WON)), None)
    if tether is None:
        return tuple(quotes)
    return tuple(_in_tether(quote, tether) for quote in quotes if quote is not tether)


def _in_tether(quote: VenueQuote, tether: VenueQuote) -> VenueQuote:
    """Return a price in won as one in USDT, by what USDT costs at the same exchange."""
    price = None
    if quote.price is not None and tether.price is not None:
        price = quote.price / tether.price
    return replace(quote, paid_in=_TETHER, price=price, flaw=quote.flaw or tether.flaw)


def _quote(adapter: VenueAdapter, market: VenueMarket, row: VenueTicker | None, now: datetime) -> VenueQuote:
    quote = VenueQuote(adapter.exchange, market.asset, market.paid_in, None)
    if row is None:
        return replace(quote, flaw=QuoteFlaw.UNTOLD)
    if adapter.tells_book:
        bid, ask = _number(row.bid), _number(row.ask)
        if bid is None or ask is None:
            return replace(quote, flaw=QuoteFlaw.CLOSED)
        price: float | None = (bid + ask) / 2
        flaw = _book_flaw(bid, ask)
    else:
        price, flaw = _number(row.last), None
    if price is None:
        return replace(quote, flaw=QuoteFlaw.UNTOLD)
    if _is_nothing(row.volume):
        flaw = QuoteFlaw.CLOSED
    elif row.at is not None and now - row.at > _OLDEST:
        flaw = QuoteFlaw.OLD
    return replace(quote, price=price, flaw=flaw)


def _book_flaw(bid: float, ask: float) -> QuoteFlaw | None:
    if bid > ask:
        return QuoteFlaw.CROSSED
    return QuoteFlaw.WIDE if ask - bid > _WIDEST * (bid + ask) / 2 else None


def _is_nothing(volume: object) -> bool:
    """Return whether a volume is said and zero; one that is absent says nothing."""
    try:
        return isinstance(volume, str | float | int) and float(volume) == 0.0
    except ValueError:
        return False


def _number(value: object) -> float | None:
    """Return a number above zero, from a number or from text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | float | int):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0.0 < number <= _HIGHEST else None
