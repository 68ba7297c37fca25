"""DefiLlama's view of stablecoins: how many of each there are, and what they are worth.

`GET stablecoins.llama.fi/stablecoins` tells the supplies, now and a week ago, by chain; its own prices have no time and
are not read. `GET coins.llama.fi/prices/current/coingecko:tether,…` has prices, each with its time and how sure it is.
Both are free and need no key: https://api-docs.defillama.com.

Example: of 427 coins the list has USDT and USDC under the ids that COIN_IDS names, and six unknown ones above $1 B, of
which two are both called USDX. Prices are asked for the named ones and for the four others, and the two are left out.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.domain.peg import CoinSupply, PegQuote
from bot.domain.stablecoins import COIN_IDS, UNPEGGED_IDS
from bot.messages.plain_text import clean, shorten
from bot.ports.sources import Clock
from bot.sources.http import Http
from bot.sources.http_types import FetchLimits, Validators
from bot.sources.loop_sharing import collect_in_slices
from bot.sources.withdrawals.adapter import rows_of

INDEX_NAME = "DefiLlama"
SUPPLIES_URL = "https://stablecoins.llama.fi"
PRICES_URL = "https://coins.llama.fi"

SUPPLY_LIMITS = FetchLimits(timedelta(seconds=25), wire_bytes=8 << 20, plain_bytes=8 << 20)
"""The list had some 3 MB in 2026: 427 coins, each with up to a hundred chains."""
PRICE_LIMITS = FetchLimits(timedelta(seconds=25), wire_bytes=256 << 10, plain_bytes=256 << 10)
"""A price is some 120 bytes, and there are at most 80 of them."""
# Splitting a body into its rows holds the event loop: a million empty ones take 100 ms. A real one has under 100,000.
_MOST_COMMAS = 200_000
_SUPPLIES_EVERY = timedelta(minutes=10)
"""Less often than two polls of prices, so that whatever 15 minutes show was told by two lists."""
_SUPPLIES_LAST = timedelta(hours=2)
_LARGE_USD = 1e9
_MOST_USD = 1e13  # a hundred times all stablecoins of 2026: an error of units
_MOST_COINS = 60
_LEAST_CONFIDENCE = 0.9  # of 0 to 1; what many exchanges agree on has 0.99
_HIGHEST_USD = 2.0  # what is told to be worth more is no dollar
_MAX_CLOCK_SKEW = timedelta(minutes=10)
_PART_OF_SUPPLY = 0.01  # a chain below it changes nothing that is told
_SYMBOL_CHARACTERS = 12
_DOLLAR = "peggedUSD"


class _Amount(msgspec.Struct):
    usd: float | None = msgspec.field(default=None, name=_DOLLAR)


class _OnChain(msgspec.Struct, rename="camel"):
    current: _Amount = msgspec.field(default_factory=_Amount)
    circulating_prev_week: _Amount = msgspec.field(default_factory=_Amount)


class _Coin(msgspec.Struct, rename="camel"):
    symbol: str
    peg_type: str
    circulating: _Amount
    circulating_prev_week: _Amount = msgspec.field(default_factory=_Amount)
    chain_circulating: msgspec.Raw = msgspec.Raw(b"{}")
    gecko_id: str | None = msgspec.field(default=None, name="gecko_id")


class _Coins(msgspec.Struct, rename="camel"):
    pegged_assets: list[msgspec.Raw]


class _Price(msgspec.Struct):
    price: float
    timestamp: int
    confidence: float | None = None


class _Prices(msgspec.Struct):
    coins: dict[str, msgspec.Raw]


_COINS, _COIN = msgspec.json.Decoder(_Coins), msgspec.json.Decoder(_Coin)
_CHAINS = msgspec.json.Decoder(dict[str, _OnChain])
_PRICES, _PRICE = msgspec.json.Decoder(_Prices), msgspec.json.Decoder(_Price)


@dataclass(frozen=True, slots=True)
class Supplies:
    """The supply of each coin, by its id; the symbols of all coins whose price is asked for, by their ids.

    `doubted` are symbols of large coins that were left out: who they are cannot be told.
    """

    by_id: Mapping[str, CoinSupply] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=lambda: {id_: symbol for symbol, id_ in COIN_IDS.items()})
    doubted: tuple[str, ...] = ()


class Stablecoins:
    """The list and the prices over one `Http`; an address that is None is not asked.

    The list is asked for at every second poll, and stands for two hours.
    """

    def __init__(self, http: Http, clock: Clock, *, supplies_url: str | None, prices_url: str | None) -> None:
        self._http = http
        self._clock = clock
        self._supplies_url = supplies_url
        self._prices_url = prices_url
        self._supplies = Supplies()
        self._validators: Validators | None = None
        self._asked_at: datetime | None = None
        self._told_at: datetime | None = None

    @property
    def known(self) -> Supplies:
        """Return the supplies of the newest list; no amounts where it is older than two hours, or was never told."""
        now, told_at = self._clock.now(), self._told_at
        if told_at is None or not timedelta() <= now - told_at <= _SUPPLIES_LAST:
            return Supplies(symbols=self._supplies.symbols)
        return self._supplies

    def are_supplies_due(self) -> bool:
        """Return whether the list is asked for at this poll."""
        now = self._clock.now()
        is_fresh = self._asked_at and timedelta() <= now - self._asked_at < _SUPPLIES_EVERY
        return self._supplies_url is not None and not is_fresh

    async def fetch_supplies(self) -> None:
        """Fetch the list; raise SourceError or what msgspec raises, and then the last one stands."""
        self._asked_at = now = self._clock.now()
        url = f"{self._supplies_url}/stablecoins?includePrices=true"
        body = await self._http.fetch(url, limits=SUPPLY_LIMITS, validators=self._validators)
        if body is not None:
            rows = await collect_in_slices(_rows(body.content))
            self._supplies = _still_watched(_supplies(rows), self._supplies)
            self._validators = body.validators
        self._told_at = now

    async def prices(self) -> Mapping[str, PegQuote]:
        """Return the price of each coin that has one, by its id; raise SourceError or what msgspec raises."""
        if self._prices_url is None:
            return {}
        ids = ",".join(f"coingecko:{id_}" for id_ in sorted(self._supplies.symbols))
        body = await self._http.fetch(f"{self._prices_url}/prices/current/{ids}", limits=PRICE_LIMITS)
        if body is None:
            raise SourceError(SourceFault.BAD_SHAPE, "not modified, though nothing was cached")
        prices = parse_prices(body.content, self._supplies.symbols, self._clock.now())
        if not prices:
            raise SourceError(SourceFault.EMPTY, "no price that can be used")
        return prices


def parse_supplies(body: bytes) -> Supplies:
    """Return what a list tells; raise SourceError (EMPTY, BAD_SHAPE) where no coin can be read, or msgspec's errors."""
    return _supplies(list(_rows(body)))


