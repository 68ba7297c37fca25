"""All sources together, on one local server that stands in for every exchange."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.config.exchange_addresses import ExchangeAddresses
from bot.domain.errors import SourceFault
from bot.domain.exchange_key import ExchangeKey
from bot.domain.withdrawal_reading import (
    Maintenance,
    SourceStanding,
    SystemState,
    WithdrawalFlag,
    WithdrawalReading,
    WithdrawalState,
)
from bot.http_server import WebServer
from bot.replay.status_routes import IssuedKey, signed_routes, status_routes, status_settings
from bot.replay.withdrawal_bodies.condition import ExchangeCondition
from bot.replay.withdrawal_server import withdrawal_routes, withdrawal_settings
from bot.sources.http import Http
from bot.sources.proofs.registry import PROOF_ADAPTERS
from bot.sources.withdrawals.all_sources import STATUS_PARTS, WithdrawalSettings, all_withdrawal_sources
from bot.sources.withdrawals.registry import ADAPTERS
from bot.sources.withdrawals.signed.all_exchanges import SIGNED_INTERFACES
from tests.clocks import HandMovedClock
from tests.sources.withdrawals.exchanges_with_keys import FLAGS, KEY

MAINTENANCE = Maintenance("Upgrade", datetime(2026, 10, 6, 9, 0, tzinfo=UTC), datetime(2026, 10, 6, 10, 0, tzinfo=UTC))
KEYS = {interface.setting: KEY for interface in SIGNED_INTERFACES}
IDS = {interface.networks.exchange for interface in SIGNED_INTERFACES}
OPEN, CLOSED = WithdrawalState.OPEN, WithdrawalState.CLOSED


@asynccontextmanager
async def served(
    condition: ExchangeCondition, *, rights: Mapping[str, Sequence[str]] | None = None
) -> AsyncIterator[Mapping[str, str]]:
    """Serve every exchange in one condition, and yield the settings that lead there."""
    clock = HandMovedClock()
    issued = {exchange: IssuedKey(KEY, (rights or {}).get(exchange, ())) for exchange in IDS}
    routes = [
        *withdrawal_routes(lambda _: condition.flags),
        *status_routes(lambda _: condition),
        *signed_routes(lambda _: condition, issued, clock),
    ]
    async with WebServer(routes, "127.0.0.1", 0, explain=lambda address, reason: f"{address}: {reason}") as server:
        host, port = server.address
        url = f"http://{host}:{port}"
        yield {**withdrawal_settings(url), **status_settings(url)}


async def readings(
    addresses: Mapping[str, str], keys: Mapping[str, ExchangeKey], exchanges: Sequence[str] = ()
) -> Mapping[str, WithdrawalReading]:
    settings = WithdrawalSettings(addresses, keys, exchanges=exchanges)
    async with Http(pause=timedelta(0)) as http:
        sources = all_withdrawal_sources(http, HandMovedClock(), settings)
        assert [source.exchange for source in sources] == sorted(source.exchange for source in sources)
        return {source.exchange: await source.read() for source in sources}


async def test_every_exchange_is_read_with_and_without_keys() -> None:
    async with served(ExchangeCondition(FLAGS)) as addresses:
        keyless = await readings(addresses, {})
        keyed = await readings(addresses, KEYS)

    assert {name for name, reading in keyless.items() if reading.fault or reading.part_faults} == set()
    assert {name for name, reading in keyed.items() if reading.fault or reading.part_faults} == set()
    assert {name for name, reading in keyless.items() if not reading.flags} == {"okx", "bybit", "deribit"}
    assert keyed.keys() - keyless.keys() == {"mexc", "bingx", "crypto-com"}
    assert {name for name, reading in keyed.items() if reading.standing is SourceStanding.KEY} == IDS
    assert all(keyed[name].flags == FLAGS for name in IDS)


async def test_an_exchange_without_flags_has_its_system() -> None:
    async with served(ExchangeCondition(FLAGS, SystemState.MAINTENANCE, (MAINTENANCE,))) as addresses:
        reading = (await readings(addresses, {}, ["okx"]))["okx"]

    assert (reading.fault, reading.flags, reading.listed, reading.closed) == (None, (), 0, 0)
    assert reading.system is SystemState.MAINTENANCE
    assert MAINTENANCE in reading.maintenance


@pytest.mark.parametrize("exchange", ["okx", "kraken"])
async def test_a_system_status_that_cannot_be_read_is_unknown(exchange: str) -> None:
    """No route leads there: a system that was asked for and did not answer is not one that nobody asked for."""
    async with served(ExchangeCondition(FLAGS)) as addresses:
        elsewhere = {**addresses, f"{exchange}_url": addresses["mexc_url"]}
        reading = (await readings(elsewhere, {}, [exchange]))[exchange]

    assert reading.system is SystemState.UNKNOWN
    assert ("system status", SourceFault.SERVER_ERROR) in reading.part_faults


def test_what_is_read_in_one_go_is_small() -> None:
    """4 ms for the largest page that there is; three times as much is the most that is taken."""
    assert all(part.limits.plain_bytes <= 1 << 20 for part in STATUS_PARTS)


async def test_kraken_tells_networks_which_a_closed_asset_closes() -> None:
    """Its interface tells USDT as a whole, open as one of the networks is; its page tells each of them."""
    flags = (*FLAGS, WithdrawalFlag("TRX", "TRON", CLOSED))
    async with served(ExchangeCondition(flags, maintenance=(MAINTENANCE,))) as addresses:
        reading = (await readings(addresses, {}, ["kraken"]))["kraken"]

    assert reading.flags == flags
    assert reading.system is SystemState.NORMAL


async def test_work_that_two_interfaces_announce_is_told_once() -> None:
    async with served(ExchangeCondition(FLAGS, maintenance=(MAINTENANCE,))) as addresses:
        both = await readings(addresses, {}, ["kraken", "coinbase"])

    assert both["kraken"].maintenance == (MAINTENANCE,)
    assert both["coinbase"].maintenance == (MAINTENANCE,)


async def test_a_refused_key_of_binance_leaves_its_web_page() -> None:
    async with served(ExchangeCondition(FLAGS), rights={"binance": ["enableSpotAndMarginTrading"]}) as addresses:
        reading = (await readings(addresses, KEYS, ["binance"]))["binance"]

    assert (reading.fault, reading.flags) == (None, FLAGS)
    assert reading.standing is SourceStanding.UNDOCUMENTED
    assert reading.part_faults == (("read-only key", SourceFault.KEY_REFUSED),)
    assert (
        "BINANCE_API_KEY is not used, because it can do more than read (enableSpotAndMarginTrading)" in reading.detail
    )


async def test_a_refused_key_of_an_exchange_with_nothing_else_is_its_fault() -> None:
    async with served(ExchangeCondition(FLAGS), rights={"bingx": ["withdraw"]}) as addresses:
        reading = (await readings(addresses, KEYS, ["bingx"]))["bingx"]

    assert (reading.fault, reading.flags) == (SourceFault.KEY_REFUSED, ())


async def test_only_exchanges_that_are_watched_are_asked() -> None:
    assert set(await readings(dict.fromkeys(ExchangeAddresses.model_fields, "http://127.0.0.1:1"), KEYS, ["mexc"])) == {
        "mexc"
    }


async def test_an_interface_that_is_off_needs_no_key() -> None:
    settings = WithdrawalSettings({"mexc_url": None, "okx_url": None}, KEYS, exchanges=["mexc", "okx"])
    async with Http() as http:
        assert all_withdrawal_sources(http, HandMovedClock(), settings) == ()


@pytest.mark.parametrize("interface", [*STATUS_PARTS, *(signed.networks for signed in SIGNED_INTERFACES)])
def test_every_address_is_a_setting_with_the_same_default(interface: object) -> None:
    adapter = next(known for known in (*STATUS_PARTS, *(i.networks for i in SIGNED_INTERFACES)) if known is interface)

    assert ExchangeAddresses.model_fields[adapter.setting].default == adapter.base


def test_one_exchange_has_one_name() -> None:
    interfaces = [*ADAPTERS, *STATUS_PARTS, *(signed.networks for signed in SIGNED_INTERFACES)]
    names = {(interface.exchange, interface.name) for interface in interfaces}

    assert len(names) == len({exchange for exchange, _ in names})


def test_rights_are_asked_where_the_networks_are() -> None:
    for interface in SIGNED_INTERFACES:
        if interface.rights:
            shared = replace(interface.rights, path=interface.networks.path)
            assert (shared.exchange, shared.setting, shared.base) == (
                interface.networks.exchange,
                interface.networks.setting,
                interface.networks.base,
            )


def test_every_address_that_can_be_set_is_one_that_a_source_asks() -> None:
    signed = [interface.networks for interface in SIGNED_INTERFACES]
    asked = {interface.setting for interface in (*ADAPTERS, *STATUS_PARTS, *signed)}
    assert asked | {adapter.setting for adapter in PROOF_ADAPTERS} == set(ExchangeAddresses.model_fields)
