"""The life of a place that alerts cannot reach, over nothing but real parts."""

from datetime import timedelta

from structlog.testing import capture_logs

from bot.domain.place import Obstacle, Place, Platform
from bot.domain.worker import Lease
from bot.storage import keys
from tests.fakes.discord_world import Channel
from tests.waiting import until
from tests.world import MODERATOR, Running, World, running

DAY = timedelta(days=1)
SEND_MESSAGES = 1 << 11


async def closed(run: Running, obstacle: Obstacle) -> None:
    """Wait until one place is switched off for this reason, and no other is."""

    async def is_closed() -> bool:
        return dict(await run.application.store.subscriptions.disabled()) == {obstacle: 1}

    await until(is_closed, "a place that is switched off")


async def all_open(run: Running) -> None:
    async def are_open() -> bool:
        return not await run.application.store.subscriptions.disabled()

    await until(are_open, "places that are open again")


async def test_a_group_without_the_bot_is_told_of_waited_for_and_found_again(world: World) -> None:
    private = world.telegram.private(world.ann)
    async with running(world) as run:
        await run.subscribe()
        world.telegram.remove_bot(world.group, world.ann)
        await closed(run, Obstacle.REMOVED)

        await run.application.upkeep.check_places()
        word = await world.telegram.wait_for_message(private, containing="Alerts paused")
        assert f"telegram:{world.group.id}: the bot was removed" in word.text
        world.telegram.say(private, world.ann, "/status")
        status = await world.telegram.wait_for_message(private, containing="Status")
        assert "1 (1 removed)" in status.text

        world.clock.advance(DAY)
        await run.application.upkeep.check_places()
        await closed(run, Obstacle.REMOVED)

        world.group.bot = "member"  # let in again, and nobody says so
        world.clock.advance(DAY)
        await run.application.upkeep.check_places()
        await all_open(run)
        assert len(world.telegram.messages_in(private)) == 2


async def test_an_operator_out_of_reach_is_shown_to_owners_until_the_bot_is_let_in(world: World) -> None:
    operators, private = world.telegram.group("Operators", admins=(world.ann,)), world.telegram.private(world.ann)
    operators.bot = "left"
    world.error_chat = f"telegram:{operators.id}"
    lost = f"ERROR_CHAT names telegram:{operators.id}, which is not reached: the bot was removed."
    async with running(world) as run:
        await run.application.upkeep.check_operator_chat()
        world.telegram.say(private, world.ann, "/status")
        await world.telegram.wait_for_message(private, containing=lost)
        answer = await world.discord.slash("status", channel=world.channel)
        assert "ERROR_CHAT" not in answer.text
        assert (await run.readiness()) == (200, [])

        operators.bot = "member"
        await run.application.upkeep.check_operator_chat()
        answer = await world.discord.slash("status", channel=world.discord.dm(world.owner))
        assert "ERROR_CHAT" not in answer.text


async def test_operators_are_told_in_the_group_that_theirs_became(world: World) -> None:
    operators = world.telegram.group("Operators", admins=(world.ann,), basic=True)
    private = world.telegram.private(world.ann)
    world.error_chat = f"telegram:{operators.id}"
    async with running(world) as run:
        moved = world.telegram.migrate(operators)
        world.go_wrong()
        await world.polls()  # the one that was under way may have been a good one
        world.clock.advance(timedelta(minutes=21))
        await world.telegram.wait_for_message(moved, containing="Alerts may not arrive")
        world.heal()
        await run.hour()
        await world.telegram.wait_for_message(moved, containing="Alerts work again")
        world.telegram.say(private, world.ann, "/status")
        status = await world.telegram.wait_for_message(private, containing="Status")
        assert f"which moved: set it to telegram:{moved.id}." in status.text


async def test_an_exchange_that_is_left_out_at_a_restart_is_named_where_it_was_subscribed_to(world: World) -> None:
    async with running(world) as run:
        await run.subscribe("okx")
        await run.subscribe("binance")
    world.exchanges = ("binance", "kraken")
    with capture_logs() as logged:
        async with running(world):
            answer = await world.discord.slash("subscriptions", channel=world.channel)
    names = [line["names"] for line in logged if line["event"] == "subscribed exchanges missing from EXCHANGES"]
    assert names == [["okx"]]
    assert "**okx** · this bot does not watch it any more" in answer.text
    assert "watch · **Binance**" in answer.text


async def test_a_channel_whose_moderator_cannot_be_told_is_opened_by_a_right(world: World) -> None:
    place = Place(Platform.DISCORD, world.channel.id)
    hidden: Channel = world.channel
    async with running(world) as run:
        await run.subscribe()
        await world.discord.overwrite(hidden, deny=1 << 10)
        await world.discord.slash("help", channel=world.discord.dm(world.owner))
        await run.hour(-0.05)
        await run.hour()
        await closed(run, Obstacle.UNSEEN)
        await run.application.upkeep.check_places()
        await world.discord.overwrite(hidden)
        await all_open(run)
        answer = await world.discord.slash("subscriptions", channel=hidden, permissions=MODERATOR)
        assert "switched off" not in answer.text
        assert await run.application.store.subscriptions.trouble(place) is None