def parse_prices(body: bytes, ids: Iterable[str], now: datetime) -> dict[str, PegQuote]:
    """Return the prices that can be used, by the ids that were asked for; raise msgspec's errors."""
    rows = _PRICES.decode(body).coins
    prices = {id_: _quote(rows.get(f"coingecko:{id_}"), now) for id_ in ids}
    return {id_: quote for id_, quote in prices.items() if quote}


def _quote(raw: msgspec.Raw | None, now: datetime) -> PegQuote | None:
    """Return a price, None where it has none, is not sure of it, or says what no dollar can be worth."""
    if raw is None:
        return None
    try:
        row = _PRICE.decode(raw)
        at = datetime.fromtimestamp(row.timestamp, tz=now.tzinfo)
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError, OSError):
        return None
    is_sure = row.confidence is None or row.confidence >= _LEAST_CONFIDENCE
    if not is_sure or not 0.0 < row.price <= _HIGHEST_USD or at > now + _MAX_CLOCK_SKEW:
        return None
    return PegQuote(INDEX_NAME, row.price, min(at, now))


def _rows(body: bytes) -> Iterable[_Coin]:
    """Yield each coin of dollars that can be read; raise SourceError where there is none, or far too much."""
    if body.count(b",") > _MOST_COMMAS:
        raise SourceError(SourceFault.BAD_SHAPE, f"more than {_MOST_COMMAS} values")
    return (coin for coin in rows_of(_COIN, _COINS.decode(body).pegged_assets) if coin.peg_type == _DOLLAR)


