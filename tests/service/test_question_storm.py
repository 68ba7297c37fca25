"""120 people ask at once on each platform, within the platforms' limits, and an alert opens meanwhile."""

from collections import Counter

from tests.fakes.discord_world import User as Member
from tests.fakes.telegram import Rates
from tests.waiting import until
from tests.world import Running, World, running

PEOPLE, IN_GROUP = 120, 30
PER_SECOND = 30  # messages that Telegram takes


async def test_everybody_of_a_storm_is_answered_once_and_an_alert_goes_before(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        await run.hour(-0.05)
        world.telegram.rates = Rates()
        before = len(world.telegram.sent)
        people = [world.telegram.user(f"Person {number}") for number in range(PEOPLE)]
        for person in people:
            world.telegram.say(world.telegram.private(person), person, "/reserves binance")
        busy_group = world.telegram.group("Rumours", members=tuple(people))
        for person in people[:IN_GROUP]:
            world.telegram.say(busy_group, person, "/reserves binance")
        members = [Member(f"member {number}") for number in range(PEOPLE)]
        answers = [
            await world.discord.slash(
                "reserves", {"exchange": "binance"}, channel=world.channel, user=member, wait=False
            )
            for member in members
        ]
        await world.telegram.until(lambda: len(world.telegram.sent) > before + 5, "the first answers on Telegram")
        opened_at = await _until_open(run)
        await run.until_announced("INC-1")
        alert_at = next(number for number, sent in enumerate(world.telegram.sent) if "INC-1 · Binance" in sent.text)
        await world.telegram.until(
            lambda: len(world.telegram.sent) >= before + PEOPLE + 2,
            lambda: f"all answers on Telegram; {len(world.telegram.sent) - before} came",
        )
        await world.discord.until(lambda: all(answer.messages for answer in answers), "all answers on Discord")

    # An alert takes three slots of four while there are answers, so it is among the first messages of its second.
    assert alert_at < opened_at + PER_SECOND
    by_chat = Counter(sent.chat.id for sent in world.telegram.sent[before:] if "Binance · $" in sent.text)
    assert by_chat == Counter([person.id for person in people] + [busy_group.id])
    assert [len(answer.messages) for answer in answers] == [1] * PEOPLE
    assert sum(not answer.ephemeral for answer in answers) == 1, "one answer for the whole channel"


async def _until_open(run: Running) -> int:
    """Let the outflow be confirmed, and return how many messages Telegram had when its incident was open."""
    await run.hour()

    async def is_open() -> bool:
        return bool(await run.application.store.incidents.open())

    await until(is_open, "an open incident")
    return len(run.world.telegram.sent)
