import pytest

from bot.domain.flow import HoldReason
from tests.fakes.dispatcher import MEMBER, MODERATOR, OWNER, DispatcherBench
from tests.messages.cards.plain import said


@pytest.fixture
async def office() -> DispatcherBench:
    found = DispatcherBench()
    await found.read()
    return found


async def test_a_hold_says_what_users_will_read(office: DispatcherBench) -> None:
    answer = said(await office.ask("hold binance a migration of wallets, they say", who=OWNER))

    assert answer.startswith("Binance · withheld")
    assert "Withheld since 2022-12-13 12:00 UTC, because: a migration of wallets, they say" in answer


async def test_what_is_withheld_shows_in_answers_at_once(office: DispatcherBench) -> None:
    await office.ask("hold binance a migration", who=OWNER)

    assert "Held: withheld (since 2022-12-13 12:00 UTC, because: a migration)" in said(
        await office.ask("flows binance")
    )
    outlook = office.board.snapshot("binance")
    assert outlook
    assert outlook.signal
    assert {flow.hold.reason for flow in outlook.signal.flows if flow.hold} == {HoldReason.WITHHELD}


async def test_a_hold_needs_no_reason(office: DispatcherBench) -> None:
    assert "by the operator of this bot" in said(await office.ask("hold binance", who=OWNER))


async def test_what_is_released_speaks_again(office: DispatcherBench) -> None:
    await office.ask("hold binance", who=OWNER)

    assert "raise alerts again" in said(await office.ask("release binance", who=OWNER))
    assert "Held" not in said(await office.ask("flows binance"))
    assert "not withheld" in said(await office.ask("release binance", who=OWNER))


@pytest.mark.parametrize("who", [MEMBER, MODERATOR])
@pytest.mark.parametrize("line", ["hold binance", "release binance"])
async def test_only_the_owner_may(office: DispatcherBench, line: str, who: str) -> None:
    assert "for the owner of this bot" in said(await office.ask(line, who=who))
    assert await office.memory.suppressions.all() == {}
