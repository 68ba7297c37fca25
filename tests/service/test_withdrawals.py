"""What exchanges say of their withdrawals, from their answers to the messages in chats, over the real service."""

import re
from contextlib import AsyncExitStack
from datetime import timedelta

from bot.commands.queries import LatestState
from bot.detection.withdrawals.thresholds import SILENT_POLLS
from bot.domain.errors import SourceFault
from bot.domain.withdrawal_reading import WithdrawalState
from tests.known_withdrawals import FakeWithdrawalSource
from tests.service.test_several_workers import judges, worker
from tests.waiting import until
from tests.world import Running, World, running

CLOSED, OPEN = WithdrawalState.CLOSED, WithdrawalState.OPEN
INTERVAL = timedelta(minutes=5)


def sources(world: World) -> dict[str, FakeWithdrawalSource]:
    """Let every exchange of a world have a source that says that all is open."""
    told = {exchange: FakeWithdrawalSource(exchange, world.clock) for exchange in world.exchanges}
    for source in told.values():
        source.say(OPEN)
    world.withdrawal_sources = tuple(told.values())
    return told


async def polls(run: Running, *exchanges: str, times: int = 2, every: timedelta = INTERVAL) -> None:
    """Let as many intervals pass, and return when what the exchanges say then is known."""
    for _ in range(times):
        run.world.clock.advance(every)
        now = run.world.clock.now()
        await until(
            lambda now=now: all(polled_at(run, exchange) >= now for exchange in exchanges),  # type: ignore[misc]
            f"a poll of {exchanges} at {now}",
        )


def polled_at(run: Running, exchange: str) -> object:
    known = run.application.latest.withdrawals.get(exchange)
    return known.polled_at if known and known.polled_at else run.world.clock.now() - timedelta(days=1)


async def followed(run: Running, latest: LatestState) -> None:
    """Return when another worker knows what the one that polls knows, and so the store does."""
    await until(
        lambda: latest.withdrawals == run.application.latest.withdrawals, "what is known at the one that does not poll"
    )


def closed_at(run: Running, exchange: str) -> list[str]:
    """Return the majors that an exchange's answers show as closed."""
    snapshot = run.application.latest.snapshot(exchange)
    majors = snapshot.signal.withdrawals if snapshot and snapshot.signal else None
    return [major.asset for major in majors or () if major.is_closed]


def majors_line(world: World) -> str:
    """Return what the newest message on Telegram about an incident says of withdrawals."""
    text = [sent.text for sent in world.telegram.messages_in(world.group) if "INC-" in sent.text][-1]
    return "".join(re.findall(r"Withdrawals: .*", text))


async def test_an_outflow_is_critical_within_a_poll_of_the_closing_and_stays_so_through_a_restart(
    world: World,
) -> None:
    told = sources(world)
    async with running(world) as run:
        await run.subscribe()
        await polls(run, *world.exchanges)
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")

        told["binance"].say(CLOSED, "BTC", "USDT")
        closed = world.clock.now() + INTERVAL
        await polls(run, "binance")
        await run.until_announced("INC-1 · Binance · critical")
        assert f"BTC, USDT closed since {closed:%Y-%m-%d %H:%M}" in majors_line(world)
        assert "ETH, USDC open" in majors_line(world)
        await until(lambda: closed_at(run, "binance") == ["BTC", "USDT"], "the closed majors in the snapshot")

    async with running(world) as run:
        assert closed_at(run, "binance") == ["BTC", "USDT"]
        await polls(run, *world.exchanges)
        await run.hour(0.0)
        recent = await run.application.store.incidents.recent()
        assert [(incident.number, str(incident.severity)) for incident in recent if incident.rule == "outflow"] == [
            (1, "critical")
        ]
        assert len([title for title in world.telegram_titles() if "critical" in title]) == 1
        transitions = await run.application.dispatcher.queries.withdrawal_transitions("binance", closed)
        assert {(transition.asset, transition.after) for transition in transitions} == {
            ("BTC", CLOSED),
            ("USDT", CLOSED),
        }

        told["binance"].say(OPEN)
        await polls(run, "binance")
        await until(lambda: closed_at(run, "binance") == [], "open withdrawals in the snapshot")


async def test_a_worker_that_takes_over_goes_on_with_what_the_other_knew(world: World) -> None:
    told = sources(world)
    async with AsyncExitStack() as first_life:
        first = await first_life.enter_async_context(worker(world))
        await until(lambda: judges(first), "the lease to poll")
        run = Running(world, first.service, first.application, port=0)
        async with worker(world) as second:
            latest = second.application.latest
            await polls(run, *world.exchanges)
            told["okx"].say(CLOSED, "USDC")
            await polls(run, *world.exchanges)
            known = run.application.latest.withdrawals["okx"]
            await followed(run, latest)
            assert latest.withdrawals["okx"].major("USDC").state is CLOSED
            told["okx"].say(OPEN, "USDC")
            await polls(run, "okx", times=1)  # what it says is not believed yet
            await followed(run, latest)

            await first_life.aclose()
            await until(lambda: judges(second), "the lease with the other worker")
            run = Running(world, second.service, second.application, port=0)
            asked = told["okx"].asked
            await polls(run, "okx", times=1)
            assert told["okx"].asked == asked + 1
            opened = latest.withdrawals["okx"].major("USDC")
            assert opened.state is OPEN  # the other's poll was the first of the two
            queries, since = second.application.dispatcher.queries, known.major("USDC").since or world.clock.now()

            async def is_stored() -> bool:
                history = await queries.withdrawal_transitions("okx", since)
                return [change.after for change in history if change.network == "SOLANA"] == [CLOSED, OPEN]

            await until(is_stored, "both changes in the store")


async def test_whatever_fails_the_others_are_asked_and_judged_and_that_all_are_silent_is_told(world: World) -> None:
    told = sources(world)
    operators = world.telegram.group("Operators", admins=(world.ann,))
    world.error_chat = f"telegram:{operators.id}"
    told["okx"].hangs = True
    async with running(world) as run:
        await run.subscribe("kraken")
        await polls(run, "binance", "kraken")
        world.redis.ask("CONFIG SET maxmemory 1")  # takes no writes any more
        told["kraken"].say(CLOSED)
        await polls(run, "binance", "kraken")
        assert run.application.latest.withdrawals["kraken"].major("BTC").state is CLOSED
        world.redis.ask("CONFIG SET maxmemory 0")
        await run.until_announced("Kraken")
        stored = await run.application.store.withdrawals.all()
        assert stored["kraken"].major("BTC").state is CLOSED
        assert "okx" not in stored

        told["okx"].answer_now.set()
        for source in told.values():
            source.fault = SourceFault.TIMEOUT
        await polls(run, *world.exchanges, times=SILENT_POLLS)
        notice = await world.telegram.wait_for_message(operators, containing="Critical alerts cannot open")
        assert "All 3 exchanges that are asked whether withdrawals are open give no answer" in notice.text
        assert await run.cannot_alert() == {"withdrawals"}
        assert await run.readiness() == (200, [])

        told["binance"].fault = None
        await polls(run, "binance", times=1)
        await world.telegram.wait_for_message(operators, containing="Alerts work again")
