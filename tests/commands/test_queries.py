from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.queries import LatestState
from bot.domain.errors import AskerError, SourceFault, UnknownExchange
from bot.domain.exchange import Exchange
from bot.domain.incident import IncidentState
from bot.domain.place import Platform
from bot.domain.reading import SourceHealth
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule
from bot.domain.snapshot import MissingPart
from bot.domain.status import SourceStatus
from bot.messages.model import Message
from bot.ports.outbox import Alert, DeliveryKind
from tests.builders import BINANCE, HOUR, NOON, OKX, holding, incident, listing, subscription
from tests.fakes.dispatcher import NOBODY_DELIVERS, UNREACHABLE_OPERATOR, DispatcherBench
from tests.fakes.memory import HandClock
from tests.known_withdrawals import FakeWithdrawalSource, closing, known, opening


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    await bench.load()
    return bench


@pytest.mark.parametrize(
    ("name", "id_"),
    [
        ("binance", "binance"),
        ("Binance", "binance"),
        (" BINANCE-CEX ", "binance"),
        ("gate.io", "gate"),
        ("Gate io", "gate"),
        ("gate", "gate"),
        ("nexo", "nexo"),
    ],
)
async def test_an_exchange_is_found_by_any_of_its_names(bench: DispatcherBench, name: str, id_: str) -> None:
    assert bench.queries.exchange(name).id == id_


async def test_an_unknown_exchange_gets_the_nearest_names(bench: DispatcherBench) -> None:
    with pytest.raises(UnknownExchange) as unknown:
        bench.queries.exchange("binanse")

    assert unknown.value.nearest == ("binance",)


@pytest.mark.parametrize("name", ["", "…", "!!!", "-", "zzzzzzzz", "' OR 1=1"])
async def test_what_is_near_to_nothing_is_unknown(bench: DispatcherBench, name: str) -> None:
    with pytest.raises(UnknownExchange) as unknown:
        bench.queries.exchange(name)

    assert unknown.value.nearest == ()


async def test_before_the_first_list_no_exchange_is_called_unknown() -> None:
    with pytest.raises(AskerError, match="The list has not been fetched yet"):
        DispatcherBench().queries.exchange("binance")


async def test_of_two_exchanges_with_one_name_the_larger_is_meant(bench: DispatcherBench) -> None:
    bench.add_listings(listing(Exchange("bit-get", "Bitget", "bit-get"), total=1e9))
    bench.add_listings(listing(Exchange("bitget-old", "Bit Get", "bitget-old"), total=1e6))

    assert bench.queries.exchange("bitget").id == "bit-get"


@given(st.text(max_size=50))
def test_no_name_breaks_the_search(name: str) -> None:
    bench = DispatcherBench()
    bench.add_listings(listing(), listing(OKX))

    with suppress(UnknownExchange):
        assert bench.queries.exchange(name) in {BINANCE, OKX}


async def test_exchanges_are_listed_largest_first_and_unmeasured_ones_last(bench: DispatcherBench) -> None:
    assert [exchange.id for exchange in bench.queries.exchanges()] == ["binance", "okx", "gate", "nexo"]
    assert bench.queries.names()["gate"] == "Gate.io"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("", ["binance", "okx", "gate", "nexo"]), ("x", ["okx", "nexo"]), ("GATE.", ["gate"]), ("nex", ["nexo"])],
)
async def test_typing_narrows_the_exchanges(bench: DispatcherBench, typed: str, expected: list[str]) -> None:
    bench.add_listings(listing(Exchange("xt", "XT.com", "xt"), total=1e3))
    with_xt = {"": [*expected[:3], "xt", "nexo"], "x": ["xt", *expected]}.get(typed, expected)

    assert [exchange.id for exchange in bench.queries.exchanges_like(typed)] == with_xt


