"""System status: each parser on the exchange's own format, and on what it may send instead."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import Maintenance, SystemState
from bot.replay.withdrawal_bodies.condition import ExchangeCondition
from bot.replay.withdrawal_bodies.system_status import SYSTEM_STATUS_TWINS
from bot.sources.withdrawals.adapter import StatusContent
from bot.sources.withdrawals.system_status.all_exchanges import SYSTEM_STATUS_ADAPTERS
from tests.sources.withdrawals.distortions import distortions

ADAPTERS = {adapter.exchange: adapter for adapter in SYSTEM_STATUS_ADAPTERS}
TWINS = {twin.exchange: twin for twin in SYSTEM_STATUS_TWINS}
EXCHANGES = sorted(ADAPTERS)
MAINTENANCE = Maintenance(
    "Engine upgrade",
    begins_at=datetime(2026, 5, 11, 9, 0, tzinfo=UTC),
    ends_at=datetime(2026, 5, 11, 10, 0, tzinfo=UTC),
    is_under_way=True,
)
# What each exchange has a word for; of any other state it says nothing that is documented.
STATES: Mapping[str, set[SystemState]] = {
    "binance": {SystemState.MAINTENANCE},
    "bitfinex": {SystemState.MAINTENANCE},
    "bybit": {SystemState.MAINTENANCE},
    "deribit": {SystemState.MAINTENANCE, SystemState.HALTED},
    "digifinex": set(),
    "htx": {SystemState.HALTED, SystemState.CANCEL_ONLY},
    "kraken": {SystemState.MAINTENANCE, SystemState.CANCEL_ONLY, SystemState.HALTED},
    "kucoin": {SystemState.HALTED, SystemState.CANCEL_ONLY},
    "okx": {SystemState.MAINTENANCE},
    "woo-x": {SystemState.MAINTENANCE},
}


def parsed(exchange: str, body: object) -> StatusContent:
    return ADAPTERS[exchange].parse(json.dumps(body).encode())


def test_every_exchange_that_has_one_is_read() -> None:
    """https://docs.ccxt.com/?id=exchange-status-structure names the exchanges with a keyless system status."""
    assert set(EXCHANGES) == set(TWINS) == set(STATES)


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_the_address_is_the_one_of_the_twin(exchange: str) -> None:
    adapter, twin = ADAPTERS[exchange], TWINS[exchange]

    assert (adapter.setting, adapter.path, adapter.query, adapter.method) == (twin.setting, twin.path, {}, "GET")


@pytest.mark.parametrize("exchange", EXCHANGES)
@pytest.mark.parametrize("state", [*SystemState])
def test_each_state_is_read_and_what_has_no_word_is_unknown(exchange: str, state: SystemState) -> None:
    condition = ExchangeCondition(system=state, maintenance=() if state is SystemState.NORMAL else (MAINTENANCE,))
    expected = state if state in STATES[exchange] | {SystemState.NORMAL} else SystemState.UNKNOWN

    assert parsed(exchange, TWINS[exchange].write(condition)).system is expected


@pytest.mark.parametrize("exchange", ["okx", "bybit"])
def test_work_under_way_has_its_times(exchange: str) -> None:
    condition = ExchangeCondition(system=SystemState.MAINTENANCE, maintenance=(MAINTENANCE,))

    assert parsed(exchange, TWINS[exchange].write(condition)).maintenance == (MAINTENANCE,)


@pytest.mark.parametrize("exchange", ["okx", "bybit", "kraken"])
def test_announced_work_leaves_the_system_normal(exchange: str) -> None:
    announced = replace(MAINTENANCE, is_under_way=False)

    assert parsed(exchange, TWINS[exchange].write(ExchangeCondition(maintenance=(announced,)))) == StatusContent(
        SystemState.NORMAL, (announced,)
    )


def test_htx_says_until_when_it_is_halted() -> None:
    content = parsed(
        "htx", TWINS["htx"].write(ExchangeCondition(system=SystemState.HALTED, maintenance=(MAINTENANCE,)))
    )

    assert content == StatusContent(SystemState.HALTED, (replace(MAINTENANCE, title="Scheduled maintenance"),))


def test_htx_halted_for_no_reason_that_it_tells_announces_nothing() -> None:
    assert parsed("htx", {"code": 200, "data": {"marketStatus": 2}}) == StatusContent(SystemState.HALTED)


def test_woo_says_when_a_maintenance_ends() -> None:
    content = parsed(
        "woo-x", TWINS["woo-x"].write(ExchangeCondition(system=SystemState.MAINTENANCE, maintenance=(MAINTENANCE,)))
    )

    assert content.maintenance == (replace(MAINTENANCE, begins_at=None),)


def test_woo_in_order_announces_nothing_although_it_names_a_time() -> None:
    """The documentation's own answer has the end of an earlier maintenance in it."""
    assert parsed("woo-x", TWINS["woo-x"].write(ExchangeCondition())) == StatusContent(SystemState.NORMAL)


