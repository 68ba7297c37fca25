from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import AskerError, SourceFault, UnknownExchange
from bot.domain.exchange import Exchange
from bot.domain.place import Platform
from bot.domain.reading import SourceHealth
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.messages.model import Message
from bot.ports.outbox import Alert, DeliveryKind
from tests.builders import BINANCE, HOUR, NOON, OKX, holding, incident, listing, subscription
from tests.fakes.dispatcher import LOST, DispatcherBench


@pytest.fixture
async def office() -> DispatcherBench:
    found = DispatcherBench()
    await found.read()
    return found


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
async def test_an_exchange_is_found_by_any_of_its_names(office: DispatcherBench, name: str, id_: str) -> None:
    assert office.queries.exchange(name).id == id_


async def test_an_unknown_exchange_gets_the_nearest_names(office: DispatcherBench) -> None:
    with pytest.raises(UnknownExchange) as unknown:
        office.queries.exchange("binanse")

    assert unknown.value.nearest == ("binance",)


@pytest.mark.parametrize("name", ["", "…", "!!!", "-", "zzzzzzzz", "' OR 1=1"])
async def test_what_is_near_to_nothing_is_unknown(office: DispatcherBench, name: str) -> None:
    with pytest.raises(UnknownExchange) as unknown:
        office.queries.exchange(name)

    assert unknown.value.nearest == ()


async def test_before_the_first_list_no_exchange_is_called_unknown() -> None:
    with pytest.raises(AskerError, match="The list has not been fetched yet"):
        DispatcherBench().queries.exchange("binance")


async def test_of_two_exchanges_with_one_name_the_larger_is_meant(office: DispatcherBench) -> None:
    office.know(listing(Exchange("bit-get", "Bitget", "bit-get"), total=1e9))
    office.know(listing(Exchange("bitget-old", "Bit Get", "bitget-old"), total=1e6))

    assert office.queries.exchange("bitget").id == "bit-get"


@given(st.text(max_size=50))
def test_no_name_breaks_the_search(name: str) -> None:
    office = DispatcherBench()
    office.know(listing(), listing(OKX))

    with suppress(UnknownExchange):
        assert office.queries.exchange(name) in {BINANCE, OKX}


async def test_exchanges_are_listed_largest_first_and_unmeasured_ones_last(office: DispatcherBench) -> None:
    assert [exchange.id for exchange in office.queries.exchanges()] == ["binance", "okx", "gate", "nexo"]
    assert office.queries.names()["gate"] == "Gate.io"


@pytest.mark.parametrize(
    ("typed", "found"),
    [("", ["binance", "okx", "gate", "nexo"]), ("x", ["okx", "nexo"]), ("GATE.", ["gate"]), ("nex", ["nexo"])],
)
async def test_typing_narrows_the_exchanges(office: DispatcherBench, typed: str, found: list[str]) -> None:
    office.know(listing(Exchange("xt", "XT.com", "xt"), total=1e3))
    expected = {"": [*found[:3], "xt", "nexo"], "x": ["xt", *found]}.get(typed, found)

    assert [exchange.id for exchange in office.queries.exchanges_like(typed)] == expected


async def test_an_exchange_is_completed_by_its_id_too(office: DispatcherBench) -> None:
    office.know(listing(Exchange("bit-mart", "The Bitmart", "bit-mart"), total=1e3))
    office.know(listing(Exchange("xbit", "X Bit", "xbit"), total=1e9))

    assert [exchange.id for exchange in office.queries.exchanges_like("bit")] == ["bit-mart", "xbit"]


async def test_an_outlook_comes_from_memory_with_the_newest_row_and_word_on_its_source(office: DispatcherBench) -> None:
    row = listing(at=NOON + HOUR)
    ill = SourceHealth("defillama/binance", failing_since=NOON, fault=SourceFault.TIMEOUT)
    office.know(row)
    office.board.set_health(ill)
    office.memory.readings.away = True

    outlook = await office.queries.snapshot("binance")

    assert (outlook.reading, outlook.listing, outlook.health) == (holding(58), row, ill)
    assert [snapshot.exchange for snapshot in office.queries.snapshots()] == [BINANCE]


async def test_an_exchange_that_memory_does_not_hold_is_looked_up(office: DispatcherBench) -> None:
    await office.memory.readings.add([holding(9, exchange="okx")])

    assert (await office.queries.snapshot("okx")).reading == holding(9, exchange="okx")


async def test_incidents_are_found_by_number_and_by_exchange(office: DispatcherBench) -> None:
    await office.memory.incidents.commit("binance", Rule.OUTFLOW, incident(number=3), [])
    await office.memory.incidents.commit("okx", Rule.OUTFLOW, incident(number=4, exchange="okx"), [])

    assert (await office.queries.incident(3)).number == 3
    assert [one.number for one in await office.queries.recent_incidents()] == [4, 3]
    assert [one.number for one in await office.queries.recent_incidents(BINANCE)] == [3]
    assert len(await office.queries.open_incidents()) == 2


async def test_the_open_incident_of_an_exchange_is_its_outflow(office: DispatcherBench) -> None:
    other = replace(incident(number=5), rule="withdrawals")
    await office.memory.incidents.commit("binance", "withdrawals", other, [])
    assert await office.queries.open_incident(BINANCE) is None

    await office.memory.incidents.commit("binance", Rule.OUTFLOW, incident(number=3), [])

    assert await office.queries.open_incident(BINANCE) == incident(number=3)


async def test_an_incident_that_never_was_says_where_to_look(office: DispatcherBench) -> None:
    with pytest.raises(AskerError, match=r"^There is no INC-7\. /incidents lists the recent ones\.$"):
        await office.queries.incident(7)


async def test_the_bots_own_health_in_one_answer(office: DispatcherBench) -> None:
    well = SourceHealth("defillama/cexs", last_success=NOON)
    office.board.set_health(well)
    await office.memory.subscriptions.add(subscription())
    await office.memory.readings.add([holding(9, exchange="okx", at=NOON - HOUR)])
    office.board.set_snapshot(await office.observer.snapshot(OKX))
    alert = Alert("a", "INC-1", Severity.WATCH, DeliveryKind.POST, Message("x"), NOON, NOON + HOUR, (subscription(),))
    await office.memory.incidents.commit("binance", Rule.OUTFLOW, incident(), [alert])
    office.memory.clock.advance(HOUR)

    status = await office.queries.status()

    assert (status.version, status.started_at, status.now) == ("1.2.3", NOON, NOON + HOUR)
    assert status.sources == {"defillama/cexs": well}
    assert (status.exchanges, status.read, status.newest_reading) == (4, 2, NOON)
    assert (status.open_incidents, status.places) == (1, 1)
    assert status.backlog == {(Platform.TELEGRAM, Severity.WATCH): 1}
    assert (status.oldest_waiting, status.platforms) == (NOON, {Platform.TELEGRAM: ""})
    assert status.standing_by == ["standing by: another worker polls the upstreams"]
    assert status.undelivered == ["no worker delivers"]
    assert status.misdirected == [LOST]


async def test_a_bot_that_just_started_knows_nothing() -> None:
    status = await DispatcherBench().queries.status()

    assert (status.exchanges, status.read, status.newest_reading, status.oldest_waiting) == (0, 0, None, None)
