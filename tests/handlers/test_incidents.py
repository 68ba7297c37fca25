import pytest

from bot.domain.severity import Severity
from bot.domain.signal import Rule
from tests.builders import incident
from tests.fakes.dispatcher import DispatcherBench
from tests.messages.cards.plain import said


@pytest.fixture
async def office() -> DispatcherBench:
    found = DispatcherBench()
    await found.read()
    await found.memory.incidents.commit("binance", Rule.OUTFLOW, incident(number=1), [])
    return found


async def test_incidents_are_listed_by_the_names_of_their_exchanges(office: DispatcherBench) -> None:
    answer = said(await office.ask("incidents"))

    assert answer.startswith("Incidents\n1 open, 1 shown")
    assert "INC-1 · Binance · elevated" in answer


async def test_incidents_of_one_exchange(office: DispatcherBench) -> None:
    assert said(await office.ask("incidents binance")).startswith("Incidents · Binance\n1 open")
    assert said(await office.ask("incidents okx")).startswith("Incidents · OKX\nNo incident is open")


async def test_why_shows_the_numbers_behind_an_incident(office: DispatcherBench) -> None:
    answer = await office.ask("why inc-1")

    assert answer.title == "INC-1 · Binance · why"
    assert "24 h: −3.6 % of clean reserves ≤ −3.0 %" in said(answer)


async def test_why_knows_incidents_of_exchanges_that_left_the_list(office: DispatcherBench) -> None:
    unlisted = incident(Severity.SEVERE, number=2, exchange="ftx")
    await office.memory.incidents.commit("ftx", Rule.OUTFLOW, unlisted, [])

    assert (await office.ask("why 2")).title == "INC-2 · ftx · why"
