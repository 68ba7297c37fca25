"""The real client asks every exchange's real path, with its method and query, and reads what its twin writes."""

import json
from datetime import timedelta

import pytest

from bot.domain.withdrawal_reading import ALL_NETWORKS, SourceStanding, WithdrawalFlag
from bot.replay.withdrawal_bodies.twins import TWINS
from bot.replay.withdrawal_server import WithdrawalServer
from bot.sources.http import Http
from bot.sources.withdrawals.adapter import WithdrawalAdapter
from bot.sources.withdrawals.registry import ADAPTERS, withdrawal_sources
from tests.sources.conftest import NOW, StoppedClock
from tests.sources.withdrawals.bodies import (
    BY_EXCHANGE,
    CLOSED,
    DELAYED,
    FLAGS,
    OPEN,
    TWIN_BY_EXCHANGE,
    UNKNOWN,
    collected,
)

WHOLE_ASSETS = {"bitvavo", "cex.io", "coinone", "kraken"}
TELL_DELAYS = {"binance", "bitget", "gate", "upbit"}
UNDOCUMENTED = {"binance", "upbit"}


def expected_flags(exchange: str) -> tuple[WithdrawalFlag, ...]:
    """Return what an exchange can tell of `FLAGS`: some know no networks, most no delays."""
    if exchange in WHOLE_ASSETS:
        closed = {"ETH", "TRX"}
        assets = dict.fromkeys(flag.asset for flag in FLAGS)
        return tuple(WithdrawalFlag(asset, ALL_NETWORKS, CLOSED if asset in closed else OPEN) for asset in assets)
    return tuple(
        WithdrawalFlag(flag.asset, flag.network, OPEN)
        if flag.state is DELAYED and exchange not in TELL_DELAYS
        else flag
        for flag in FLAGS
    )


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.exchange)
async def test_an_exchange_is_asked_as_it_wants_to_be_and_understood(
    http: Http, clock: StoppedClock, exchanges: WithdrawalServer, adapter: WithdrawalAdapter
) -> None:
    (source,) = withdrawal_sources(
        http, clock, addresses=exchanges.settings, interval=timedelta(minutes=5), exchanges=[adapter.exchange]
    )
    reading = await source.read()
    assert (reading.fault, reading.detail) == (None, "")
    assert reading.flags == expected_flags(adapter.exchange)
    # Beside the flags each twin lists one dead coin that counts; those that are delisted do not.
    closed = sum(flag.state is CLOSED for flag in reading.flags)
    assert (reading.listed, reading.closed) == (len(reading.flags) + 1, closed + 1)
    assert (reading.exchange, reading.source, reading.as_of) == (adapter.exchange, adapter.name, NOW)
    assert reading.standing is (
        SourceStanding.UNDOCUMENTED if adapter.exchange in UNDOCUMENTED else SourceStanding.DOCUMENTED
    )


def test_every_adapter_has_a_twin_that_is_asked_alike() -> None:
    asked = [
        (each.exchange, each.setting, each.method, each.path, dict(each.query), each.content or b"")
        for each in ADAPTERS
    ]
    served = [(each.exchange, each.setting, each.method, each.path, dict(each.query), each.content) for each in TWINS]
    assert sorted(map(str, asked)) == sorted(map(str, served))
    assert len({each.setting for each in TWINS}) == len(TWINS) == len(TWIN_BY_EXCHANGE)


@pytest.mark.parametrize("exchange", TWIN_BY_EXCHANGE)
async def test_what_is_unknown_is_not_listed(exchange: str) -> None:
    unknown = WithdrawalFlag("BTC", "BITCOIN", UNKNOWN)
    written = json.dumps(TWIN_BY_EXCHANGE[exchange].write([unknown, *FLAGS[1:]])).encode()
    flags = (await collected(BY_EXCHANGE[exchange], written)).flags()
    assert flags == expected_flags(exchange)[1:]
