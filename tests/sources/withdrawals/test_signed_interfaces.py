"""Signed interfaces over real HTTP, on exchanges that check who asks."""

import json
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from bot.domain.errors import SourceError, SourceFault
from bot.domain.exchange_key import ExchangeKey
from bot.domain.withdrawal_reading import SourceStanding, SystemState, WithdrawalState
from bot.replay.withdrawal_bodies.condition import ExchangeCondition
from bot.replay.withdrawal_bodies.signed_twins import SIGNED_TWINS
from bot.sources.http import Http
from bot.sources.withdrawals.key_check import KeyCheck
from bot.sources.withdrawals.keyed_source import KEY_PART
from bot.sources.withdrawals.signing.signature import signer
from bot.sources.withdrawals.source import ExchangeWithdrawalSource
from bot.sources.withdrawals.system_status.okx import OKX_SYSTEM_STATUS
from tests.clocks import HandMovedClock
from tests.sources.withdrawals.distortions import distortions
from tests.sources.withdrawals.exchanges_with_keys import (
    FLAGS,
    INTERFACES,
    KEY,
    Exchanges,
    at_local_server,
    exchanges_with_keys,
    keyed_source,
    said,
    status_at_local_server,
)

EXCHANGES = sorted(INTERFACES)
TELL_RIGHTS = ("binance", "bingx", "bybit", "okx")
ACTING = {"binance": ["enableWithdrawals"], "bingx": ["withdraw"], "bybit": ["Withdraw"], "okx": ["trade", "withdraw"]}
TWINS = {twin.exchange: twin for twin in SIGNED_TWINS}
WRONG_SECRET = ExchangeKey(KEY.key, "another-secret-of-40-letters", KEY.passphrase)
SECRET_PARTS = (KEY.key, KEY.secret, KEY.passphrase)


@pytest.fixture
async def exchanges() -> AsyncIterator[Exchanges]:
    async with exchanges_with_keys() as served:
        yield served


@pytest.fixture
async def client() -> AsyncIterator[Http]:
    async with Http(pause=timedelta(0)) as http:
        yield http


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_a_signed_request_is_accepted(exchange: str, client: Http, exchanges: Exchanges) -> None:
    reading = await keyed_source(exchange, client, exchanges).read()

    assert (reading.fault, reading.detail, reading.part_faults) == (None, "", ())
    assert reading.flags == FLAGS
    assert (reading.listed, reading.closed) == (6, 3)  # with a coin that nobody trades any more
    assert reading.standing is SourceStanding.KEY
    assert reading.exchange == exchange


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize(
    "key",
    [
        pytest.param(WRONG_SECRET, id="secret"),
        pytest.param(replace(KEY, key="another-key-of-40-letters"), id="key"),
    ],
)
async def test_a_wrong_key_is_not_accepted_and_not_told(
    exchange: str, key: ExchangeKey, client: Http, exchanges: Exchanges
) -> None:
    with capture_logs() as logs:
        reading = await keyed_source(exchange, client, exchanges, key=key).read()

    prefix = INTERFACES[exchange].setting.upper()
    assert reading.fault is SourceFault.KEY_NOT_ACCEPTED
    assert f"does not accept {prefix}_API_KEY (" in reading.detail
    assert f"{prefix}_API_SECRET" in reading.detail
    assert not any(part in f"{said(reading)} {logs}" for part in (key.key, key.secret, key.passphrase))


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("behind", [timedelta(minutes=2), timedelta(minutes=-2)])
async def test_a_request_of_another_time_is_not_accepted(
    exchange: str, behind: timedelta, client: Http, exchanges: Exchanges
) -> None:
    exchanges.own_clock.advance(-behind)
    reading = await keyed_source(exchange, client, exchanges).read()

    assert reading.fault is SourceFault.KEY_NOT_ACCEPTED
    assert "this machine's clock" in reading.detail


async def test_okx_wants_the_passphrase_as_well(client: Http, exchanges: Exchanges) -> None:
    reading = await keyed_source("okx", client, exchanges, key=ExchangeKey(KEY.key, KEY.secret, "another")).read()

    assert reading.fault is SourceFault.KEY_NOT_ACCEPTED
    assert "OKX_API_KEY, OKX_API_SECRET and OKX_API_PASSPHRASE" in reading.detail


