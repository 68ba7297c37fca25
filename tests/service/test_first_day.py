"""The whole service on its first day, and on the morning after a night in which it was down."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.incident import StepReason
from bot.domain.severity import Severity
from tests.fakes.defillama_world import Holdings
from tests.servers import Server
from tests.world import Running, World, running, world_of

_DAY = datetime(2026, 10, 5, 0, 3, 31, tzinfo=UTC)
_LEFT = {"BTC": 0.08, "ETH": 0.07, "USDT": 0.125, "USDC": 0.06, "TRX": 0.02}
"""Which part of each of Binance's assets leaves: 9 % of its reserves in all, the dollars first."""
_OPENED_SEVERE = [(StepReason.OPENED, Severity.SEVERE)]


@pytest.fixture(params=[14, 18, 23])
async def evening(request: pytest.FixtureRequest, redis: Server) -> AsyncIterator[World]:
    """Give a world in which the clock stands at an hour of the afternoon or evening, UTC."""
    async with world_of(redis, _DAY + timedelta(hours=request.param)) as world:
        yield world


def after_outflow(world: World) -> Holdings:
    """Return what Binance holds once 9 % of its reserves are gone."""
    newest = world.llama.exchanges["binance"].runs[-1]
    return {
        chain: {asset: amount * (1 - _LEFT.get(asset, 0.0)) for asset, amount in held.items()}
        for chain, held in newest.holdings.items()
    }


async def two_polls_with_an_outflow(run: Running) -> None:
    """Let 9 % leave within an hour, and let the amounts be read once more an hour later."""
    await run.hour(holdings=after_outflow(run.world))
    await run.hour()
    await run.until_announced("INC-1 · Binance · severe outflow")


async def steps(run: Running) -> list[tuple[StepReason, Severity]]:
    return [
        (event.reason, event.severity)
        for incident in await run.application.store.incidents.recent()
        for event in incident.events
    ]


async def test_nine_percent_that_leave_on_the_first_evening_are_severe_within_two_polls(evening: World) -> None:
    async with running(evening) as run:
        await run.subscribe()
        await two_polls_with_an_outflow(run)

        assert await steps(run) == _OPENED_SEVERE
        alert = evening.telegram.messages_in(evening.group)[-1].text
    assert re.search(r"in 24 h( \(since 2026-10-05 00:00 UTC\))? · (8\.9|9\.[01]) % of reserves", alert)


async def test_the_first_evening_has_nothing_left_to_wait_for(evening: World) -> None:
    """The midnights of a month are known from the first body on, so every window has a base, and z its days."""
    async with running(evening) as run:
        await run.subscribe()
        confirmation = evening.telegram.messages_in(evening.group)[-1].text
        await run.hour()

        assert "Alerts work" not in confirmation
        assert "What is normal" not in confirmation
        assert await steps(run) == []


@pytest.mark.parametrize("is_night", [True, False])
async def test_nine_percent_around_a_night_without_the_bot_are_severe_within_two_polls(
    redis: Server,
    is_night: bool,  # noqa: FBT001 — a table's column
) -> None:
    """Started at 20:00, it is down from 22:00 to 08:00; 9 % leave at four in the morning, or after it is back."""
    async with world_of(redis, _DAY + timedelta(hours=20)) as world:
        async with running(world) as run:
            await run.subscribe()
            await run.hour()
            await run.hour()
        for hour in range(22, 32):
            world.clock.advance(timedelta(hours=1))
            holdings = after_outflow(world) if is_night and hour == 28 else None
            for exchange in world.exchanges:
                world.llama.step(exchange, share=1e-6, holdings=holdings if exchange == "binance" else None)
        async with running(world) as run:
            if is_night:
                await run.until_announced("INC-1 · Binance · severe outflow")
            else:
                await two_polls_with_an_outflow(run)

            assert await steps(run) == _OPENED_SEVERE