def _supplies(coins: list[_Coin]) -> Supplies:
    if not coins:
        raise SourceError(SourceFault.EMPTY, "no coin can be read")
    watched = [coin for coin in coins if coin.gecko_id and coin.gecko_id not in UNPEGGED_IDS and _is_asked(coin)]
    named = {id_: symbol for symbol, id_ in COIN_IDS.items()}
    # Of several rows of one id nobody knows which is the coin, nor of several unknown coins with one symbol.
    rows_of_id = Counter(coin.gecko_id for coin in watched)
    large = [coin for coin in watched if coin.gecko_id not in named]
    symbols_of = Counter([*named.values(), *(_symbol(coin) for coin in large)])
    added = {
        coin.gecko_id: _symbol(coin)
        for coin in sorted(large, key=lambda coin: -_usd(coin.circulating))[:_MOST_COINS]
        if coin.gecko_id and symbols_of[_symbol(coin)] == 1 and rows_of_id[coin.gecko_id] == 1
    }
    symbols = {**named, **added}
    by_id = {
        coin.gecko_id: supply
        for coin in watched
        if coin.gecko_id in symbols and rows_of_id[coin.gecko_id] == 1 and (supply := _supply(coin))
    }
    doubted = [coin for coin in watched if coin.gecko_id not in symbols or rows_of_id[coin.gecko_id] > 1]
    return Supplies(by_id, symbols, tuple(sorted({_symbol(coin) for coin in doubted})))


def _still_watched(newest: Supplies, before: Supplies) -> Supplies:
    """Return what a list tells, with the coins that an earlier one had: a coin that falls gets smaller, too."""
    earlier = {
        id_: symbol
        for id_, symbol in before.symbols.items()
        if symbol not in {*newest.symbols.values(), *newest.doubted}
    }
    return replace(newest, symbols={**newest.symbols, **dict(list(earlier.items())[:_MOST_COINS])})


def _is_asked(coin: _Coin) -> bool:
    return coin.gecko_id in COIN_IDS.values() or _LARGE_USD <= _usd(coin.circulating) <= _MOST_USD


def _supply(coin: _Coin) -> CoinSupply | None:
    """Return a coin's supply, None where either end of the week is not told or cannot be."""
    now, week_ago = _usd(coin.circulating), _usd(coin.circulating_prev_week)
    if not (0.0 < now <= _MOST_USD and 0.0 < week_ago <= _MOST_USD):
        return None
    return CoinSupply(now, week_ago, _missing_chain(coin, week_ago))


def _missing_chain(coin: _Coin, week_ago: float) -> str:
    """Return the chain that had a part of the supply a week ago and is at nothing now, "" where there is none.

    That is how the list shows a chain that it could not read: https://github.com/DefiLlama/peggedassets-server/pull/921
    """
    try:
        chains = _CHAINS.decode(coin.chain_circulating)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "its chains"
    lost = (
        shorten(clean(name), _SYMBOL_CHARACTERS * 2)
        for name, on_chain in chains.items()
        if _usd(on_chain.circulating_prev_week) >= _PART_OF_SUPPLY * week_ago and _usd(on_chain.current) <= 0.0
    )
    return next(lost, "")


def _usd(amount: _Amount) -> float:
    return amount.usd if amount.usd is not None and math.isfinite(amount.usd) else 0.0


def _symbol(coin: _Coin) -> str:
    return shorten(clean(coin.symbol), _SYMBOL_CHARACTERS)
