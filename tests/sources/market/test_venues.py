"""Exchanges' public tickers: every parser on its sample, what is no price, and one exchange that fails."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from bot.domain.errors import SourceError, SourceFault
from bot.domain.price_gap import QuoteFlaw, VenueQuote
from bot.http_server import WebServer
from bot.sources.http import Http
from bot.sources.market.venues.registry import VENUES, Venues
from bot.sources.market.venues.venue import VenueTicker, ask_venue, from_ms
from tests.sources.conftest import NOW, StoppedClock
from tests.sources.withdrawals.distortions import distortions

SAMPLES = Path(__file__).parent / "samples" / "venues"
BY_ID = {adapter.exchange: adapter for adapter in VENUES}
BY_SAMPLE = {adapter.setting.partition("_")[0]: adapter for adapter in VENUES}
STABLE = ("0.9998", "0.9999")
ROWS = {
    "binance": [("BTCUSDT", "118449.02000000", "118449.03000000"), ("USDCUSDT", "0.99980000", "0.99990000")],
    "okx": [("ETH-BTC", "0.0732", "0.07322"), ("USDC-USDT", *STABLE)],
    "bybit": [("BTCUSDT", "20517.96", "20527.77"), ("USDCUSDT", *STABLE)],
    "kraken": [("XETHZUSD", "2431.37000", "2432.77000")],
    "coinbase": [("", "0.997094", "0.998")],
    "kucoin": [("BTC-USDT", "11328.9", "11329"), ("USDC-USDT", *STABLE)],
    "gate": [("KFC_USDT", "7.218", "7.298"), ("USDC_USDT", *STABLE)],
    "bitget": [("BTCUSDT", "37583.68", "37583.69"), ("USDCUSDT", *STABLE)],
    "htx": [("btcusdt", 9146.86, 9146.87), ("usdcusdt", 0.9998, 0.9999)],
    "mexc": [("BTCUSDT", "46260.38", "46260.41"), ("USDCUSDT", *STABLE)],
    "bitfinex": [
        ("tBTCUSD", 60010, 60012),
        ("tETHUSD", 3010.1, 3010.5),
        ("tUSTUSD", 0.99931, 0.99936),
        ("tUDCUSD", 0.9995, 1.0003),
    ],
    "bitstamp": [("BTC/USD", "26208", "26211"), ("USDT/USD", *STABLE)],
    "cryptocom": [("BTC_USD", "30442.00", "30447.66"), ("ETH_USD", None, None)],
    "gemini": [("", "9117.95", "9117.96")],
}
LAST_TRADES = {
    "upbit": [("BTC-ETH", 0.02947773), ("KRW-USDT", 1390.5)],
    "bithumb": [("BTC-USDC", 1.659e-05), ("KRW-USDT", 1390.5)],
}
TIMES = {
    "okx": datetime(2021, 5, 19, 16, 9, 43, 784000, tzinfo=UTC),
    "coinbase": datetime(2020, 1, 28, 2, 13, 33, 12523, tzinfo=UTC),
    "bitstamp": datetime(2023, 6, 6, 16, 29, 4, tzinfo=UTC),
}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))["body"]


def rows(name: str) -> list[VenueTicker]:
    return list(BY_SAMPLE[name].parse(json.dumps(sample(name)).encode()))


def test_every_exchange_has_a_sample_that_says_where_it_is_from() -> None:
    for path in SAMPLES.glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["provenance"].split(":")[0] in {"altered", "composed"}
    assert {path.stem for path in SAMPLES.glob("*.json")} == set(BY_SAMPLE) == {*ROWS, *LAST_TRADES}
    assert len(BY_ID) == len(VENUES) == 16


@pytest.mark.parametrize("name", ROWS)
def test_bid_and_ask_are_read_as_the_exchange_wrote_them(name: str) -> None:
    assert [(row.symbol, row.bid, row.ask) for row in rows(name)] == ROWS[name]


@pytest.mark.parametrize("name", LAST_TRADES)
def test_last_trades_are_read(name: str) -> None:
    assert [(row.symbol, row.last) for row in rows(name)] == LAST_TRADES[name]
    assert all(row.at for row in rows(name))


@pytest.mark.parametrize("name", TIMES)
def test_a_time_is_read_where_there_is_one(name: str) -> None:
    assert rows(name)[0].at == TIMES[name]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("okx", {"code": "51001", "msg": "Instrument ID does not exist", "data": []}),
        ("bybit", {"retCode": 10001, "retMsg": "params error", "result": {}}),
        ("kraken", {"error": ["EGeneral:Too many requests"]}),
        ("kucoin", {"code": "400100", "msg": "symbol not exists"}),
        ("bitget", {"code": "40034", "msg": "Parameter does not exist", "data": None}),
        ("htx", {"status": "error", "err-code": "invalid-parameter", "err-msg": "invalid symbol"}),
        ("bitfinex", ["error", 11010, "ratelimit: error"]),
        ("cryptocom", {"code": 40004, "message": "Invalid request"}),
        ("gate", {"label": "INVALID_PARAM_VALUE", "message": "invalid argument: status"}),
        ("upbit", {"error": {"message": "Missing request parameter error.", "name": 400}}),
        ("bithumb", {"error": {"message": "Missing request parameter error.", "name": 400}}),
        ("binance", {"code": -1121, "msg": "Invalid symbol."}),
        ("gemini", {"result": "error", "reason": "Maintenance"}),
        ("coinbase", {"message": "NotFound"}),
    ],
)
def test_an_error_that_comes_with_http_200_is_refused(name: str, body: object) -> None:
    with pytest.raises((SourceError, msgspec.ValidationError)):
        list(BY_SAMPLE[name].parse(json.dumps(body).encode()))


@pytest.mark.parametrize("name", BY_SAMPLE)
def test_a_distorted_ticker_is_refused_or_brings_no_other_number(name: str) -> None:
    def numbers(told: list[VenueTicker]) -> set[str]:
        return {repr(value) for row in told for value in (row.bid, row.ask, row.last) if isinstance(value, str | float)}

    # What distortions put in place of a value: none of them is a price that anything is compared with.
    known = numbers(rows(name)) | {"''", "'undocumented'", "'0'", "1e+300", repr("\u202e" * 200)}
    for body in distortions(sample(name), 150):
        try:
            told = list(BY_SAMPLE[name].parse(body))
        except (SourceError, ValueError, RecursionError):
            continue
        assert numbers(told) <= known


@pytest.mark.parametrize("value", [None, True, "", "x", 0, -5, 1e300, float("nan"), [], "1_7"])
def test_what_is_no_time_is_none(value: object) -> None:
    assert from_ms(value) is None


class VenueServer(WebServer):
    """Answers paths with what `bodies` has, by their beginning; a number is an HTTP status."""

    def __init__(self) -> None:
        super().__init__([web.get("/{path:.*}", self._answer)], "127.0.0.1", 0, explain=lambda address, _: address)
        self.asked: list[str] = []
        self.bodies: dict[str, Any] = {}

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.address)

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        found = [body for path, body in self.bodies.items() if request.path_qs.startswith(path)]
        body = found[0] if found else 404
        return web.Response(status=body) if isinstance(body, int) else web.json_response(body)


@pytest.fixture
async def server() -> AsyncIterator[VenueServer]:
    async with VenueServer() as server:
        yield server


def gate_row(bid: object, ask: object, pair: str = "BTC_USDT", volume: object = "5") -> dict[str, object]:
    return {"currency_pair": pair, "highest_bid": bid, "lowest_ask": ask, "base_volume": volume}


async def quotes(http: Http, clock: StoppedClock, server: VenueServer, exchange: str) -> dict[str, VenueQuote]:
    setting = BY_ID[exchange].setting
    addresses: dict[str, str | None] = {adapter.setting: None for adapter in VENUES} | {setting: server.url}
    (answer,) = await Venues(http, clock, addresses).read()
    return {quote.asset: quote for quote in answer.quotes}


@pytest.mark.parametrize(
    ("row", "price", "flaw"),
    [
        (gate_row("60000", "60010"), 60005, None),
        (gate_row("60010", "60000"), 60005, QuoteFlaw.CROSSED),
        (gate_row("60000", "62000"), 61000, QuoteFlaw.WIDE),
        (gate_row("60000", "60010", volume="0"), 60005, QuoteFlaw.CLOSED),
        (gate_row("60000", "60010", volume=None), 60005, None),
        (gate_row("", "60010"), None, QuoteFlaw.CLOSED),
        (gate_row(None, None), None, QuoteFlaw.CLOSED),
        (gate_row("0", "0"), None, QuoteFlaw.CLOSED),
        (gate_row("nan", "60010"), None, QuoteFlaw.CLOSED),
        (gate_row(1e300, 1e300), None, QuoteFlaw.CLOSED),
        (gate_row("60000", "60010", pair="DOGE_USDT"), None, QuoteFlaw.UNTOLD),
    ],
)
async def test_what_a_row_is_worth(  # noqa: PLR0913, PLR0917 -- three fixtures
    http: Http, clock: StoppedClock, server: VenueServer, row: object, price: float | None, flaw: QuoteFlaw | None
) -> None:
    server.bodies["/api/v4/spot/tickers"] = [row, gate_row("0.9", "0.9001", pair="USDC_USDT")]

    told = await quotes(http, clock, server, "gate")

    assert told["BTC"] == VenueQuote("gate", "BTC", "USDT", price, flaw)
    assert told["USDC"].flaw is None
    assert len(server.asked) == 1


async def test_two_rows_of_one_market_are_none(http: Http, clock: StoppedClock, server: VenueServer) -> None:
    server.bodies["/api/v4"] = [gate_row("60000", "60010"), gate_row("6", "6"), gate_row("1", "1", pair="USDC_USDT")]

    assert (await quotes(http, clock, server, "gate"))["BTC"].flaw is QuoteFlaw.CLOSED


def upbit_row(market: str, price: float, age: timedelta = timedelta()) -> dict[str, object]:
    return {"market": market, "trade_price": price, "trade_timestamp": int((NOW - age).timestamp() * 1000)}


async def test_won_become_usdt_by_the_exchange_s_own_rate(http: Http, clock: StoppedClock, server: VenueServer) -> None:
    rate = upbit_row("KRW-USDT", 1500)
    server.bodies["/v1/ticker"] = [
        upbit_row("KRW-BTC", 90_000_000),
        upbit_row("KRW-ETH", 3e6, timedelta(hours=1)),
        rate,
    ]

    told = await quotes(http, clock, server, "upbit")

    assert told == {
        "BTC": VenueQuote("upbit", "BTC", "USDT", 60_000),
        "ETH": VenueQuote("upbit", "ETH", "USDT", 2_000, QuoteFlaw.OLD),
    }

    server.bodies["/v1/ticker"] = [upbit_row("KRW-BTC", 90_000_000)]
    assert (await quotes(http, clock, server, "upbit"))["BTC"] == VenueQuote(
        "upbit", "BTC", "USDT", None, QuoteFlaw.UNTOLD
    )


async def test_a_list_that_is_refused_for_one_market_is_asked_for_one_by_one(
    http: Http, clock: StoppedClock, server: VenueServer
) -> None:
    server.bodies["/0/public/Ticker?pair=XBTUSD,"] = {"error": ["EQuery:Unknown asset pair"]}
    row = {"a": ["60010", "1", "1"], "b": ["60000", "1", "1"], "v": ["1", "2"]}
    server.bodies["/0/public/Ticker?pair=XBTUSD"] = {"error": [], "result": {"XXBTZUSD": row}}
    server.bodies["/0/public/Ticker?pair=ETHUSD"] = {"error": ["EQuery:Unknown asset pair"]}

    told = await quotes(http, clock, server, "kraken")

    assert {asset: (quote.price, quote.flaw) for asset, quote in told.items()} == {
        "BTC": (60005, None),
        "ETH": (None, QuoteFlaw.UNTOLD),
        "USDT": (None, QuoteFlaw.UNTOLD),
    }
    assert len(server.asked) == 4


async def test_a_blocked_region_is_not_asked_again_one_by_one(
    http: Http, clock: StoppedClock, server: VenueServer
) -> None:
    server.bodies["/api/v3"] = 451

    answer = await ask_venue(http, clock, replace(BY_ID["binance"], base=server.url))

    assert (answer.fault, len(server.asked)) == (SourceFault.BLOCKED, 1)


async def test_an_exchange_that_fails_costs_its_own_answer_alone(
    http: Http, clock: StoppedClock, server: VenueServer
) -> None:
    server.bodies = {"/products/BTC-USD": {"bid": "1", "ask": "1.001", "time": "2026-10-05T14:19:33Z", "volume": "1"}}
    addresses: dict[str, str | None] = {adapter.setting: None for adapter in VENUES}
    addresses |= {"coinbase_url": server.url, "gate_url": server.url}
    venues = Venues(http, clock, addresses)

    answers = {answer.exchange: answer for answer in await venues.read()}

    assert venues.names == ("Coinbase", "Gate")
    assert len(venues.off) == 14
    assert (answers["coinbase"].fault, answers["coinbase"].detail) == (None, "ETH, USDT")
    assert answers["gate"].fault