async def test_an_exchange_is_completed_by_its_id_too(bench: DispatcherBench) -> None:
    bench.add_listings(listing(Exchange("bit-mart", "The Bitmart", "bit-mart"), total=1e3))
    bench.add_listings(listing(Exchange("xbit", "X Bit", "xbit"), total=1e9))

    assert [exchange.id for exchange in bench.queries.exchanges_like("bit")] == ["bit-mart", "xbit"]


async def test_a_snapshot_comes_from_memory_with_the_newest_row_and_the_health_of_its_source(
    bench: DispatcherBench,
) -> None:
    row = listing(at=NOON + HOUR)
    failing = SourceHealth("defillama/binance", failing_since=NOON, fault=SourceFault.TIMEOUT)
    bench.add_listings(row)
    bench.latest.set_health(failing)
    bench.memory.readings.away = True

    snapshot = await bench.queries.snapshot("binance")

    assert (snapshot.reading, snapshot.listing, snapshot.health) == (holding(58), row, failing)
    assert [snapshot.exchange for snapshot in bench.queries.snapshots()] == [BINANCE]


async def test_a_snapshot_stays_the_same_object_until_something_about_it_changes(bench: DispatcherBench) -> None:
    first = bench.latest.snapshot("binance")
    assert first is not None
    assert bench.latest.snapshot("binance") is first
    assert (await bench.queries.snapshot("BINANCE")) is first

    row, failing = listing(at=NOON + HOUR), SourceHealth("defillama/binance", failing_since=NOON)
    seen = [first]

    def assert_changed() -> None:
        changed = bench.latest.snapshot("binance")
        assert changed is not None
        assert changed is not seen[-1]
        seen.append(changed)

    bench.add_listings(row)
    assert_changed()
    bench.latest.set_health(failing)
    assert_changed()
    bench.latest.set_snapshot(replace(first, days=()))
    assert_changed()
    assert (seen[-1].listing, seen[-1].health, seen[-1].days) == (row, failing, ())


async def test_the_snapshot_of_an_exchange_that_memory_lacks_is_built_from_the_store(bench: DispatcherBench) -> None:
    await bench.memory.readings.add([holding(9, exchange="okx")])

    assert (await bench.queries.snapshot("okx")).reading == holding(9, exchange="okx")


async def test_incidents_are_found_by_number_and_by_exchange(bench: DispatcherBench) -> None:
    await bench.memory.incidents.commit("binance", Rule.OUTFLOW, incident(number=3), [])
    await bench.memory.incidents.commit("okx", Rule.OUTFLOW, incident(number=4, exchange="okx"), [])

    assert (await bench.queries.incident(3)).number == 3
    assert [incident.number for incident in await bench.queries.recent_incidents()] == [4, 3]
    assert [incident.number for incident in await bench.queries.recent_incidents(BINANCE)] == [3]
    assert len(await bench.queries.open_incidents()) == 2


async def test_status_and_incidents_count_alike(bench: DispatcherBench) -> None:
    """INC-3 is open under two presets, INC-4 by now under one of them, and INC-5 is over."""
    normal, early = Sensitivity.NORMAL, Sensitivity.EARLY
    for name, number, sensitivity, state in (
        ("binance", 3, normal, IncidentState.OPEN),
        ("binance", 3, early, IncidentState.OPEN),
        ("okx", 4, normal, IncidentState.RESOLVED),
        ("okx", 4, early, IncidentState.OPEN),
        ("kucoin", 5, normal, IncidentState.RESOLVED),
    ):
        found = incident(number=number, exchange=name, state=state, sensitivity=sensitivity)
        await bench.memory.incidents.commit(name, Rule.OUTFLOW, found, [], sensitivity=sensitivity)

    listed = await bench.queries.recent_incidents()

    assert [(found.number, found.state) for found in listed] == [
        (5, IncidentState.RESOLVED),
        (4, IncidentState.OPEN),
        (3, IncidentState.OPEN),
    ]
    stored = (await bench.queries.status()).stored
    assert stored
    assert stored.open_incidents == 2


