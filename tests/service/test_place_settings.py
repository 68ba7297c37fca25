"""What moderators set, in the running service: typed and pressed, kept over a restart, and obeyed by what is posted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.domain.place import Place, Platform
from bot.domain.setting_change import SettingEditor
from tests.fakes.discord_rest import PUBLISHED
from tests.fakes.discord_world import ANNOUNCEMENTS
from tests.fakes.telegram import Sent
from tests.servers import Server
from tests.waiting import until
from tests.world import MODERATOR, Running, World, running, world_of

SUPPRESS_NOTIFICATIONS = 1 << 12  # of the flags of a message on Discord
START = datetime(2026, 10, 5, 13, 3, 31, tzinfo=UTC)


async def typed(world: World, line: str, containing: str) -> Sent:
    world.telegram.say(world.group, world.ann, line)
    return await world.telegram.wait_for_message(world.group, containing=containing)


async def settings_of(run: Running) -> dict[str, str]:
    place = Place(Platform.TELEGRAM, str(run.world.group.id))
    return (await run.application.store.place_settings.of_place(place)).changed_fields()


async def test_a_group_sets_its_clock_its_digest_and_its_quiet_hours(redis: Server) -> None:
    async with world_of(redis, START) as world:
        async with running(world) as run:
            await run.subscribe("all")
            await typed(world, "/settings timezone paris", "Time zone: Europe/Paris · 15:0")
            shown = await typed(world, "/settings digest daily 16:00", "Digest: daily 16:00 · next 2026-10-05")
            world.telegram.press(shown, "~settings drills off", world.ann)
            await until(lambda: "Drills: off" in shown.text, "a card that changes in place")
            assert "Changed by Ann: drills on → off" in shown.text
            assert await settings_of(run) == {
                "timezone": "Europe/Paris",
                "digest": "daily 16:00",
                "drills": "off",
            }
        async with running(world) as run:
            world.clock.advance(timedelta(hours=1))  # 16:03 in Paris
            await run.application.digest_post.post_due()
            digest = await world.telegram.wait_for_message(world.group, containing="Daily digest")
            assert "to 2026-10-05 16:00 (14:00 UTC)" in digest.text
            assert digest.silent

            await typed(world, "/settings quiet 00:00-23:59", "Quiet hours: 00:00-23:59")
            await run.hour(-0.12)
            alert = await world.telegram.wait_for_message(world.group, containing="INC-1")
            assert alert.silent


async def test_an_alert_of_an_announcement_channel_is_published(redis: Server) -> None:
    async with world_of(redis, START) as world:
        world.channel.type = ANNOUNCEMENTS
        async with running(world) as run:
            await run.subscribe("all")
            await run.application.store.place_settings.change(
                Place(Platform.DISCORD, world.channel.id),
                lambda before: replace(before, publish=True),
                editor=SettingEditor("discord:1", "Ann"),
                now=world.clock.now(),
            )
            await run.hour(-0.05)
            await run.hour()
            await run.until_announced("INC-1 · Binance · elevated outflow")
            is_published = [bool(sent["flags"] & PUBLISHED) for sent in world.discord.messages(world.channel)]
            await until(
                lambda: any(sent["flags"] & PUBLISHED for sent in world.discord.messages(world.channel)),
                f"a published alert, not {is_published}",
            )


async def test_an_alert_sounds_from_the_severity_on_that_a_place_has_set(redis: Server) -> None:
    async with world_of(redis, START) as world, running(world) as run:
        await run.subscribe("binance")
        await typed(world, "/settings sound severe", "Sound: severe and above")
        await world.discord.slash(
            "settings", {"name": "sound", "value": "severe"}, channel=world.channel, permissions=MODERATOR
        )
        await run.hour(-0.05)
        await run.hour()
        await run.until_announced("INC-1 · Binance · elevated outflow")
        await run.hour()
        await run.hour(-0.06)
        await run.until_announced("INC-1 · Binance · severe outflow")

        on_telegram = [sent.silent for sent in world.telegram.messages_in(world.group) if "INC-1" in sent.text]
        on_discord = [
            bool(told["flags"] & SUPPRESS_NOTIFICATIONS)
            for told in world.discord.messages(world.channel)
            if "INC-1" in str(told["embeds"])
        ]
        assert on_telegram == on_discord == [True, False]
