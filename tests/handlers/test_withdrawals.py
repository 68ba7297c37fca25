from bot.domain.withdrawal_reading import WithdrawalState
from tests.builders import DAY, NOON
from tests.fakes.dispatcher import DispatcherBench
from tests.fakes.memory import HandClock
from tests.known_withdrawals import FakeWithdrawalSource, closing, known, opening
from tests.messages.cards.plain import plain, said


async def bench_with(*exchanges: str) -> DispatcherBench:
    """Return a bench where these exchanges are asked about their withdrawals."""
    sources = tuple(FakeWithdrawalSource(exchange, HandClock(NOON)) for exchange in exchanges)
    bench = DispatcherBench(withdrawal_sources=sources)
    await bench.load()
    return bench


async def test_an_exchange_says_what_can_be_withdrawn() -> None:
    bench = await bench_with("gate")
    bench.latest.set_withdrawals([known("gate")])

    answer = await bench.ask("withdrawals Gate.io")

    assert answer.title == "Gate.io · withdrawals"
    assert plain(answer.lines[0]).startswith("Withdrawals: ")


async def test_changes_of_the_last_30_days_come_from_the_store() -> None:
    bench = await bench_with("gate")
    bench.latest.set_withdrawals([known("gate")])
    changes = [closing(NOON - 31 * DAY), opening(NOON - 30 * DAY), closing(NOON - 2 * DAY), opening(NOON - DAY)]
    await bench.memory.withdrawals.save([known("gate")], {"gate": changes})

    answer = said(await bench.ask("withdrawals gate"))

    assert "🟢 USDT on Tron open again 2022-12-12 12:00 UTC" in answer
    assert "closed twice" not in answer


async def test_while_the_store_is_away_memory_answers() -> None:
    bench = await bench_with("gate")
    bench.latest.set_withdrawals([known("gate")])
    bench.memory.withdrawals.away = True

    assert (await bench.ask("withdrawals gate")).title == "Gate.io · withdrawals"


async def test_before_the_first_poll_everything_is_unknown() -> None:
    bench = await bench_with("gate")

    answer = await bench.ask("withdrawals gate")

    assert plain(answer.lines[0]) == "Withdrawals: unknown"
    assert "not read yet" in plain(answer.footer)


async def test_without_a_source_the_reason_is_said() -> None:
    assert "set OKX_API_KEY" in said(await (await bench_with("gate")).ask("withdrawals okx"))
    assert "(setting WITHDRAWALS)" in said(await (await bench_with()).ask("withdrawals okx"))


async def test_all_exchanges_are_in_one_table() -> None:
    bench = await bench_with("gate", "binance")
    bench.latest.set_withdrawals([known("gate"), known("binance")])

    answer = await bench.ask("withdrawals")

    assert answer.table
    assert {row[0] for row in answer.table.rows} == {"Gate.io", "Binance"}
    assert "No source: 2 of 4 exchanges." in said(answer)
    assert WithdrawalState.OPEN in said(answer)
