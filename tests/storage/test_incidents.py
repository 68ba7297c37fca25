import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.flow import AssetFlow, Baseline, Flow, Hold, HoldReason, Window
from bot.domain.incident import Event, Incident, IncidentState, StepReason
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.domain.signal import Reason, Rule, Signal, Size, Unit
from bot.messages.model import Message
from bot.ports.outbox import Alert, DeliveryKind
from bot.storage.store import Store

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)
FLOW = Flow(
    window=Window.DAY,
    start=NOON - timedelta(days=1),
    end=NOON,
    usd=-2.3e9,
    share=-0.036,
    reserves_usd=6.41e10,
    assets=(AssetFlow("USDT", -9e8, -9.0000001e8), AssetFlow("BTC", -1e4, -7e8)),
    missing_chains=("Tron",),
    hold=Hold(HoldReason.CHAIN_MISSING, "Tron, 14 % of reserves"),
)
SIGNAL = Signal(
    subject="binance",
    rule=Rule.OUTFLOW,
    as_of=NOON,
    fetched_at=NOON + timedelta(seconds=1, microseconds=7),
    source="defillama",
    severity=Severity.ELEVATED,
    easing=Severity.WATCH,
    reasons=(Reason(Window.DAY, "share", -0.036, -0.03),),
    flows=(FLOW,),
    leading=Window.DAY,
    baseline=Baseline(90, 0.0, 0.004, -0.006, 0.007, -0.02),
)


def incident(
    number: int = 1,
    state: IncidentState = IncidentState.OPEN,
    *,
    exchange: str = "binance",
    severity: Severity = Severity.ELEVATED,
) -> Incident:
    return Incident(
        subject=exchange,
        rule=Rule.OUTFLOW,
        state=state,
        severity=severity,
        peak=severity,
        started_at=NOON,
        changed_at=NOON,
        first_as_of=NOON,
        signal=SIGNAL,
        announced=SIGNAL,
        announced_at=NOON,
        number=number,
        events=(Event(NOON, StepReason.OPENED, severity, Size(-0.036, Unit.RESERVES, -2.3e9)),),
    )


def alert(step: str = "INC-1/1", *chats: str) -> Alert:
    return Alert(
        id=step,
        incident="INC-1",
        severity=Severity.ELEVATED,
        kind=DeliveryKind.POST,
        message=Message("Binance"),
        created_at=NOON,
        expires_at=NOON + timedelta(hours=6),
        recipients=tuple(Subscription(Place(Platform.TELEGRAM, chat), None) for chat in chats or ("1",)),
    )


async def commit(store: Store, new_state: Incident | None, *alerts: Alert, exchange: str = "binance") -> bool:
    return await store.incidents.commit(exchange, Rule.OUTFLOW, new_state, alerts)


async def test_an_incident_comes_back_in_every_detail(store: Store) -> None:
    await commit(store, incident())
    assert await store.incidents.current("binance", Rule.OUTFLOW) == incident()
    assert await store.incidents.by_number(1) == incident()


async def test_nothing_is_current_at_first(store: Store) -> None:
    assert await store.incidents.current("binance", Rule.OUTFLOW) is None
    assert await store.incidents.by_number(1) is None
    assert await store.incidents.recent() == []
    assert await store.incidents.open() == []


async def test_numbers_are_given_once(store: Store) -> None:
    numbers = await asyncio.gather(*(store.incidents.next_number() for _ in range(20)))
    assert len(set(numbers)) == 20


async def test_a_pending_incident_is_current_and_nowhere_else(store: Store) -> None:
    pending = incident(0, IncidentState.PENDING)
    await commit(store, pending)
    assert await store.incidents.current("binance", Rule.OUTFLOW) == pending
    assert await store.incidents.open() == []
    assert await store.incidents.recent() == []


async def test_a_pending_incident_is_forgotten_without_a_trace(store: Store) -> None:
    await commit(store, incident(0, IncidentState.PENDING))
    assert await commit(store, None)
    assert await store.incidents.current("binance", Rule.OUTFLOW) is None


async def test_a_resolved_incident_leaves_the_open_ones_and_stays_in_the_history(store: Store) -> None:
    await commit(store, incident())
    resolved = incident(1, IncidentState.RESOLVED)
    await commit(store, resolved)
    assert await store.incidents.current("binance", Rule.OUTFLOW) is None
    assert await store.incidents.open() == []
    assert await store.incidents.recent() == [resolved]


async def test_open_incidents_come_worst_first(store: Store) -> None:
    severities = [Severity.WATCH, Severity.CRITICAL, Severity.ELEVATED, Severity.SEVERE]
    for number, severity in enumerate(severities, 1):
        await commit(store, incident(number, exchange=f"x{number}", severity=severity), exchange=f"x{number}")
    severities_found = [opened.severity for opened in await store.incidents.open()]
    assert severities_found == [Severity.CRITICAL, Severity.SEVERE, Severity.ELEVATED, Severity.WATCH]


async def test_the_history_is_newest_first_and_can_be_of_one_exchange(store: Store) -> None:
    for number in range(1, 13):
        exchange = "okx" if number % 2 else "binance"
        await commit(store, incident(number, IncidentState.RESOLVED, exchange=exchange), exchange=exchange)
    assert [recent.number for recent in await store.incidents.recent(3)] == [12, 11, 10]
    assert [recent.number for recent in await store.incidents.recent(3, subject="okx")] == [11, 9, 7]


async def test_a_step_is_committed_once(store: Store) -> None:
    assert await commit(store, incident(), alert())
    later = replace(incident(), severity=Severity.SEVERE)
    assert not await commit(store, later, alert())
    assert await store.incidents.current("binance", Rule.OUTFLOW) == incident()
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 1}


async def test_a_step_with_one_new_alert_is_new(store: Store) -> None:
    await commit(store, incident(), alert("a"))
    later = replace(incident(), severity=Severity.SEVERE)
    assert await commit(store, later, alert("a"), alert("b"))
    assert await store.incidents.current("binance", Rule.OUTFLOW) == later
    assert await store.outbox.depth() == {(Platform.TELEGRAM, Severity.ELEVATED): 2}


async def test_an_alert_for_nobody_counts_as_queued(store: Store) -> None:
    nobody = replace(alert(), recipients=())
    assert await commit(store, incident(), nobody)
    assert not await commit(store, incident(), nobody)
    assert await store.outbox.depth() == {}
    assert await store.outbox.oldest_queued_at() is None


@pytest.mark.parametrize("writers", [8])
async def test_of_many_writers_of_one_step_one_wins(store: Store, writers: int) -> None:
    results = await asyncio.gather(*(commit(store, incident(), alert()) for _ in range(writers)))
    assert sorted(results) == [False] * (writers - 1) + [True]