# From the docstrings of ccxt 4.5.90, which are past answers of the exchanges.
OKX_SCHEDULED = {
    "code": "0",
    "msg": "",
    "data": [
        {
            "begin": "1621328400000",
            "end": "1621329000000",
            "href": "https://www.okx.com/support/hc/en-us/articles/360060882172",
            "scheDesc": "",
            "serviceType": "1",
            "state": "scheduled",
            "system": "classic",
            "title": "Classic Spot System Upgrade",
        }
    ],
}
BYBIT_COMPLETED = {
    "retCode": 0,
    "retMsg": "OK",
    "result": {
        "list": [
            {
                "id": "f9d6842d-5331-11f0-8fd3-c241b123dd9e",
                "title": "t01",
                "state": "completed",
                "begin": "1751012688000",
                "end": "1751012760000",
                "href": "",
                "serviceTypes": [1, 2, 3, 4, 5],
                "product": [1, 2, 3, 4],
                "uidSuffix": [],
                "maintainType": 3,
                "env": 2,
            }
        ]
    },
    "retExtInfo": {},
    "time": 1751858399649,
}


def test_an_answer_of_okx() -> None:
    entry = Maintenance(
        "Classic Spot System Upgrade",
        begins_at=datetime(2021, 5, 18, 9, 0, tzinfo=UTC),
        ends_at=datetime(2021, 5, 18, 9, 10, tzinfo=UTC),
    )

    assert parsed("okx", OKX_SCHEDULED) == StatusContent(SystemState.NORMAL, (entry,))


def test_an_answer_of_bybit() -> None:
    assert parsed("bybit", BYBIT_COMPLETED) == StatusContent(SystemState.NORMAL)


def test_nothing_announced_is_normal() -> None:
    assert parsed("okx", {"code": "0", "msg": "", "data": []}) == StatusContent(SystemState.NORMAL)


@pytest.mark.parametrize(
    ("service", "state"),
    [("5", SystemState.MAINTENANCE), ("7", SystemState.NORMAL), ("", SystemState.MAINTENANCE)],
)
def test_work_on_a_service_beside_okx_stops_nothing_else_and_excuses_nothing(service: str, state: SystemState) -> None:
    """7 is the trading bots; a type that is not documented may be everything."""
    content = parsed("okx", {"code": "0", "data": [{"state": "ongoing", "title": "Work", "serviceType": service}]})

    work = (Maintenance("Work", is_under_way=True),) if state is SystemState.MAINTENANCE else ()
    assert content == StatusContent(state, work)


@pytest.mark.parametrize(
    ("exchange", "body"),
    [
        ("okx", {"code": "0", "data": [{"state": "ongoing", "env": "2"}]}),
        ("bybit", {"retCode": 0, "result": {"list": [{"state": "ongoing", "env": 2}]}}),
    ],
)
def test_work_on_the_demonstration_is_left_out(exchange: str, body: object) -> None:
    assert parsed(exchange, body) == StatusContent(SystemState.NORMAL)


@pytest.mark.parametrize(
    ("exchange", "body"),
    [
        ("okx", {"code": "50011", "msg": "Too Many Requests", "data": []}),
        ("bybit", {"retCode": 10006, "retMsg": "Too many visits!", "result": {"list": []}}),
        ("kraken", {"error": ["EGeneral:Temporary lockout"]}),
        ("kraken", {"error": []}),
        ("kucoin", {"code": "429000", "data": {"status": "open"}}),
        ("htx", {"code": 500, "data": {"marketStatus": 1}}),
        ("woo-x", {"success": False, "data": {"status": 0}}),
        ("woo-x", {"success": True}),
    ],
)
def test_an_error_is_no_normal_system(exchange: str, body: object) -> None:
    with pytest.raises(SourceError) as error:
        parsed(exchange, body)
    assert error.value.fault is SourceFault.BAD_SHAPE


@pytest.mark.parametrize(("locked", "state"), [(True, SystemState.HALTED), (False, SystemState.NORMAL)])
def test_older_answers_of_deribit_have_booleans(locked: bool, state: SystemState) -> None:  # noqa: FBT001
    assert parsed("deribit", {"result": {"locked": locked}}).system is state


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_distorted_answer_is_a_fault_or_a_state_and_nothing_else(exchange: str) -> None:
    body = TWINS[exchange].write(ExchangeCondition(system=SystemState.MAINTENANCE, maintenance=(MAINTENANCE,)))
    for distorted in distortions(body, 100):
        try:
            content = ADAPTERS[exchange].parse(distorted)
        except (SourceError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        assert isinstance(content.system, SystemState)
        assert all(len(entry.title) <= 120 and entry.title.isprintable() for entry in content.maintenance)


ONE_VALUE: Mapping[str, Any] = {
    "binance": lambda value: {"status": value, "msg": "normal"},
    "bitfinex": lambda value: [value],
    "deribit": lambda value: {"result": {"locked": value}},
    "digifinex": lambda value: {"code": value, "msg": "pong"},
    "htx": lambda value: {"code": 200, "data": {"marketStatus": value}},
    "kraken": lambda value: {"error": [], "result": {"status": value}},
    "kucoin": lambda value: {"code": "200000", "data": {"status": value}},
    "woo-x": lambda value: {"success": True, "data": {"status": value}},
}


@pytest.mark.parametrize("exchange", sorted(ONE_VALUE))
@pytest.mark.parametrize("value", [None, "normal", "OPEN", "ok", "online ", "", 99, -1, 0.5, [], {}, [1], "1", "0"])
def test_a_value_that_is_not_documented_is_never_normal(exchange: str, value: object) -> None:
    try:
        state = parsed(exchange, ONE_VALUE[exchange](value)).system
    except (SourceError, msgspec.DecodeError):
        return
    assert state is SystemState.UNKNOWN
