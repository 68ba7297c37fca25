"""Incidents that the layout before has stored are read on, under their new field names."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from structlog.testing import capture_logs

from bot.domain.errors import StoreOutdated
from bot.domain.flow import Hold, HoldReason, Window
from bot.domain.incident import Event, Incident, IncidentState, StepReason
from bot.domain.severity import Severity
from bot.domain.signal import CLOSED_WITHDRAWALS, Reason, Size, SourceFigure, Unit
from bot.storage.incident_fields import rename_incident_fields, renamed
from bot.storage.keys import CURRENT_INCIDENTS
from bot.storage.lua import script
from bot.storage.schema import KEY, VERSION, bring_up_to_date
from bot.storage.store import Store, open_store
from tests import builders
from tests.servers import Server
from tests.storage.conftest import StillClock
from tests.storage.layout_3 import MARKET_WIDE, OPEN, PENDING
from tests.storage.layout_4 import OPEN as OPEN_IN_LAYOUT_4

NOON = datetime(2022, 12, 13, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
TRON = Hold(HoldReason.CHAIN_MISSING, "Tron, 14.0 % of reserves")


def read(body: str) -> Incident:
    return msgspec.json.decode(renamed(body.encode()), type=Incident)


async def keep(store: Store) -> None:
    await store.database.command("HSET", "{ob}:current", "binance/outflow/normal", OPEN, "okx/outflow/early", PENDING)
    await store.database.command("HSET", "{ob}:incidents", 7, OPEN, 9, MARKET_WIDE)


async def test_incidents_of_the_layout_before_are_read_on(store: Store) -> None:
    await keep(store)

    for _ in range(2):  # harmless when it happens again
        await store.database.command("SET", KEY, 3)
        await bring_up_to_date(store.database)

    assert await store.incidents.open() == [read(OPEN)]
    assert await store.incidents.current("okx", "outflow") is None
    assert [await store.incidents.by_number(number) for number in (7, 9)] == [read(OPEN), read(MARKET_WIDE)]


@pytest.mark.parametrize(
    "damaged",
    [
        OPEN[:200],
        "\xff",
        "5",
        "null",
        "",
        OPEN.replace('"measure"', '"measured"'),
        OPEN.replace('"events":[', '"events":5,"e":['),
    ],
    ids=["cut off", "no JSON", "a number", "null", "empty", "another shape", "no list"],
)
async def test_a_damaged_incident_is_said_and_stops_nothing(store: Store, damaged: str) -> None:
    await store.database.command("HSET", "{ob}:incidents", 7, OPEN, 8, damaged)
    await store.database.command("SET", KEY, 3)

    with capture_logs() as logs:
        await bring_up_to_date(store.database)

    said = [log for log in logs if log["event"] == "stored incident cannot be read"]
    assert [log["field"] for log in said] == (["8"] if damaged else [])
    assert await store.incidents.by_number(7) == read(OPEN)
    assert await store.database.command("HGET", "{ob}:incidents", 8) == damaged.encode()
    assert int(await store.database.command("GET", KEY)) == VERSION


async def test_who_may_not_migrate_leaves_older_data_alone(server: Server, store: Store) -> None:
    """A question from the shell must not move the data of a service of the version before that still runs."""
    await keep(store)
    await store.database.command("SET", KEY, 3)

    with pytest.raises(StoreOutdated, match="start the service with this version first"):
        await open_store(server.url, clock=StillClock(), may_migrate=False)

    assert await store.database.command("HGET", "{ob}:incidents", 7) == OPEN.encode()
    await bring_up_to_date(store.database)


async def test_what_another_worker_has_changed_meanwhile_is_left_alone(store: Store) -> None:
    """Two workers start at once: one has moved everything and judges already while the other is still moving."""
    await keep(store)
    await rename_incident_fields(store.database)
    worse = replace(read(OPEN), steps=4)
    await store.incidents.commit("binance", "outflow", worse, [])

    await rename_incident_fields(store.database)
    (late,) = await store.database.scripts(
        script("replace_field"), CURRENT_INCIDENTS.key(), [("binance/outflow/normal", OPEN, renamed(OPEN.encode()))]
    )

    assert late == 0
    assert await store.incidents.current("binance", "outflow") == worse


def test_every_field_of_an_open_incident_finds_its_new_name() -> None:
    incident = read(OPEN)

    assert (incident.subject, incident.number, incident.state) == ("binance", 7, IncidentState.OPEN)
    assert (incident.announced, incident.announced_at) == (incident.signal, NOON + 2 * HOUR)
    assert incident.worst == Size(-0.045, Unit.RESERVES, -2884500000.0)
    assert (incident.rests_on, incident.held) == (("24h", "7d"), True)
    assert (incident.covered_by, incident.quiet) == (9, True)
    assert incident.events == (
        Event(NOON, StepReason.OPENED, Severity.CRITICAL, Size(-0.04, Unit.RESERVES, -2564000000.0)),
        Event(NOON + 2 * HOUR, StepReason.HELD, Severity.CRITICAL, None, (TRON,)),
    )


def test_every_field_of_its_signals_finds_its_new_name() -> None:
    incident = read(OPEN)
    newest, raised_by = incident.signal, incident.raised_by

    assert (newest.subject, newest.withdrawals, newest.holds) == ("binance", None, (TRON,))
    assert newest.jumps == ()  # round trips were stored otherwise; the next reading tells them anew
    assert raised_by
    assert raised_by.source_figures == (SourceFigure(Window.DAY, -2.5e9, "defillama"),)
    assert raised_by.withdrawals is None  # which were closed was stored otherwise; the next signal tells them anew
    assert raised_by.reasons[-1] == Reason(Window.DAY, CLOSED_WITHDRAWALS, 2.0, 2.0)
    assert raised_by.size == Size(-0.04, Unit.RESERVES, -2564000000.0)


def test_which_withdrawals_were_closed_in_layout_4_is_left_out_and_all_else_is_read() -> None:
    """Nobody watched withdrawals live then, so that every stored incident has null; a list would not harm either."""
    old = OPEN_IN_LAYOUT_4.replace('"closed_withdrawals":null', '"closed_withdrawals":[["BTC","2022-12-13T11:00:00Z"]]')
    assert old != OPEN_IN_LAYOUT_4

    incident = read(old)

    assert incident == read(OPEN_IN_LAYOUT_4)
    assert incident.signal.withdrawals is None


def test_how_the_majors_could_be_withdrawn_is_stored_and_read() -> None:
    blocked = replace(
        builders.signal(),
        withdrawals=builders.majors("BTC", "ETH", network_event="TRON", in_maintenance=True),
        blocks_easing=Reason(None, CLOSED_WITHDRAWALS, 2.0, 2.0),
        severity_while_blocked=Severity.SEVERE,
    )

    stored = msgspec.json.encode(builders.incident(seen=blocked))

    assert msgspec.json.decode(stored, type=Incident).signal == blocked


def test_a_market_wide_incident_keeps_its_members() -> None:
    assert [member.exchange for member in read(MARKET_WIDE).signal.members] == ["a", "b", "c"]


def test_what_was_never_told_has_no_worst() -> None:
    pending = read(PENDING)

    assert (pending.state, pending.worst, pending.raised_by) == (IncidentState.PENDING, None, None)


@pytest.mark.parametrize("body", [OPEN, MARKET_WIDE, PENDING])
def test_moving_an_incident_twice_changes_nothing_more(body: str) -> None:
    once = renamed(body.encode())

    assert renamed(once) == once


@pytest.mark.parametrize("body", [OPEN, MARKET_WIDE, PENDING])
def test_no_name_of_the_layout_before_is_left(body: str) -> None:
    incident = msgspec.json.decode(renamed(body.encode()))

    assert incident.keys() <= msgspec.json.decode(msgspec.json.encode(read(body))).keys()


def test_an_incident_of_layout_4_is_read_as_it_is() -> None:
    incident = msgspec.json.decode(OPEN_IN_LAYOUT_4, type=Incident)

    assert (incident.label, incident.severity, incident.signal.leading) == ("INC-42", Severity.SEVERE, "24h")
    assert incident.signal.holds == (TRON,)
    day = incident.signal.flow(Window.DAY)
    assert day
    assert (day.low, day.high, incident.signal.jumps) == (day.share, day.share, ())
