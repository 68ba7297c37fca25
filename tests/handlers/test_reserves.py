import pytest

from tests.fakes.dispatcher import DispatcherBench
from tests.messages.cards.plain import said


@pytest.fixture
async def bench() -> DispatcherBench:
    bench = DispatcherBench()
    await bench.load()
    return bench


async def test_reserves_tell_what_an_exchange_holds(bench: DispatcherBench) -> None:
    answer = await bench.ask("reserves binance")

    assert answer.title == "Binance · reserves"
    assert "Clean reserves $58.0 B" in said(answer)
    assert "Net flow 24 h: −$2.00 B · −3.3 %" in said(answer)


async def test_reserves_of_an_exchange_without_wallets_are_unknown(bench: DispatcherBench) -> None:
    assert "DefiLlama tracks no wallets of NEXO" in said(await bench.ask("reserves nexo"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("flows binance", "Net outflow −$2.00 B in 24 h"),
        ("flows binance 7d", "Net flow in 7 d: unknown"),
        ("flows okx", "Amounts per asset have not been read yet"),
        ("top", "Top · largest outflow, share of reserves · 24 h"),
        ("top reserves", "Top · largest clean reserves · 24 h"),
        ("top 7d inflow", "No exchange has a comparable figure for 7 d yet."),
        ("exchanges", "Exchanges · 4 known, 1 watched"),
    ],
)
async def test_questions_about_flows_are_answered(bench: DispatcherBench, line: str, words: str) -> None:
    assert words in said(await bench.ask(line))


async def test_questions_are_answered_from_memory(bench: DispatcherBench) -> None:
    bench.memory.readings.away = True

    for line in ("reserves binance", "flows binance", "top", "exchanges"):
        assert (await bench.ask(line)).title not in {"The store is away", "Something broke"}
