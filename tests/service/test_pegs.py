"""Pegs over the real service: from what the sources of prices say to the messages in chats."""

from datetime import timedelta

from tests.fakes.market_prices import BINANCE, INDEX, KRAKEN, PricesByHand
from tests.waiting import until
from tests.world import Running, World, running

INTERVAL = timedelta(minutes=5)


def prices(world: World) -> PricesByHand:
    """Let three sources say of USDC and USDT that they are at a dollar."""
    world.peg_source = source = PricesByHand(world.clock)
    return source


async def polls(run: Running, times: int = 1) -> None:
    """Let as many intervals pass, and return when what the sources say then is judged."""
    poller = run.application.peg_poller
    for _ in range(times):
        before = poller.polls
        run.world.clock.advance(INTERVAL)
        await until(lambda before=before: poller.polls > before, "a poll of prices")  # type: ignore[misc]


async def test_a_coin_below_its_peg_is_told_once_it_has_lasted_also_through_a_restart(world: World) -> None:
    told = prices(world)
    async with running(world) as run:
        await run.subscribe("all")
        await polls(run, 2)
        told.usd["USDC"] = 0.972
        fell_at = world.clock.now()
        await polls(run, 2)
        assert world.telegram_titles() == []

    async with running(world) as run:
        await polls(run, 2)
        await run.until_announced("INC-1 · USDC · elevated, below its peg")
        assert world.clock.now() - fell_at <= timedelta(minutes=30)

        told.usd["USDC"] = 0.91
        await polls(run, 4)
        await run.until_announced("INC-1 · USDC · severe, below its peg")

        told.usd["USDC"] = 1.0
        for _ in range(8):
            world.clock.advance(timedelta(hours=1))
            await polls(run)
        await run.until_announced("INC-1 · USDC · resolved")
        assert not [title for title in world.telegram_titles() if "USDC" not in title]


async def test_who_follows_one_exchange_hears_of_no_coin(world: World) -> None:
    told = prices(world)
    async with running(world) as run:
        await run.subscribe("binance")
        told.usd["USDC"] = 0.9
        await polls(run, 5)
        await until(lambda: bool(run.application.latest.incidents), "an incident")

        assert [incident.subject for incident in run.application.latest.incidents] == ["USDC"]
        assert world.telegram_titles() == world.discord_titles() == []


async def test_a_place_may_leave_them_out(world: World) -> None:
    told = prices(world)
    async with running(world) as run:
        await run.subscribe("all")
        world.telegram.say(world.group, world.ann, "/settings pegs off")
        await world.telegram.wait_for_message(world.group, containing="Stablecoin alerts: off")
        told.usd["USDC"] = 0.9
        await polls(run, 5)
        await until(lambda: any("USDC" in title for title in world.discord_titles()), "an alert on Discord")
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-2 · Binance · elevated outflow")

        assert not [title for title in world.telegram_titles() if "USDC" in title]


async def test_sources_that_are_silent_are_said_and_keep_no_outflow_away(world: World) -> None:
    told = prices(world)
    world.error_chat = f"telegram:{world.group.id}"
    async with running(world) as run:
        await run.subscribe("all")
        await polls(run)
        told.silent = {INDEX, KRAKEN, BINANCE}
        await polls(run, 7)

        await world.telegram.wait_for_message(world.group, containing="No source of stablecoin prices answers")
        assert (await run.readiness())[0] == 200
        assert await run.cannot_alert() == {"prices"}

        world.telegram.say(world.group, world.ann, "/status")
        status = await world.telegram.wait_for_message(world.group, containing="Stablecoin prices: 0 of 3 sources")
        assert "Alerts are working, except those about stablecoins" in status.text
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")

        told.silent = {INDEX}
        await polls(run)
        await until(lambda: not run.application.latest.price_health[KRAKEN].fault, "an answer")


async def test_one_source_that_is_silent_is_no_obstacle(world: World) -> None:
    told = prices(world)
    async with running(world) as run:
        await polls(run)
        told.silent = {KRAKEN}
        await polls(run, 8)

        assert await run.cannot_alert() == set()
        world.telegram.say(world.group, world.ann, "/status")
        await world.telegram.wait_for_message(world.group, containing="2 of 3 sources answer. Timeout: Kraken.")
