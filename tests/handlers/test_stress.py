from bot.domain.stress import StressOutcome, StressResult
from tests.builders import HOUR, NOON
from tests.fakes.dispatcher import DispatcherBench
from tests.messages.cards.plain import plain, said


async def loaded() -> DispatcherBench:
    bench = DispatcherBench()
    await bench.load()
    return bench


async def test_today_is_one_exchange_and_the_league_table() -> None:
    bench = await loaded()
    today = await bench.stress_test.today()
    assert today

    answer = await bench.ask("stress")

    assert plain(answer.lines[0]) == f"Today on the stand: {today.name} — not enough data ⚪"
    assert answer.table
    assert {row[0] for row in answer.table.rows} == {"Binance", "OKX", "Gate.io"}


async def test_the_result_of_the_day_is_its_worst() -> None:
    bench = await loaded()
    today = await bench.stress_test.today()
    assert today
    failed = StressResult(NOON.date(), today.id, StressOutcome.FAILED, NOON - HOUR)
    await bench.memory.stress.save_result(failed)

    assert f"Today on the stand: {today.name} — failed" in said(await bench.ask("stress"))
    assert f"Today on the stand: {today.name} — failed" in said(await bench.ask(f"stress {today.id}"))


async def test_any_exchange_can_be_tested() -> None:
    bench = await loaded()
    today = await bench.stress_test.today()
    other = next(exchange for exchange in bench.queries.exchanges() if exchange != today and exchange.slug)

    answer = said(await bench.ask(f"stress {other.id}"))

    assert f"{other.name} — " in answer
    assert "Tested just for this answer" in answer


async def test_before_the_first_list_nobody_has_a_turn() -> None:
    assert "No exchange is listed yet" in said(await DispatcherBench().ask("stress"))
