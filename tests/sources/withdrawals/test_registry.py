"""Which exchanges are asked, and where."""

from datetime import timedelta

import pytest

from bot.config.exchange_addresses import ExchangeAddresses
from bot.domain.exchange import exchange_id
from bot.sources.http import Http
from bot.sources.withdrawals.adapter import StatusAdapter, StatusContent
from bot.sources.withdrawals.gate import GATE
from bot.sources.withdrawals.registry import ADAPTERS, withdrawal_sources
from tests.sources.conftest import StoppedClock

MINUTE = timedelta(minutes=1)
STATUS = StatusAdapter(
    exchange="okx",
    name="OKX",
    setting="okx_url",
    base="https://www.okx.com",
    path="/api/v5/system/status",
    part="system status",
    parse=lambda _body: StatusContent(),
)
LISTED = {
    *("binance", "bitfinex", "bitget", "bithumb", "bitmart", "bitstamp", "bitvavo", "cex.io", "coinbase", "coinex"),
    *("coinone", "digifinex", "gate", "hashkey-global", "hitbtc", "htx", "kraken", "kucoin", "lbank", "poloniex"),
    *("upbit", "whitebit", "woo-x"),
}
"""As `exchange_id` makes them of DefiLlama's slugs, or of names where there is no slug."""


def test_every_exchange_with_an_adapter_has_a_source(http: Http, clock: StoppedClock) -> None:
    sources = withdrawal_sources(http, clock, addresses={}, interval=MINUTE)
    assert [source.exchange for source in sources] == sorted(LISTED)
    assert {source.interval for source in sources} == {MINUTE}


def test_ids_are_those_that_exchanges_are_known_by() -> None:
    assert {exchange_id(adapter.exchange) for adapter in ADAPTERS} == LISTED


def test_only_the_exchanges_that_are_watched_are_asked(http: Http, clock: StoppedClock) -> None:
    sources = withdrawal_sources(http, clock, addresses={}, interval=MINUTE, exchanges=("gate", "okx"))
    assert [source.name for source in sources] == ["Gate"]


def test_an_interface_that_is_off_is_not_asked(http: Http, clock: StoppedClock) -> None:
    sources = withdrawal_sources(http, clock, addresses={"binance_web_url": None}, interval=MINUTE)
    assert [source.exchange for source in sources] == sorted(LISTED - {"binance"})


def test_an_exchange_may_have_nothing_but_a_status(http: Http, clock: StoppedClock) -> None:
    sources = withdrawal_sources(http, clock, addresses={}, interval=MINUTE, parts=[STATUS])
    assert sorted(LISTED | {"okx"}) == [source.exchange for source in sources]


def test_of_two_adapters_of_an_exchange_the_first_is_asked(http: Http, clock: StoppedClock) -> None:
    signed = type(GATE)(exchange="gate", name="Gate, signed", setting="x", base="http://h", path="/", parse=GATE.parse)
    sources = withdrawal_sources(http, clock, addresses={}, interval=MINUTE, adapters=(signed, *ADAPTERS))
    assert [source.name for source in sources if source.exchange == "gate"] == ["Gate, signed"]


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.exchange)
def test_the_setting_of_an_adapter_has_the_same_default(adapter: StatusAdapter) -> None:
    assert ExchangeAddresses.model_fields[adapter.setting].default == adapter.base