async def test_every_open_incident_is_listed_however_old(bench: DispatcherBench) -> None:
    await bench.memory.incidents.commit("binance", Rule.OUTFLOW, incident(number=1), [])
    for number in range(2, 30):
        over = incident(number=number, exchange="okx", state=IncidentState.RESOLVED)
        await bench.memory.incidents.commit("okx", Rule.OUTFLOW, over, [])

    assert (await bench.queries.recent_incidents())[-1].number == 1
    assert len(await bench.queries.recent_incidents()) == 21


async def test_the_open_incident_of_an_exchange_is_its_outflow(bench: DispatcherBench) -> None:
    other = replace(incident(number=5), rule="withdrawals")
    await bench.memory.incidents.commit("binance", "withdrawals", other, [])
    assert await bench.queries.open_incident(BINANCE) is None

    await bench.memory.incidents.commit("binance", Rule.OUTFLOW, incident(number=3), [])

    assert await bench.queries.open_incident(BINANCE) == incident(number=3)


async def test_an_incident_that_never_was_says_where_to_look(bench: DispatcherBench) -> None:
    with pytest.raises(AskerError, match=r"^There is no INC-7\. /incidents lists the recent ones\.$"):
        await bench.queries.incident(7)


async def test_the_bots_own_health_in_one_answer(bench: DispatcherBench) -> None:
    healthy = SourceHealth("defillama/cexs", last_success=NOON)
    bench.latest.set_health(healthy)
    await bench.memory.subscriptions.add(subscription())
    await bench.memory.readings.add([holding(9, exchange="okx", at=NOON - HOUR)])
    bench.latest.set_snapshot(await bench.snapshot_builder.snapshot(OKX))
    alert = Alert("a", "INC-1", Severity.WATCH, DeliveryKind.POST, Message("x"), NOON, NOON + HOUR, (subscription(),))
    await bench.memory.incidents.commit("binance", Rule.OUTFLOW, incident(), [alert])
    bench.memory.clock.advance(HOUR)

    status = await bench.queries.status()

    assert (status.version, status.started_at, status.now) == ("1.2.3", NOON, NOON + HOUR)
    assert status.sources == {"defillama/cexs": healthy}
    assert (status.exchanges, status.read, status.newest_readings) == (4, 2, {"defillama": NOON})
    assert status.stored
    assert (status.stored.open_incidents, status.stored.places) == (1, 1)
    assert status.stored.backlog == {(Platform.TELEGRAM, Severity.WATCH): 1}
    assert (status.stored.oldest_waiting, status.platforms) == (NOON, {Platform.TELEGRAM: ""})
    assert status.standing_by == ["standing by: another worker polls the upstreams"]
    assert status.obstacles == [NOBODY_DELIVERS]
    assert status.misdirected == [UNREACHABLE_OPERATOR]


async def test_a_bot_that_just_started_knows_nothing() -> None:
    status = await DispatcherBench().queries.status()

    assert (status.exchanges, status.read, status.newest_readings) == (0, 0, {})
    assert status.stored
    assert status.stored.oldest_waiting is None


async def test_the_bots_health_is_known_while_the_store_is_away(bench: DispatcherBench) -> None:
    bench.memory.outbox.away = True
    status = await bench.queries.status()

    assert status.stored is None
    assert status.obstacles == [NOBODY_DELIVERS]


async def test_an_exchange_that_lacks_a_part_keeps_its_place_among_the_largest(bench: DispatcherBench) -> None:
    """What the list still tells of Binance, $8 B, is less than the $9 B of OKX."""
    snapshot = await bench.queries.snapshot("binance")
    missing = (MissingPart("Tron", 5e10, NOON - HOUR),)
    bench.add_listings(listing(total=8e9))
    assert [exchange.id for exchange in bench.queries.exchanges()][:2] == ["okx", "binance"]

    bench.latest.set_snapshot(replace(snapshot, missing=missing, last_complete=holding(58, at=NOON - 2 * HOUR)))

    assert [exchange.id for exchange in bench.queries.exchanges()][:2] == ["binance", "okx"]
    assert bench.queries.exchanges_like("")[0].id == "binance"


