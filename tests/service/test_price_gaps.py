"""Price gaps over the real service: from what exchanges' tickers say to the messages in chats."""

from tests.fakes.market_prices import PricesByHand
from tests.service.test_pegs import polls
from tests.waiting import until
from tests.world import World, running

VENUES = ("Binance", "Gate", "HTX", "OKX", "Bybit")


def tickers(world: World, **fields: object) -> PricesByHand:
    world.peg_source = source = PricesByHand(world.clock, venue_names=VENUES, **fields)  # type: ignore[arg-type]
    return source


async def test_prices_that_drift_apart_are_told_to_who_follows_that_exchange_and_to_nobody_else(world: World) -> None:
    told = tickers(world)
    async with running(world) as run:
        await run.subscribe("binance")
        told.btc = {"htx": 55_000.0}
        await polls(run, 8)
        await until(lambda: bool(run.application.latest.incidents), "an incident")
        assert world.telegram_titles() == []

        told.btc = {"binance": 58_500.0}
        await polls(run, 2)
        await run.until_announced("INC-2 · Binance · watch, prices below other exchanges")

    # Through a restart: half an hour at more than 5 % began before it.
    async with running(world) as run:
        told.btc = {"binance": 56_000.0}
        await polls(run, 8)
        await run.until_announced("INC-2 · Binance · elevated, prices below other exchanges")


async def test_exchanges_that_are_silent_or_off_are_said_and_are_no_obstacle(world: World) -> None:
    told = tickers(world, venues_off=("Gemini",))
    async with running(world) as run:
        await polls(run)
        told.silent = {"OKX"}
        await polls(run)

        world.telegram.say(world.group, world.ann, "/status")
        status = await world.telegram.wait_for_message(world.group, containing="Prices between exchanges:")
        assert (
            "Prices between exchanges: 4 of 5 exchanges answer. Too few to compare them. Timeout: OKX. "
            "Switched off: Gemini." in status.text
        )
        assert await run.cannot_alert() == set()


async def test_without_any_the_status_says_that_nothing_is_compared(world: World) -> None:
    world.peg_source = PricesByHand(world.clock)
    async with running(world):
        world.telegram.say(world.group, world.ann, "/status")
        await world.telegram.wait_for_message(world.group, containing="Prices between exchanges: not asked for")
