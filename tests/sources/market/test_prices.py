"""The sources of prices together: what each says, and what remains when one of them does not answer."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from bot.domain.errors import SourceFault
from bot.domain.peg import PegQuote, PegRound
from bot.http_server import WebServer
from bot.sources.http import Http
from bot.sources.market.prices import PRICES, SUPPLIES, StablecoinPrices
from tests.sources.conftest import NOW, StoppedClock
from tests.sources.market.test_samples import coin

MINUTE = timedelta(minutes=1)


class MarketServer(WebServer):
    """Every source below a path of its own; `bodies` by their beginning, `asked` are the paths in order."""

    def __init__(self) -> None:
        super().__init__([web.get("/{path:.*}", self._answer)], "127.0.0.1", 0, explain=lambda address, _: address)
        self.asked: list[str] = []
        self.bodies: dict[str, Any] = {
            "/supplies/stablecoins": {"peggedAssets": [coin("USDC", "usd-coin", 41e9), coin("USDT", "tether", 70e9)]},
            "/prices/prices/current/": {
                "coins": {f"coingecko:{id_}": price(usd) for id_, usd in (("tether", 1.001), ("usd-coin", 0.95))}
            },
            "/kraken/0/public/Ticker?pair=USDT": kraken(1.0),
            "/kraken/0/public/Ticker?pair=USDC": kraken(0.93),
            "/kraken/0/public/Ticker?pair=DAI": kraken(0.94),
            "/coinbase/products/USDT-USD/ticker": coinbase(1.002),
            "/binance/api/v3/ticker/24hr?symbol=USDCUSDT": binance(0.95),
            "/binance/api/v3/ticker/24hr?symbol=FDUSDUSDT": binance(0.9),
        }

    @property
    def url(self) -> str:
        return "http://{}:{}".format(*self.address)

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        body = next((body for path, body in self.bodies.items() if request.path_qs.startswith(path)), None)
        if body is None:
            return web.Response(status=400, text='{"code":-1121,"msg":"Invalid symbol."}')
        return web.Response(body=body if isinstance(body, bytes) else json.dumps(body).encode())

    def count(self, beginning: str) -> int:
        return sum(path.startswith(beginning) for path in self.asked)


def price(usd: float | None, age: timedelta = MINUTE) -> dict[str, Any]:
    return {"price": usd, "symbol": "X", "timestamp": int((NOW - age).timestamp()), "confidence": 0.99}


def kraken(usd: float, spread: float = 0.0002) -> dict[str, Any]:
    bid, ask = usd - spread / 2, usd + spread / 2
    return {"error": [], "result": {"XZUSD": {"a": [f"{ask:.6f}", "1", "1.000"], "b": [f"{bid:.6f}", "2", "2.000"]}}}


def coinbase(usd: float, at: str = "2026-10-05T14:19:33.012523Z") -> dict[str, Any]:
    return {"trade_id": 1, "price": f"{usd}", "time": at, "bid": f"{usd - 0.0001}", "ask": f"{usd + 0.0001}"}


def binance(usd: float) -> dict[str, Any]:
    return {"symbol": "X", "bidPrice": f"{usd:.8f}", "askPrice": f"{usd:.8f}", "closeTime": 1}


@pytest.fixture
async def market() -> AsyncIterator[MarketServer]:
    async with MarketServer() as server:
        yield server


def prices_of(http: Http, clock: StoppedClock, market: MarketServer, *, off: frozenset[str] = frozenset()) -> Any:
    def url(name: str) -> str | None:
        return None if name in off else f"{market.url}/{name}"

    return StablecoinPrices(
        http,
        clock,
        supplies_url=url("supplies"),
        prices_url=url("prices"),
        addresses={f"{name}_url": url(name) for name in ("kraken", "coinbase", "binance")},
    )


def faults(told: PegRound) -> dict[str, SourceFault]:
    return {answer.name: answer.fault for answer in told.answers if answer.fault}


async def test_a_reading_has_the_index_every_exchange_and_the_supply(
    http: Http, clock: StoppedClock, market: MarketServer
) -> None:
    told = await prices_of(http, clock, market).read()

    usdc = told.readings["USDC"]
    assert usdc.index == PegQuote("DefiLlama", 0.95, NOW - MINUTE)
    assert [(quote.source, round(quote.usd, 4)) for quote in usdc.exchanges] == [("Kraken", 0.93), ("Binance", 0.9519)]
    assert usdc.supply
    assert usdc.supply.usd == 41e9
    assert [quote.source for quote in told.readings["USDT"].exchanges] == ["Kraken", "Coinbase"]
    assert sorted(told.readings) == ["DAI", "FDUSD", "USDC", "USDT"]
    assert [(answer.name, answer.fault, answer.detail) for answer in told.answers] == [
        (SUPPLIES, None, ""),
        (PRICES, None, ""),
        ("Kraken", None, ""),
        ("Coinbase", None, ""),
        ("Binance", None, "USDe, USD1, TUSD"),  # markets that are not there hide none of the others
    ]


async def test_what_is_paid_in_usdt_is_nothing_while_nobody_knows_what_usdt_is_worth(
    http: Http, clock: StoppedClock, market: MarketServer
) -> None:
    del market.bodies["/kraken/0/public/Ticker?pair=USDT"], market.bodies["/coinbase/products/USDT-USD/ticker"]

    told = await prices_of(http, clock, market).read()

    assert [quote.source for quote in told.readings["USDC"].exchanges] == ["Kraken"]
    assert "FDUSD" not in told.readings
    assert list(faults(told)) == ["Coinbase"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/kraken/0/public/Ticker?pair=USDC", kraken(0.93, spread=0.03)),
        ("/kraken/0/public/Ticker?pair=USDC", kraken(0.93, spread=-0.01)),
        ("/kraken/0/public/Ticker?pair=USDC", kraken(0.0)),
        ("/kraken/0/public/Ticker?pair=USDC", kraken(1e9)),
        ("/kraken/0/public/Ticker?pair=USDC", kraken(float("nan"))),
        ("/kraken/0/public/Ticker?pair=USDC", {"error": ["EService:Unavailable"]}),
        ("/kraken/0/public/Ticker?pair=USDC", b"<html>"),
        ("/kraken/0/public/Ticker?pair=USDC", b"[" * 20_000),
    ],
)
async def test_a_market_that_makes_no_price_has_none(
    http: Http, clock: StoppedClock, market: MarketServer, path: str, body: Any
) -> None:
    market.bodies[path] = body

    told = await prices_of(http, clock, market).read()

    assert [quote.source for quote in told.readings["USDC"].exchanges] == ["Binance"]
    assert {answer.name: answer.detail for answer in told.answers}["Kraken"] == "USDC"


async def test_a_market_that_has_stopped_has_a_price_of_that_time(
    http: Http, clock: StoppedClock, market: MarketServer
) -> None:
    market.bodies["/coinbase/products/USDT-USD/ticker"] = coinbase(1.0, at="2026-10-05T10:00:00Z")

    told = await prices_of(http, clock, market).read()

    assert [quote.at for quote in told.readings["USDT"].exchanges] == [NOW, NOW.replace(hour=10, minute=0)]


@pytest.mark.parametrize("broken", ["supplies", "prices", "kraken", "coinbase", "binance"])
async def test_a_source_that_fails_costs_its_own_answer_alone(
    http: Http, clock: StoppedClock, market: MarketServer, broken: str
) -> None:
    for path in [path for path in market.bodies if path.startswith(f"/{broken}/")]:
        market.bodies[path] = b"{"

    told = await prices_of(http, clock, market).read()

    assert len(faults(told)) == 1
    assert set(faults(told).values()) == {SourceFault.NOT_JSON}
    assert told.readings["USDT"].quotes


@pytest.mark.parametrize("off", ["supplies", "prices", "kraken", "coinbase", "binance"])
async def test_a_source_that_is_off_is_not_asked_and_is_no_fault(
    http: Http, clock: StoppedClock, market: MarketServer, off: str
) -> None:
    prices = prices_of(http, clock, market, off=frozenset({off}))
    told = await prices.read()

    assert market.count(f"/{off}/") == 0
    assert faults(told) == {}
    assert [answer.name for answer in told.answers] == list(prices.names)
    assert len(prices.names) == 4


async def test_the_list_is_asked_for_at_every_second_poll_and_stands_for_two_hours(
    http: Http, clock: StoppedClock, market: MarketServer
) -> None:
    prices = prices_of(http, clock, market)
    for minutes in (0, 5, 10, 15):
        clock.time = NOW + minutes * MINUTE
        assert (await prices.read()).readings["USDC"].supply
    assert (market.count("/supplies"), market.count("/prices")) == (2, 4)

    market.bodies["/supplies/stablecoins"] = b"{"
    clock.time = NOW + 129 * MINUTE
    assert (await prices.read()).readings["USDC"].supply
    clock.time = NOW + 140 * MINUTE
    told = await prices.read()
    assert told.readings["USDC"].supply is None
    assert faults(told) == {SUPPLIES: SourceFault.NOT_JSON}

    clock.time = NOW + 145 * MINUTE  # it is not asked now, and has not answered since
    assert faults(await prices.read()) == {SUPPLIES: SourceFault.NOT_JSON}


async def test_no_price_at_all_is_a_fault(http: Http, clock: StoppedClock, market: MarketServer) -> None:
    market.bodies["/prices/prices/current/"] = {"coins": {}}

    assert faults(await prices_of(http, clock, market).read()) == {PRICES: SourceFault.EMPTY}


async def test_a_large_coin_is_watched_on_when_it_gets_smaller(
    http: Http, clock: StoppedClock, market: MarketServer
) -> None:
    market.bodies["/supplies/stablecoins"] = {"peggedAssets": [coin("NEW", "new-dollar", 2e9), coin("DAI", "dai")]}
    market.bodies["/prices/prices/current/"] = {"coins": {"coingecko:new-dollar": price(0.6)}}
    prices = prices_of(http, clock, market)
    assert (await prices.read()).readings["NEW"].supply

    market.bodies["/supplies/stablecoins"] = {"peggedAssets": [coin("NEW", "new-dollar", 0.4e9), coin("DAI", "dai")]}
    clock.time = NOW + 10 * MINUTE
    assert (await prices.read()).readings["NEW"].index

    # Another one of that name has come: nobody knows which of the two is meant.
    market.bodies["/supplies/stablecoins"] = {"peggedAssets": [coin("NEW", "newer", 3e9), coin("DAI", "dai")]}
    clock.time = NOW + 20 * MINUTE
    assert "NEW" not in {asset for asset, reading in (await prices.read()).readings.items() if reading.index}


@pytest.mark.parametrize("filler", [b"1,", b"[],", b'{"symbol":"X"},'])
async def test_a_list_that_would_hold_everything_else_up_is_refused(
    http: Http, clock: StoppedClock, market: MarketServer, filler: bytes
) -> None:
    market.bodies["/supplies/stablecoins"] = b'{"peggedAssets":[' + filler * 400_000 + b"1]}"

    told = await prices_of(http, clock, market).read()

    assert faults(told) == {SUPPLIES: SourceFault.BAD_SHAPE}
    assert told.readings["USDC"].index
