from dataclasses import replace

import pytest

from bot.domain.incident import IncidentState
from bot.domain.severity import Severity
from bot.domain.signal import Note, NoteReason, Rule
from tests.builders import NOON, incident, signal
from tests.fakes.dispatcher import DispatcherBench
from tests.messages.cards.plain import said


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    await bench.load()
    await bench.memory.incidents.commit("binance", Rule.OUTFLOW, incident(number=1), [])
    return bench


async def test_incidents_are_listed_by_the_names_of_their_exchanges(bench: DispatcherBench) -> None:
    answer = said(await bench.ask("incidents"))

    assert answer.startswith("Incidents\n1 open · 1 shown")
    assert "Binance · −3.6 % in 24 h · elevated (its peak) · INC-1" in answer


async def test_incidents_of_one_exchange(bench: DispatcherBench) -> None:
    assert said(await bench.ask("incidents binance")).startswith("Incidents · Binance\n1 open")
    assert said(await bench.ask("incidents okx")).startswith("Incidents · OKX\nNo open or past incidents")


async def test_why_shows_the_numbers_behind_an_incident(bench: DispatcherBench) -> None:
    answer = await bench.ask("why inc-1")

    assert answer.title == "INC-1 · Binance · why"
    assert "24 h −3.6 % (limit −3.0 %)" in said(answer)


async def test_the_details_of_why_are_for_whoever_asks_for_them(bench: DispatcherBench) -> None:
    short, full = await bench.ask("why 1"), await bench.ask("why 1 details")

    assert short.fold
    assert (short.private, full.private, full.fold) == (False, True, None)
    assert said(short) == said(full)


async def test_why_says_once_that_history_was_revised_also_of_an_incident_that_is_over(bench: DispatcherBench) -> None:
    revised = replace(signal(), notes=(Note(NoteReason.REVISED, "8 days, 2022-12-01 to 2022-12-08", at=NOON),))
    snapshot = bench.latest.snapshot("binance")
    assert snapshot
    assert "revised" not in said(await bench.ask("why 1"))

    bench.latest.set_snapshot(replace(snapshot, signal=revised))
    over = incident(number=2, state=IncidentState.RESOLVED)
    for number, story in ((2, over), (3, incident(number=3, seen=revised))):
        await bench.memory.incidents.commit("binance", Rule.OUTFLOW, story, [])
        answer = said(await bench.ask(f"why {number}"))
        assert answer.count("revised its history (8 days, 2022-12-01 to 2022-12-08)") == 1


async def test_why_knows_incidents_of_exchanges_that_left_the_list(bench: DispatcherBench) -> None:
    unlisted = incident(Severity.SEVERE, number=2, exchange="ftx")
    await bench.memory.incidents.commit("ftx", Rule.OUTFLOW, unlisted, [])

    assert (await bench.ask("why 2")).title == "INC-2 · ftx · why"
