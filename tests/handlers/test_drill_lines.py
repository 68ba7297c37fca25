"""What members' drills found, as other answers show it."""

from datetime import timedelta

import pytest

from tests.builders import NOON
from tests.fakes.dispatcher import MODERATOR, DispatcherBench
from tests.fakes.memory import HandClock
from tests.known_withdrawals import FakeWithdrawalSource
from tests.messages.cards.plain import said


@pytest.mark.parametrize(
    ("line", "exchange"), [("withdrawals binance", "binance"), ("stress binance", "binance"), ("stress", "gate")]
)
async def test_other_answers_show_what_drills_found(line: str, exchange: str) -> None:
    bench = DispatcherBench(withdrawal_sources=(FakeWithdrawalSource(exchange, HandClock(NOON)),))
    await bench.load()
    for who in ("ann", "bob", "cid"):
        assert "drills" not in said(await bench.ask(line))
        await bench.ask(f"drill {exchange} requested", who=who)
    bench.memory.clock.advance(timedelta(minutes=11))
    for who in ("ann", "bob", "cid"):
        await bench.ask(f"drill {exchange} arrived", who=who)
    assert "Members' drills, unverified: 3 in 24 h, median 11 min, none refused" in said(await bench.ask(line))

    await bench.ask("settings drills off", who=MODERATOR)
    assert "drills" not in said(await bench.ask(line))