def test_how_long_the_list_stands_still_begins_anew_when_the_clock_is_corrected() -> None:
    """Whose clock has dated it is not known: another worker's was right, and this one's was 5 h fast."""
    latest = LatestState()
    latest.set_listings([listing(at=NOON)])
    latest.time_corrected()
    assert (latest.list_changed_at, latest.list_fetched_at) == (None, None)
    latest.set_listings([listing(at=NOON + HOUR)])
    latest.set_listings([listing(at=NOON + 2 * HOUR)])
    assert (latest.list_changed_at, latest.list_fetched_at) == (NOON + HOUR, NOON + 2 * HOUR)


# Withdrawals: from memory, for the exchanges that are asked; their history from the store.


def withdrawal_bench(*exchanges: str, only: tuple[str, ...] = ()) -> DispatcherBench:
    sources = tuple(FakeWithdrawalSource(exchange, HandClock(NOON)) for exchange in exchanges)
    return DispatcherBench(only=only, withdrawal_sources=sources)


async def test_what_is_known_of_withdrawals_comes_from_memory() -> None:
    bench = withdrawal_bench("okx", "binance", "nexo", "elsewhere")
    await bench.load()
    bench.latest.set_withdrawals([known("okx"), known("binance"), known("gate"), known("elsewhere")])
    bench.memory.withdrawals.away = True

    assert bench.queries.withdrawals("okx") == known("okx")
    assert [withdrawals.exchange for withdrawals in bench.queries.all_withdrawals()] == ["binance", "okx"]
    assert bench.queries.withdrawals("gate") is None  # its source is gone: what was known is too old by now
    assert bench.queries.withdrawals("nexo") is None  # never asked yet
    assert [bench.queries.has_withdrawal_source(id_) for id_ in ("okx", "nexo", "gate")] == [True, True, False]


async def test_an_exchange_that_is_not_watched_is_not_asked() -> None:
    bench = withdrawal_bench("okx", "binance", only=("binance",))
    assert bench.queries.has_withdrawal_source("binance")
    assert not bench.queries.has_withdrawal_source("okx")


async def test_an_exchange_that_tells_its_system_status_alone_tells_nothing_of_withdrawals() -> None:
    bench = withdrawal_bench("okx")
    await bench.load()
    bench.withdrawal_sources[0].tells_networks = False
    bench.latest.set_withdrawals([known("okx")])
    assert not bench.queries.has_withdrawal_source("okx")
    assert bench.queries.withdrawals("okx") == known("okx")
    assert [source.name for source in (await bench.queries.status()).withdrawal_sources] == ["OKX"]


async def test_how_withdrawals_changed_comes_from_the_store() -> None:
    bench = withdrawal_bench("okx")
    closed, opened = closing(NOON - timedelta(days=40)), opening(NOON)
    await bench.memory.withdrawals.save([known("okx")], {"okx": [closed, opened]})
    assert await bench.queries.withdrawal_transitions("okx", closed.at) == [closed, opened]
    assert await bench.queries.withdrawal_transitions("okx", NOON - timedelta(days=30)) == [opened]


async def test_the_status_says_how_each_withdrawal_source_does() -> None:
    bench = withdrawal_bench("okx", "binance", "elsewhere")
    await bench.load()
    failing = SourceHealth("withdrawals/okx", failing_since=NOON, fault=SourceFault.TIMEOUT)
    bench.latest.set_withdrawal_health(failing)
    status = await bench.queries.status()
    assert status.withdrawal_sources == [SourceStatus("Binance"), SourceStatus("OKX", failing)]
    assert not status.sources  # which are those of reserves
