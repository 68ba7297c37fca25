import pytest

from bot.domain.incident import IncidentState
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule
from tests.builders import incident
from tests.fakes.dispatcher import DispatcherBench
from tests.messages.cards.plain import said


async def test_reserves_tell_what_an_exchange_holds(bench: DispatcherBench) -> None:
    answer = await bench.ask("reserves binance")

    assert answer.title == "Binance · $58.0 B · 24 h −$2.00 B (−3.3 %)"
    assert "Reserves without its own token BNB" in said(answer)
    assert "Flow 24 h: −$2.00 B (−3.3 %)" in said(answer)


async def test_reserves_of_an_exchange_without_wallets_are_unknown(bench: DispatcherBench) -> None:
    assert "DefiLlama tracks no wallets of NEXO" in said(await bench.ask("reserves nexo"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("flows binance", "Net outflow −$2.00 B in 24 h"),
        ("flows binance 7d", "7 d flow: not available yet (no reading from 7 d ago)"),
        ("flows okx", "Amounts per asset have not been read yet"),
        ("top", "Largest outflows by share · 24 h"),
        ("top reserves", "Largest reserves · 24 h"),
        ("top 7d inflow", "No 7 d figures yet. Try /top 24h;"),
        ("exchanges", "Exchanges · 4 known, 1 watched"),
    ],
)
async def test_questions_about_flows_are_answered(bench: DispatcherBench, line: str, words: str) -> None:
    assert words in said(await bench.ask(line))


async def test_questions_are_answered_from_memory(bench: DispatcherBench) -> None:
    bench.memory.readings.away = True

    for line in ("reserves binance", "flows binance", "top", "exchanges"):
        assert (await bench.ask(line)).title not in {"The database is unavailable", "Something went wrong"}


@pytest.mark.parametrize("line", ["reserves binance", "flows binance"])
async def test_an_open_outflow_is_named_unless_the_store_is_away(bench: DispatcherBench, line: str) -> None:
    await bench.memory.incidents.commit("binance", Rule.OUTFLOW, incident(Severity.SEVERE, number=7), [])

    assert (await bench.ask(line)).title.endswith("(−3.3 %) 🔴 INC-7")
    bench.memory.incidents.away = True
    assert (await bench.ask(line)).title.endswith("(−3.3 %)")


@pytest.mark.parametrize("line", ["reserves binance", "flows binance"])
async def test_an_open_outflow_is_named_while_the_store_is_away_by_whoever_judges(
    bench: DispatcherBench, line: str
) -> None:
    early = incident(Severity.CRITICAL, number=6, sensitivity=Sensitivity.EARLY)
    pending = incident(Severity.SEVERE, number=5, exchange="okx", state=IncidentState.PENDING)
    for known in (early, pending, incident(Severity.SEVERE, number=7)):
        await bench.memory.incidents.commit(known.subject, Rule.OUTFLOW, known, [], sensitivity=known.sensitivity)
    await bench.queries.remember_incidents()
    bench.memory.incidents.away, bench.has_newest_incidents = True, True

    assert (await bench.ask(line)).title.endswith("(−3.3 %) 🔴 INC-7")
    assert "INC" not in (await bench.ask(line.replace("binance", "okx"))).title