@pytest.mark.parametrize("exchange", TELL_RIGHTS)
async def test_a_key_that_can_act_is_refused_and_not_used_again(exchange: str, client: Http) -> None:
    async with exchanges_with_keys(rights=ACTING) as exchanges:
        source = keyed_source(exchange, client, exchanges)
        with capture_logs() as logs:
            first = await source.read()
            exchanges.advance(timedelta(days=30))
            second = await source.read()

    prefix = INTERFACES[exchange].setting.upper()
    assert first.fault is second.fault is SourceFault.KEY_REFUSED
    assert first.detail == second.detail
    assert first.detail.startswith(f"{prefix}_API_KEY is not used, because it can do more than read (")
    assert ACTING[exchange][-1] in first.detail
    assert first.detail.endswith("and restart.")
    assert len(exchanges.requests) == 1
    assert [line["event"] for line in logs] == ["key of an exchange refused"]
    assert not any(part in f"{said(first)} {logs}" for part in SECRET_PARTS)


async def test_a_refused_key_leaves_the_keyless_source_to_go_on(client: Http) -> None:
    async with exchanges_with_keys(rights=ACTING) as exchanges:
        part = status_at_local_server(OKX_SYSTEM_STATUS, exchanges)
        keyless = ExchangeWithdrawalSource(client, exchanges.clock, None, parts=[part])
        reading = await keyed_source("okx", client, exchanges, keyless=keyless).read()

    assert (reading.fault, reading.flags, reading.system) == (None, (), SystemState.NORMAL)
    assert reading.part_faults == ((KEY_PART, SourceFault.KEY_REFUSED),)
    assert "OKX_API_KEY is not used" in reading.detail


async def test_rights_are_asked_for_once_a_day(client: Http, exchanges: Exchanges) -> None:
    source = keyed_source("binance", client, exchanges)
    for hours in (0, 1, 23, 1):
        exchanges.advance(timedelta(hours=hours))
        assert (await source.read()).fault is None

    rights, networks = "/binance/sapi/v1/account/apiRestrictions", "/binance/sapi/v1/capital/config/getall"
    assert exchanges.requests == [rights, networks, networks, rights, networks, networks]


async def test_a_key_that_was_not_accepted_pauses_for_an_hour(client: Http, exchanges: Exchanges) -> None:
    source = keyed_source("bybit", client, exchanges, key=WRONG_SECRET)
    first = await source.read()
    exchanges.advance(timedelta(minutes=59))
    second = await source.read()
    assert first.detail == second.detail
    assert len(exchanges.requests) == 1

    exchanges.advance(timedelta(minutes=1))
    await source.read()
    assert len(exchanges.requests) == 2


async def test_a_key_is_used_again_when_the_clock_is_right(client: Http, exchanges: Exchanges) -> None:
    source = keyed_source("okx", client, exchanges)
    exchanges.own_clock.advance(timedelta(minutes=-5))
    assert (await source.read()).fault is SourceFault.KEY_NOT_ACCEPTED

    exchanges.own_clock.advance(timedelta(minutes=5))
    exchanges.advance(timedelta(hours=1))
    assert (await source.read()).flags == FLAGS


