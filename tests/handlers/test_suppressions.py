import pytest

from bot.domain.flow import HoldReason
from tests.fakes.dispatcher import MEMBER, MODERATOR, OWNER, DispatcherBench
from tests.messages.cards.plain import said


async def test_a_suppression_says_what_users_will_read(bench: DispatcherBench) -> None:
    answer = said(await bench.ask("hold binance a migration of wallets, they say", who=OWNER))

    assert answer.startswith("Binance · figures paused")
    assert "Paused since 2022-12-13 12:00 UTC, because: a migration of wallets, they say" in answer


async def test_a_suppression_shows_in_answers_at_once(bench: DispatcherBench) -> None:
    await bench.ask("hold binance a migration", who=OWNER)

    assert "figures paused (since 2022-12-13 12:00 UTC, because: a migration)" in said(await bench.ask("flows binance"))
    snapshot = bench.latest.snapshot("binance")
    assert snapshot
    assert snapshot.signal
    assert {flow.hold.reason for flow in snapshot.signal.flows if flow.hold} == {HoldReason.WITHHELD}


async def test_a_suppression_needs_no_reason(bench: DispatcherBench) -> None:
    assert "by the operator of this bot" in said(await bench.ask("hold binance", who=OWNER))


async def test_after_a_release_the_figures_are_judged_again(bench: DispatcherBench) -> None:
    await bench.ask("hold binance", who=OWNER)

    assert "raise alerts again" in said(await bench.ask("release binance", who=OWNER))
    assert "paused" not in said(await bench.ask("flows binance"))
    assert "were not paused" in said(await bench.ask("release binance", who=OWNER))


@pytest.mark.parametrize("who", [MEMBER, MODERATOR])
@pytest.mark.parametrize("line", ["hold binance", "release binance"])
async def test_only_the_owner_may_suppress_and_release(bench: DispatcherBench, line: str, who: str) -> None:
    assert "for the owner of this bot" in said(await bench.ask(line, who=who))
    assert await bench.memory.suppressions.all() == {}
