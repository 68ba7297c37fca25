"""Proofs of reserves, from an exchange's interface to the answers in chats, over the real service."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.chat.terminal.plain import plain_text
from bot.cli.ask import terminal_operator
from bot.domain.proof_of_reserves import AssetRatio, Liabilities, ProofMethod, ProofOfReserves
from bot.service.application import COMMANDS
from tests.fakes.proofs import FakeProofs
from tests.service.test_several_workers import worker
from tests.waiting import until
from tests.world import Running, World, running

SEPTEMBER = ProofOfReserves(
    "binance",
    "Binance",
    as_of=date(2026, 9, 1),
    method=ProofMethod.ZK_SNARK,
    liabilities=Liabilities.INCLUDED,
    ratios=(AssetRatio("BTC", 1.01, 101.0, 100.0), AssetRatio("ETH", 1.02, 102.0, 100.0)),
)
OCTOBER = replace(SEPTEMBER, as_of=date(2026, 10, 1), ratios=(AssetRatio("BTC", 1.03, 103.0, 100.0),))
SIX_HOURS = timedelta(hours=6)


@pytest.fixture
async def proofs(world: World) -> AsyncIterator[FakeProofs]:
    async with FakeProofs([SEPTEMBER]) as proofs:
        world.interface_settings = proofs.settings
        yield proofs


async def next_poll(run: Running) -> None:
    """Let six hours pass, in which reserves are read as well, and let the exchange be asked."""
    run.world.clock.advance(SIX_HOURS)
    await run.reading(after=SIX_HOURS)
    await run.application.proof_poller.poll()


async def answer(run: Running, question: str) -> str:
    """Return what the terminal answers."""
    command = COMMANDS.get(question.partition(" ")[0].removeprefix("/"))
    assert command
    message = await run.application.dispatcher.answer_words(terminal_operator(), command, question.partition(" ")[2])
    return plain_text(message, run.world.clock.now(), width=200)


async def test_a_proof_is_read_shown_archived_and_there_after_a_restart(world: World, proofs: FakeProofs) -> None:
    async with running(world) as run:
        await run.application.proof_poller.poll()
        told = await answer(run, "/por binance")
        assert "Liabilities included · proof of 2026-09-01, 34 days old" in told
        assert "Published every month; the next one was due 3 days ago." in told
        assert "Newest proof of reserves: 34 d old." in await answer(run, "/stress binance")
        assert "Proof of reserves: unknown." in await answer(run, "/stress okx")
        assert "101.00 %" in told

        proofs.proofs.append(OCTOBER)
        await next_poll(run)
        assert "proof of 2026-10-01, 4 days old" in await answer(run, "/por binance")

    proofs.proofs.clear()
    async with running(world) as run:
        await next_poll(run)
        told = await answer(run, "/por binance")
        assert "proof of 2026-10-01, 4 days old" in told
        assert "⚠️ The source has not answered for" in told
        archive = await run.application.store.proofs.archive()
        assert [proof.as_of for proof in archive["binance"]] == [SEPTEMBER.as_of, OCTOBER.as_of]
        assert "Proofs of reserves: 0 of 1 exchange answers." in await answer(run, "/status")


async def test_a_worker_that_does_not_poll_knows_of_a_new_proof(world: World, proofs: FakeProofs) -> None:
    async with running(world) as run, worker(world) as other:
        first, second = run.application, other.application
        polling = first if first.updates.is_judging else second
        await polling.proof_poller.poll()
        await until(
            lambda: first.latest.proofs.keys() == second.latest.proofs.keys() == {"binance"},
            "the proof at both workers",
        )
        await until(
            lambda: first.latest.proof_health.keys() == second.latest.proof_health.keys() == {"binance"},
            "the health at both workers",
        )


async def test_switched_off_nobody_is_asked_and_the_table_answers(world: World, proofs: FakeProofs) -> None:
    world.interface_settings = {**proofs.settings, "proofs": False}
    async with running(world) as run:
        await run.application.proof_poller.poll()

        assert "from a table in this bot" in await answer(run, "/por binance")
        assert "Proofs of reserves" not in await answer(run, "/status")


async def test_a_late_proof_is_told_after_two_polls_and_is_over_when_the_next_one_has_come(
    world: World, proofs: FakeProofs
) -> None:
    proofs.proofs = [replace(SEPTEMBER, as_of=date(2026, 8, 1))]
    async with running(world) as run:
        await run.subscribe()
        await run.application.proof_poller.poll()
        assert world.telegram_titles() == []
        await next_poll(run)
        await run.until_announced("INC-1 · Binance · proof of reserves late")
        assert "Proof of 2026-08-01, 65 days old; the next one is 34 days late." in await answer(run, "/why INC-1")

        proofs.proofs.append(replace(SEPTEMBER, as_of=OCTOBER.as_of))
        await next_poll(run)
        await next_poll(run)
        await run.until_announced("INC-1 · Binance · resolved")


async def test_a_coin_that_goes_while_the_bot_was_away_is_told_and_a_first_proof_loses_nothing(
    world: World, proofs: FakeProofs
) -> None:
    async with running(world) as run:
        await run.subscribe()
        await run.application.proof_poller.poll()
        await next_poll(run)

    proofs.proofs.append(OCTOBER)
    async with running(world) as run:
        await next_poll(run)
        await next_poll(run)
        await run.until_announced("INC-1 · Binance · proof of reserves incomplete")
        assert "Gone from the newest proof: ETH." in await answer(run, "/why INC-1")
        assert world.telegram_titles()[:-1] == []


async def test_a_late_proof_that_the_owner_pauses_is_told_once_it_is_released(world: World, proofs: FakeProofs) -> None:
    proofs.proofs = [replace(SEPTEMBER, as_of=date(2026, 8, 1))]
    async with running(world) as run:
        await run.subscribe()
        await answer(run, "/hold binance only:proof the page shows an old one")
        for _ in range(3):
            await run.application.proof_poller.poll()
            await next_poll(run)
        assert world.telegram_titles() == []
        assert "because: the page shows an old one" in await answer(run, "/por binance")

        await answer(run, "/release binance proof")
        await next_poll(run)
        await next_poll(run)
        await run.until_announced("INC-1 · Binance · proof of reserves late")
