"""Every parser reads its sample; `samples/` says of each whether it is documented, altered or composed."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.domain.errors import SourceError
from bot.domain.peg import CoinSupply, PegQuote
from bot.domain.stablecoins import COIN_IDS, UNPEGGED_IDS
from bot.sources.market.prices import TICKERS
from bot.sources.market.stablecoins import Supplies, parse_prices, parse_supplies
from bot.sources.market.tickers import Book
from tests.sources.conftest import NOW
from tests.sources.withdrawals.distortions import distortions

SAMPLES = Path(__file__).parent / "samples"
PARSERS = {adapter.exchange: adapter.parse for adapter in TICKERS}
BOOKS = {
    "kraken": Book(2431.37, 2432.77),
    "coinbase": Book(0.997094, 0.998, datetime(2020, 1, 28, 2, 13, 33, 12523, tzinfo=UTC)),
    "binance": Book(118449.02, 118449.03),
}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))["body"]


def encoded(body: object) -> bytes:
    return json.dumps(body).encode()


def test_every_ticker_has_a_sample_that_says_where_it_is_from() -> None:
    for path in SAMPLES.glob("*.json"):
        provenance = json.loads(path.read_text(encoding="utf-8"))["provenance"]
        assert provenance.split(":")[0] in {"verbatim", "altered", "composed"}
    assert {path.stem for path in SAMPLES.glob("*.json")} >= set(PARSERS) == set(BOOKS)


@pytest.mark.parametrize("exchange", BOOKS)
def test_a_ticker_is_read(exchange: str) -> None:
    assert PARSERS[exchange](encoded(sample(exchange))) == BOOKS[exchange]


def test_an_error_of_kraken_is_one_though_it_comes_with_http_200() -> None:
    with pytest.raises(SourceError, match="Too many requests"):
        PARSERS["kraken"](encoded(sample("kraken_error")))


@pytest.mark.parametrize("exchange", BOOKS)
def test_a_distorted_ticker_is_refused_or_has_the_numbers_of_the_good_one(exchange: str) -> None:
    for body in distortions(sample(exchange), 150):
        try:
            book = PARSERS[exchange](body)
        except (SourceError, ValueError, RecursionError):
            continue
        assert {book.bid, book.ask} <= {BOOKS[exchange].bid, BOOKS[exchange].ask, 0.0, -1.0, 1e300}


def test_the_list_tells_supplies_of_dollars_that_can_be_told_apart() -> None:
    supplies = parse_supplies(encoded(sample("stablecoins")))

    assert supplies.by_id == {
        "tether": CoinSupply(183500000000.5, 182900000000),
        "usd-coin": CoinSupply(74200000000, 74000000000, "Ethereum"),  # it was told to be at nothing
    }
    assert supplies.symbols == {**{id_: symbol for symbol, id_ in COIN_IDS.items()}, "new-dollar": "NUSD"}
    assert supplies.doubted == ()


def coin(symbol: str, gecko_id: str, usd: float = 2e9) -> dict[str, Any]:
    amount = {"peggedUSD": usd}
    return {
        "symbol": symbol,
        "gecko_id": gecko_id,
        "pegType": "peggedUSD",
        "circulating": amount,
        "circulatingPrevWeek": amount,
    }


@pytest.mark.parametrize(
    ("rows", "left_out"),
    [
        ([coin("USDT", "false-tether")], ["USDT"]),
        ([coin("NEW", "new"), coin("NEW", "newer")], ["NEW"]),
        ([coin("USDT", "tether"), coin("USDT", "tether", 1e9)], ["USDT"]),
        ([coin("NEW", "new", 0.9e9)], []),
        ([coin("NEW", "new", 1e18)], []),
        ([coin("NEW", next(iter(UNPEGGED_IDS)))], []),
    ],
)
def test_of_coins_that_cannot_be_told_apart_none_is_believed(rows: list[Any], left_out: list[str]) -> None:
    supplies = parse_supplies(encoded({"peggedAssets": [coin("DAI", "dai"), *rows]}))

    assert list(supplies.by_id) == ["dai"]
    assert set(supplies.symbols) == set(COIN_IDS.values())
    assert list(supplies.doubted) == left_out


def test_a_large_coin_that_nobody_named_is_watched_by_its_symbol() -> None:
    supplies = parse_supplies(encoded({"peggedAssets": [coin("NEW\u202eUSD-of-the-longest-kind", "new")]}))

    assert supplies.symbols["new"] == "NEWUSD-of-t…"


@pytest.mark.parametrize("change", [{"circulatingPrevWeek": {}}, {"circulatingPrevWeek": {"peggedUSD": 0}}])
def test_a_coin_without_the_amount_of_a_week_ago_has_no_supply(change: dict[str, Any]) -> None:
    supplies = parse_supplies(encoded({"peggedAssets": [coin("DAI", "dai") | change]}))

    assert supplies == Supplies(symbols=supplies.symbols)


def test_a_distorted_list_is_refused_or_tells_the_supplies_of_the_good_one() -> None:
    good = parse_supplies(encoded(sample("stablecoins")))
    weeks = {(supply.usd, supply.week_ago_usd) for supply in good.by_id.values()}
    for body in distortions(sample("stablecoins"), 300):
        try:
            supplies = parse_supplies(body)
        except (SourceError, ValueError, RecursionError):
            continue
        assert {(supply.usd, supply.week_ago_usd) for supply in supplies.by_id.values()} <= weeks


IDS = ("tether", "usd-coin", "dai")


def test_prices_have_their_times_and_what_is_unknown_is_absent() -> None:
    prices = parse_prices(encoded(sample("prices")), IDS, NOW)

    assert prices == {
        "tether": PegQuote("DefiLlama", 0.99976, NOW.replace(minute=18)),
        "usd-coin": PegQuote("DefiLlama", 1.0, NOW.replace(minute=19)),
    }


@pytest.mark.parametrize(
    "change",
    [
        {"price": None},
        {"price": 0},
        {"price": -1.0},
        {"price": 1e9},
        {"price": "1.0"},
        {"timestamp": None},
        {"timestamp": 1e300},
        {"timestamp": 1791209880 + 3600},
        {"confidence": 0.5},
    ],
)
def test_a_price_that_cannot_be_is_none_and_hides_no_other(change: dict[str, Any]) -> None:
    body = sample("prices")
    body["coins"]["coingecko:tether"] |= change

    assert list(parse_prices(encoded(body), IDS, NOW)) == ["usd-coin"]


def test_a_distorted_price_is_none_or_that_of_the_good_one() -> None:
    good = {quote.usd for quote in parse_prices(encoded(sample("prices")), IDS, NOW).values()}
    for body in distortions(sample("prices"), 200):
        try:
            prices = parse_prices(body, IDS, NOW)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        assert {quote.usd for quote in prices.values()} <= {*good, 1.0}  # true is no number, and 1 is a price
