"""What the bot itself read on chain, in the answers: only of chains that are read now."""

from datetime import timedelta

from bot.domain.own_reading import BITCOIN, ETHEREUM, OutgoingTimes, OwnReading
from tests.builders import NOON
from tests.fakes.dispatcher import DispatcherBench
from tests.messages.cards.plain import said

TIMES = tuple(NOON - timedelta(minutes=10 * number) for number in range(30, 17, -1))
BTC = OwnReading("binance", BITCOIN, as_of=NOON, amounts={"BTC": 5.0}, outgoing=OutgoingTimes("hot", NOON, TIMES))
HOT = "Hot Bitcoin wallet, read 2022-12-13 12:00 UTC: the last transaction left 3 h before, usually one every 10 min."


async def bench(chains: dict[str, list[str]]) -> DispatcherBench:
    asked = DispatcherBench(own_chains=chains)
    await asked.load()
    asked.latest.set_own_readings([BTC])
    return asked


async def test_the_answers_have_it_where_the_chain_is_read() -> None:
    asked = await bench({BITCOIN: ["binance", "okx"]})

    assert "Own reading on Bitcoin (0 of 0 wallets" in said(await asked.ask("reserves binance"))
    for question in ("withdrawals binance", "stress binance"):
        assert HOT in said(await asked.ask(question))
        assert "⚠️ That is long for this wallet" in said(await asked.ask(question))
    status = said(await asked.ask("status"))
    assert "Own reading on chain: Bitcoin 1 of 2 exchanges, Ethereum off." in status


async def test_what_is_kept_of_a_chain_that_is_switched_off_is_not_shown() -> None:
    asked = await bench({ETHEREUM: ["binance"]})

    for question in ("reserves binance", "withdrawals binance", "stress binance"):
        answer = said(await asked.ask(question))
        assert "Own reading" not in answer
        assert "Hot Bitcoin wallet" not in answer
    assert "Own reading on chain: Bitcoin off, Ethereum 0 of 1 exchanges." in said(await asked.ask("status"))
