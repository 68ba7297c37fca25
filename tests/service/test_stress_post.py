from datetime import UTC, datetime

from tests.servers import Server
from tests.waiting import until
from tests.world import Running, World, running, world_of

START = datetime(2026, 10, 5, 13, 3, 31, tzinfo=UTC)


def posted_on_telegram(world: World) -> list[str]:
    return [sent.text for sent in world.telegram.messages_in(world.group) if "· stress test" in sent.text]


def posted_on_discord(world: World) -> list[str]:
    messages = world.discord.messages(world.channel)
    titles = [str(message["embeds"][0]["title"]) for message in messages if message["embeds"]]
    return [title for title in titles if "· stress test" in title]


async def marked(run: Running) -> None:
    """Wait until the card of the day is marked as posted."""

    async def is_marked() -> bool:
        return await run.application.store.stress.posted() == START.date()

    await until(is_marked, "a card of the day that is marked as posted")


async def test_the_card_of_the_day_is_posted_once_on_both_platforms_whatever_restarts(redis: Server) -> None:
    async with world_of(redis, START) as world:
        async with running(world) as run:
            await run.subscribe("stress")
            # The day may be over already, for a post that nobody had asked for.
            await run.application.store.database.command("DEL", "runwatch:stress:posted")
        async with running(world) as run:
            await marked(run)
            await until(
                lambda: bool(posted_on_telegram(world) and posted_on_discord(world)), "a card on both platforms"
            )
        async with running(world) as run:
            await run.application.stress_post.post_when_due()

        (card,) = posted_on_telegram(world)
        assert "Today on the stand: " in card
        assert len(posted_on_discord(world)) == 1
