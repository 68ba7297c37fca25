"""A group that wants to be asked: the alert waits, a moderator releases it in private, and it is posted."""

from datetime import UTC, datetime, timedelta

from tests.servers import Server
from tests.service.test_place_settings import typed
from tests.waiting import until
from tests.world import running, world_of

START = datetime(2026, 10, 5, 13, 3, 31, tzinfo=UTC)


async def test_an_alert_waits_until_who_is_asked_in_private_has_released_it(redis: Server) -> None:
    async with world_of(redis, START) as world, running(world) as run:
        await run.subscribe("all")
        private = world.telegram.private(world.ann)
        await typed(world, "/settings approval on", "Approval: on")
        await run.hour(-0.12)
        asked = await world.telegram.wait_for_message(private, containing="To be posted?")
        assert "INC-1 · Binance" in asked.text
        assert world.telegram_titles() == []

        world.telegram.press(asked, f"~approve INC-1 post {world.group.id}", world.ann)
        await until(lambda: "INC-1 · posted" in asked.text, "the decision in place of the question")
        assert "Decided by Ann." in asked.text
        world.clock.advance(timedelta(seconds=20))  # it comes back every 15 s
        await until(world.telegram_titles, "the alert in the group")
        assert len(world.telegram_titles()) == 1
