import pytest

from bot.domain.exchange import Exchange
from bot.domain.signal import Rule
from bot.messages.model import Tone
from tests.builders import DAY, HOUR, NOON, OKX, holding, incident, signal
from tests.fakes.dispatcher import DispatcherBench
from tests.messages.cards.plain import said


async def read_okx(bench: DispatcherBench) -> None:
    await bench.memory.readings.add([holding(9, at=NOON - DAY, exchange="okx"), holding(9.09, exchange="okx")])
    bench.latest.set_snapshot(await bench.snapshot_builder.snapshot(OKX))


async def test_two_exchanges_stand_side_by_side(bench: DispatcherBench) -> None:
    await read_okx(bench)

    answer = await bench.ask("compare binance okx")

    assert answer.title == "Binance $58.0 B · OKX $9.09 B"
    assert "Measure | Binance | OKX" in said(answer)
    assert "Reserves | $58.0 B | $9.09 B" in said(answer)
    assert "Flow 24 h | −3.3 % | +1.0 %" in said(answer)
    assert "Flow 30 d | – | –" in said(answer)


async def test_an_exchange_is_not_compared_with_itself(bench: DispatcherBench) -> None:
    answer = said(await bench.ask("compare binance Binance"))

    assert "That is the same exchange twice. Compare Binance with another." in answer


async def test_where_one_was_not_read_its_own_answer_says_so(bench: DispatcherBench) -> None:
    for line in ("compare binance okx", "compare okx binance"):
        assert (await bench.ask(line)).title == "OKX · $60.0 B"


@pytest.mark.parametrize("line", ["compare binance ftx-2022", "compare FTX-2022 binance"])
async def test_an_exchange_stands_beside_a_run_of_the_past(bench: DispatcherBench, line: str) -> None:
    answer = await bench.ask(line)

    assert answer.title == "Binance −3.3 % · FTX, November 2022"
    assert "Binance: −3.3 % over the last 24 h (no open incident)." in said(answer)
    assert "FTX at the same point: −5.0 % (in the end −37.0 %)." in said(answer)
    assert "FTX, November 2022: made up." in said(answer)
    assert "1 | −3.3 % | −5.0 %\n2 | – | −29.0 %" in said(answer)


async def test_an_open_incident_counts_from_the_day_before_it_began(bench: DispatcherBench) -> None:
    await bench.memory.readings.add([holding(64, at=NOON - 3 * DAY)])
    open_incident = incident(number=3, seen=signal(at=NOON - 2 * DAY))
    await bench.memory.incidents.commit("binance", Rule.OUTFLOW, open_incident, [])
    elsewhere = incident(number=4, seen=signal(at=NOON - HOUR, exchange="okx"), exchange="okx")
    await bench.memory.incidents.commit("okx", Rule.OUTFLOW, elsewhere, [])

    answer = said(await bench.ask("compare binance ftx-2022"))

    assert "Binance: −9.4 % since the day before INC-3 began (2022-12-10 12:00 UTC)." in answer
    assert "FTX at the same point: −37.0 %" in answer


async def test_without_two_readings_nothing_is_laid_beside_the_past(bench: DispatcherBench) -> None:
    answer = await bench.ask("compare okx ftx-2022")

    assert answer.tone is Tone.TROUBLE
    assert "No two readings of OKX a day apart yet. Try again tomorrow, or /reserves okx now." in said(answer)


async def test_two_runs_of_the_past_are_not_compared(bench: DispatcherBench) -> None:
    answer = await bench.ask("compare ftx-2022 ftx-2022")

    assert "One of the two must be a watched exchange" in said(answer)


async def test_what_is_neither_exchange_nor_past_is_unknown(bench: DispatcherBench) -> None:
    assert "No exchange is known as “binance-2099”" in said(await bench.ask("compare okx binance-2099"))


async def test_an_exchange_without_reserves_has_no_shares(bench: DispatcherBench) -> None:
    await read_okx(bench)
    empty = Exchange("okx", "OKX", "okx", frozenset({"USDT", "BTC"}))
    bench.latest.set_snapshot(await DispatcherBench(memory=bench.memory).snapshot_builder.snapshot(empty))

    assert "Reserves | $58.0 B | $0.00" in said(await bench.ask("compare binance okx"))


async def test_a_run_of_the_past_that_is_over_sooner_says_so(bench: DispatcherBench) -> None:
    readings = [holding(60 + day / 100, at=NOON - day * DAY) for day in range(2, 8)]
    await bench.memory.readings.add(readings)

    answer = await bench.ask("compare binance ftx-2022")

    assert answer.chart
    assert answer.chart.values[1] == pytest.approx(60.06 / 60.07 - 1)
    assert "Binance: −3.4 % over the last 7 days (no open incident)." in said(answer)
    assert "FTX was over by then: in the end −37.0 %." in said(answer)
    assert "3 | −0.05 % | −37.0 %\n4 | −0.07 % | –" in said(answer)


async def test_two_readings_are_no_curve(bench: DispatcherBench) -> None:
    await read_okx(bench)

    answer = await bench.ask("compare okx ftx-2022")

    assert answer.chart is None
    assert "OKX: +1.0 % over the last 24 h" in said(answer)