async def test_an_alert_refused_for_a_moment_is_told_as_soon_as_the_right_is_back(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        await world.discord.overwrite(world.channel, deny=SEND_MESSAGES)

        async def is_put_off() -> bool:
            return bool(await run.application.store.database.command("ZCARD", keys.POSTPONED.key(Platform.DISCORD)))

        with capture_logs() as logged:
            await run.hour(-0.05)
            await run.hour()
            await until(is_put_off, "a delivery that is put off")
        assert world.discord_titles() == []
        refused_by = {entry["place"] for entry in logged if entry["event"] == "message refused"}
        assert refused_by == {f"discord:{world.channel.id}"}
        private = world.telegram.private(world.ann)
        world.telegram.say(private, world.ann, "/status")
        status = await world.telegram.wait_for_message(private, containing="Status")
        assert "Refusing places: 1 (1 no rights)" in status.text
        await world.discord.overwrite(world.channel)
        await until(lambda: bool(world.discord_titles()), "the alert on Discord")


async def test_a_closed_topic_goes_on_when_it_is_reopened(world: World) -> None:
    forum = world.telegram.group("Forum", admins=(world.ann,), forum=True)
    topic = forum.topic()
    async with running(world) as run:
        world.telegram.say(forum, world.ann, "/subscribe binance", thread=topic)
        await world.telegram.wait_for_message(forum, containing="Subscribed")
        forum.topics[topic] = False
        await run.hour(-0.05)
        await run.hour()
        await closed(run, Obstacle.TOPIC_CLOSED)
        world.telegram.reopen(forum, world.ann, topic)
        await all_open(run)
        await run.hour(-0.06)
        await until(
            lambda: any("severe outflow" in sent.text for sent in world.telegram.messages_in(forum)),
            "the severe alert in the forum",
        )
        assert world.telegram.messages_in(forum)[-1].thread == topic


async def test_a_store_that_was_emptied_is_told_of_once_and_the_watch_goes_on(world: World) -> None:
    operators = world.telegram.group("Operators", admins=(world.ann,))
    world.error_chat = f"telegram:{operators.id}"
    async with running(world) as run:
        await run.subscribe()
        assert world.redis.ask(f"DEL {keys.SCHEMA.key()}") == ":1"  # evicted by itself: no reason for alarm
        await run.application.upkeep.check_store()
        assert world.redis.ask("FLUSHALL") == "+OK"

        await run.application.upkeep.check_store()
        await run.application.upkeep.check_store()
        word = await world.telegram.wait_for_message(operators, containing="The database was emptied")
        assert "All subscriptions" in word.text
        assert len(world.telegram.messages_in(operators)) == 1

        await run.subscribe()
        await until(lambda: is_watched_again(run), "the exchange among those watched again")
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")


async def is_watched_again(run: Running) -> bool:
    """Return whether every lease was acquired anew, and the past of every exchange was read anew."""
    store, week_ago = run.application.store, run.world.clock.now() - 7 * DAY
    owners = [await store.leases.owner(lease) for lease in Lease]
    pasts = [await store.readings.newest_before(exchange, week_ago) for exchange in run.world.exchanges]
    return all(owners) and None not in pasts


async def test_a_group_that_is_upgraded_in_the_middle_of_a_story_hears_its_end(world: World) -> None:
    async with running(world) as run:
        await run.subscribe()
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("elevated outflow")
        old, world.group = world.group, world.telegram.migrate(world.group)
        await until(
            lambda: is_subscribed(run, Place(Platform.TELEGRAM, str(world.group.id))), "the subscription of the group"
        )

        for share in (0.05, *[0.0] * 6):
            await run.hour(share)
        await until(
            lambda: "🟢 INC-1 · Binance · resolved" in world.telegram_titles(), "the end of the incident on Telegram"
        )
        (title,) = world.telegram_titles()
        before = [sent.text.partition("\n")[0] for sent in world.telegram.messages_in(old)]
    assert title == "🟢 INC-1 · Binance · resolved"
    assert "🟠 INC-1 · Binance · elevated outflow" in before


async def is_subscribed(run: Running, place: Place) -> bool:
    return bool(await run.application.store.subscriptions.of_place(place))


async def test_subscriptions_that_are_gone_at_a_start_are_said_until_they_are_back(world: World) -> None:
    operators = world.telegram.group("Operators", admins=(world.ann,))
    world.error_chat = f"telegram:{operators.id}"
    async with running(world) as run:
        await run.subscribe()
        assert (await run.readiness())[0] == 200
    assert world.redis.ask("FLUSHALL") == "+OK"
    async with running(world, until_ready=False) as run:

        async def only_they_are_missing() -> bool:
            return [reason.partition(":")[0] for reason in (await run.readiness())[1]] == ["Subscriptions are gone"]

        await until(only_they_are_missing, "a worker that says that subscriptions are gone, and nothing else")
        word = await world.telegram.wait_for_message(operators, containing="Subscriptions are gone: 2 places")
        assert "runwatch restore FILE" in word.text
        await run.subscribe()
        await run.application.upkeep.check_store()
        await run.ready()
        await world.telegram.wait_for_message(operators, containing="Over: Subscriptions are gone")
        assert len(world.telegram.messages_in(operators)) == 2
    async with running(world) as run:
        await run.application.upkeep.check_store()
        assert (await run.readiness())[0] == 200


async def test_a_stored_value_that_cannot_be_read_is_said_once_and_the_bot_starts(world: World) -> None:
    operators = world.telegram.group("Operators", admins=(world.ann,))
    world.error_chat = f"telegram:{operators.id}"
    async with running(world) as run:
        await run.subscribe()
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")
    damaged = ("{ob}:current", "binance/outflow/normal"), ("{ob}:incidents", "1"), ("runwatch:health", "defillama/cexs")
    for key, field in damaged:
        assert world.redis.ask(f"HSET {key} {field} x").startswith(":")
    async with running(world, until_ready=False) as run:
        word = await world.telegram.wait_for_message(operators, containing="cannot be read and is left out")
        assert "binance/outflow/normal" in word.text
        assert any("binance/outflow/normal cannot be read" in reason for reason in await run.reasons())
        await world.polls(2)
        assert len(world.telegram.messages_in(operators)) == 1
        await run.hour()  # the operator knows it, and waiting brings nothing back
        await run.ready()
