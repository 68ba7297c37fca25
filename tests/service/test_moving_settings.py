"""A moderator moves what a Telegram group has set to a Discord channel, as people do it: files, buttons and undo."""

from bot.domain.place import Place, Platform
from bot.domain.severity import Severity
from tests.world import MODERATOR, World, running


async def test_a_group_moves_to_a_channel_and_goes(world: World) -> None:
    async with running(world) as run:
        telegram, group, ann = world.telegram, world.group, world.ann
        for line in ("/subscribe all", "/subscribe binance severe $50M", "/settings quiet 22:00-07:00"):
            telegram.say(group, ann, line)
            await telegram.wait_for_message(group)

        # One of them is cancelled in the list by mistake, and comes back.
        telegram.say(group, ann, "/subscriptions")
        listed = await telegram.wait_for_message(group, containing="Subscriptions · 2")
        telegram.press(listed, "~unsubscribe binance", ann)
        await telegram.until(lambda: "no settings of its own" in listed.text, "the answer in place of the list")
        undo = next(data for row in listed.buttons for label, data in row if label == "Undo")
        telegram.press(listed, undo, ann)
        await telegram.until(lambda: "severe or worse" in listed.text, "the subscription that is back")

        telegram.say(group, ann, "/export")
        exported = await telegram.wait_for_message(group, containing="In the file: 2 subscriptions")
        assert exported.document
        name, content = exported.document
        answer = await world.discord.slash("import", channel=world.channel, permissions=MODERATOR, file=(name, content))
        assert "Would add 2 subscriptions, change 0 and remove nothing." in answer.text
        (row,) = answer.message["components"]
        (button,) = row["components"]
        done = await world.discord.press(
            button["custom_id"], channel=world.channel, message=answer.message, permissions=MODERATOR
        )
        assert "Added 2 subscriptions" in done.text
        assert done.message["id"] == answer.message["id"]

        channel = Place(Platform.DISCORD, world.channel.id)
        _, moved = await run.application.store.subscriptions.of_place(channel)
        assert (moved.exchange, moved.min_severity, moved.usd) == ("binance", Severity.SEVERE, 5e7)
        assert (await run.application.store.place_settings.of_place(channel)).quiet

        # A file of the channel is read in the group by an answer to it: it has it all already.
        file = telegram.send_file(group, ann, content)
        telegram.say(group, ann, "/import", reply_to_message=file)
        assert "Everything in the file is set here already." in (await telegram.wait_for_message(group)).text

        telegram.say(group, ann, "/privacy delete")
        asked = await telegram.wait_for_message(group, containing="This deletes 2 subscriptions")
        telegram.press(asked, asked.buttons[0][0][1], ann)
        await telegram.until(lambda: "Deleted: 2 subscriptions" in asked.text, "what was deleted")
        assert await run.application.store.subscriptions.of_place(Place(Platform.TELEGRAM, str(group.id))) == []