@pytest.mark.parametrize("exchange", TELL_RIGHTS)
def test_distorted_rights_are_never_harmless(exchange: str) -> None:
    """A key that can withdraw is refused, or its rights cannot be read; it may not slip through as one that reads."""
    interface = INTERFACES[exchange]
    assert interface.rights
    word = {"bingx": b"5", "okx": b"withdraw", "bybit": b'"readOnly": 0', "binance": b'"enableWithdrawals": true'}
    body = TWINS[exchange].write_rights(ACTING[exchange])
    for distorted in distortions(body, 200, documented=(True,)):
        try:
            rights = interface.rights.parse(distorted)
        except (SourceError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        assert rights or word[exchange] not in distorted, distorted


@pytest.mark.parametrize("exchange", TELL_RIGHTS)
async def test_while_its_rights_cannot_be_read_a_key_waits(exchange: str, client: Http, exchanges: Exchanges) -> None:
    interface = at_local_server(INTERFACES[exchange], exchanges)
    assert interface.rights
    elsewhere = replace(interface, rights=replace(interface.rights, path="/nowhere"))
    check = KeyCheck(client, exchanges.own_clock, elsewhere, KEY)

    obstacle = await check.obstacle()

    assert obstacle
    assert obstacle.fault is SourceFault.SERVER_ERROR


async def test_rights_of_a_strange_shape_are_a_fault(client: Http, exchanges: Exchanges) -> None:
    interface = at_local_server(INTERFACES["binance"], exchanges)
    assert interface.rights
    strange = replace(interface, rights=replace(interface.rights, path="/sapi/v1/capital/config/getall"))
    check = KeyCheck(client, exchanges.own_clock, strange, KEY)

    obstacle = await check.obstacle()

    assert obstacle
    assert (obstacle.fault, obstacle.detail) == (
        SourceFault.BAD_SHAPE,
        "the rights of the key are not told as documented",
    )


async def test_an_exchange_that_is_away_is_a_fault_although_its_status_answers(
    client: Http, exchanges: Exchanges
) -> None:
    """Without networks, a normal system would stand for withdrawals that nobody tells."""
    part = status_at_local_server(OKX_SYSTEM_STATUS, exchanges)
    keyless = ExchangeWithdrawalSource(client, exchanges.own_clock, None, parts=[part])
    source = keyed_source("okx", client, exchanges, keyless=keyless)
    assert (await source.read()).fault is None
    exchanges.condition = None

    assert (await source.read()).fault is SourceFault.SERVER_ERROR


async def test_where_a_keyless_interface_tells_networks_it_goes_on(client: Http, exchanges: Exchanges) -> None:
    """Here Bybit's signed interface stands for one that needs no key."""
    keyless = keyed_source("bybit", client, exchanges)
    source = keyed_source("binance", client, exchanges, key=WRONG_SECRET, keyless=keyless)

    reading = await source.read()

    assert (reading.fault, reading.flags) == (None, FLAGS)
    assert reading.part_faults == ((KEY_PART, SourceFault.KEY_NOT_ACCEPTED),)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_distorted_list_opens_nothing_and_closes_nothing(exchange: str) -> None:
    """A network is told as it was, or not at all; a coin or network of another name is another one."""
    twin, parse = TWINS[exchange], INTERFACES[exchange].networks.parse
    body = twin.write(FLAGS)
    expected = {row[:2]: row.state for row in parse(json.dumps(body).encode())}
    for distorted in distortions(body, 200, documented=(True, "0")):
        try:
            rows = list(parse(distorted))
        except (SourceError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        for row in rows:
            assert row.state in {WithdrawalState.UNKNOWN, expected.get(row[:2], row.state)}, distorted


@pytest.mark.parametrize("exchange", EXCHANGES)
async def test_an_error_on_the_way_shows_nothing_of_the_key(exchange: str, client: Http) -> None:
    """A traceback names the request's host, and neither its address, which has the signature, nor its headers."""
    interface = INTERFACES[exchange]
    nowhere = replace(interface.networks, base="http://127.0.0.1:1")
    sign = signer(interface.scheme, interface.networks, KEY, HandMovedClock())

    with pytest.raises(SourceError) as error:
        await client.send(nowhere.request(), sign=sign)

    written = "".join(traceback.format_exception(error.value))
    assert "127.0.0.1" in written
    assert not any(part in written for part in (*SECRET_PARTS, "signature="))


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_the_addresses_are_those_of_the_twin(exchange: str) -> None:
    interface, twin = INTERFACES[exchange], TWINS[exchange]

    assert (interface.networks.path, interface.networks.method) == (twin.path, twin.method)
    assert interface.networks.setting == twin.setting
    assert (interface.rights.path if interface.rights else "") == twin.rights_path


def test_delays_are_told_by_binance_alone() -> None:
    delayed = [replace(flag, state=WithdrawalState.DELAYED) for flag in FLAGS]
    rows = list(INTERFACES["binance"].networks.parse(json.dumps(TWINS["binance"].write(delayed)).encode()))

    assert {row.state for row in rows[: len(FLAGS)]} == {WithdrawalState.DELAYED}


def test_an_unknown_condition_is_listed_by_none() -> None:
    unknown = ExchangeCondition([replace(flag, state=WithdrawalState.UNKNOWN) for flag in FLAGS])

    for exchange, twin in TWINS.items():
        rows = list(INTERFACES[exchange].networks.parse(json.dumps(twin.write(unknown.flags)).encode()))
        assert [row.asset for row in rows] == ["DGF13"]
