"""Every row of the table in docs/permissions.md, acted out through the platforms' own clients on the stand-ins."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from tests.chat.discord.conftest import OWNER as DISCORD_OWNER
from tests.chat.discord.conftest import build, connected
from tests.chat.permission_rows import BEGIN, END, ROWS, Outcome, PermissionRow, table
from tests.chat.telegram.scene import Scene
from tests.fakes import discord_world as rights
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_rest import Answer
from tests.fakes.discord_world import Channel
from tests.fakes.discord_world import User as Member
from tests.fakes.telegram import Chat, FakeTelegram, Sent, User
from tests.waiting import stop, until

TELEGRAM_OWNER = 7  # of the scene
ASK, MODERATE, OWN = "flows okx", "subscribe", "hold"
_numbers = count()


class OnTelegram:
    """The people and chats of the rows, and a bot that polls."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.telegram: FakeTelegram = scene.telegram

    async def outcome(self, row: PermissionRow, line: str) -> Outcome:
        """Return what came of a line that the row's person typed, pressed or followed where the row says."""
        user = self._person(row.actor)
        found: Outcome = await getattr(self, f"_in_{row.setting.replace(' ', '_')}")(row.actor, user, line)
        return found

    def _person(self, actor: str) -> User:
        if actor == "owner":
            return self.telegram.user("Owner", user_id=TELEGRAM_OWNER)
        return self.telegram.user(f"Person {next(_numbers)}")

    def _group(self, actor: str, user: User, *, forum: bool = False) -> Chat:
        group = self.telegram.group(f"Group {next(_numbers)}", forum=forum)
        status = {"restricted": "restricted", "administrator": "administrator", "creator": "creator"}.get(
            actor, "member"
        )
        group.members[user.id] = "administrator" if actor == "unconfirmed" else status
        return group

    async def _in_private(self, _: str, user: User, line: str) -> Outcome:
        chat = self.telegram.private(user)
        self.telegram.say(chat, user, f"/{line}")
        return outcome_of((await self.telegram.wait_for_message(chat)).text)

    async def _in_group(self, actor: str, user: User, line: str) -> Outcome:
        telegram, group = self.telegram, self._group(actor, user)
        text = f"/{line}"
        if actor == "unconfirmed" and line == MODERATE:
            telegram.fail("getChatMember", status=500, description="Oh no")
        if actor == "anonymous":
            telegram.say_anonymously(group, text)
        elif actor == "channel":
            telegram.say_as_channel(group, telegram.channel(f"news{next(_numbers)}"), text)
        elif actor == "forwarder":
            telegram.say(group, user, text, forward_origin={})
        elif actor == "linked":
            telegram.say(
                group, user, text, sender_chat=telegram.channel(f"news{next(_numbers)}"), is_automatic_forward=True
            )
        elif actor == "bot":
            telegram.say(group, User(user.id, "Robot", is_bot=True), text)
        else:
            telegram.say(group, user, text)
        if actor in {"forwarder", "linked", "bot"}:
            return await self._silence_in(group)
        return outcome_of((await telegram.wait_for_message(group)).text)

    async def _in_topic(self, actor: str, user: User, line: str) -> Outcome:
        forum = self._group(actor, user, forum=True)
        topic = forum.topic()
        self.telegram.say(forum, user, f"/{line}", thread=topic)
        answer = await self.telegram.wait_for_message(forum)
        assert answer.thread == topic
        found = outcome_of(answer.text)
        assert line == OWN or found is Outcome.REFUSED or f"{forum.id}/{topic}" in answer.text, "for that topic alone"
        return found

    async def _in_channel(self, _: str, user: User, line: str) -> Outcome:
        channel = self.telegram.channel(f"news{next(_numbers)}", admins=(user,))
        self.telegram.channel_post(channel, f"/{line}")
        return await self._silence_in(channel)

    async def _in_button(self, actor: str, user: User, line: str) -> Outcome:
        return await self._press(self._group(actor, user), user, line)

    async def _in_channel_button(self, actor: str, user: User, line: str) -> Outcome:
        channel = self.telegram.channel(f"news{next(_numbers)}")
        channel.members[user.id] = actor
        return await self._press(channel, user, line)

    async def _press(self, chat: Chat, user: User, line: str) -> Outcome:
        """Press a button below a message of the bot; a refusal is a window over the chat, and no message."""
        telegram = self.telegram
        message = Sent(next(telegram.ids), chat, None, "An alert", "An alert", buttons=((("Do it", line),),))
        callback = telegram.press(message, line, user)
        await telegram.until(lambda: callback in telegram.answered, "a word on the press")
        if "url" in telegram.answered[callback]:
            assert telegram.answered[callback]["url"] == "https://t.me/RunwatchBot?start=flows_okx"
            assert telegram.messages_in(chat) == []
            return Outcome.IN_PRIVATE
        if "text" in telegram.answered[callback]:
            assert telegram.answered[callback]["show_alert"] == "true"
            assert telegram.messages_in(chat) == []
            return outcome_of(telegram.answered[callback]["text"])
        return outcome_of((await telegram.wait_for_message(chat)).text)

    async def _in_named_channel(self, actor: str, user: User, line: str) -> Outcome:
        telegram = self.telegram
        name = f"our_channel{next(_numbers)}"
        channel = telegram.channel(name, admins=(user,) if actor == "administrator" else ())
        chat = telegram.group() if actor == "anonymous" else telegram.private(user)
        if actor == "anonymous":
            telegram.say_anonymously(chat, f"/find @{name}")
        else:
            telegram.say(chat, user, f"/find @{name}")
        text = (await telegram.wait_for_message(chat)).text
        return Outcome.YES if f"Found telegram:{channel.id}" in text else outcome_of(text)

    async def _in_link(self, _: str, user: User, line: str) -> Outcome:
        chat = self.telegram.private(user)
        linked = "watch_okx_bad" if line == MODERATE else line.replace(" ", "_")
        self.telegram.say(chat, user, f"/start {linked}")
        return outcome_of((await self.telegram.wait_for_message(chat)).text)

    async def _in_inline(self, _: str, user: User, __: str) -> Outcome:
        query = self.telegram.type_inline(user, "flows okx")
        await self.telegram.until(lambda: query in self.telegram.offered, "what is offered")
        [article] = self.telegram.offered[query]["results"]
        return outcome_of(article["title"])

    async def _silence_in(self, chat: Chat) -> Outcome:
        """Return that nothing was answered in a chat, once somebody who asked later was answered."""
        await self._in_private("member", self._person("member"), ASK)
        assert self.telegram.messages_in(chat) == []
        return Outcome.SILENCE


class OnDiscord:
    """The people and channels of the rows, and a bot that is connected."""

    def __init__(self, discord: FakeDiscord) -> None:
        self.discord = discord

    async def outcome(self, row: PermissionRow, line: str) -> Outcome:
        """Return what came of a line that the row's person used or pressed where the row says."""
        self.user = Member("Owner", id=DISCORD_OWNER) if row.actor == "owner" else Member(f"user {next(_numbers)}")
        self.permissions = {
            "moderator": rights.MEMBER_RIGHTS | rights.MANAGE_GUILD,
            "herald": rights.MEMBER_RIGHTS | rights.MANAGE_GUILD | rights.MENTION_EVERYONE,
            "administrator": rights.ADMINISTRATOR,
        }.get(row.actor, rights.MEMBER_RIGHTS)
        answer: Answer = await getattr(self, f"_in_{row.setting.replace(' ', '_')}")(line)
        found = outcome_of(answer.embed["title"] + answer.text)
        # Who asks in public is answered in public; what moderators do, refusals and buttons are read by one person.
        is_hidden = found is Outcome.REFUSED or line != ASK or row.setting == "button"
        assert answer.ephemeral is is_hidden
        return found

    async def _in_server(self, line: str) -> Answer:
        return await self._use(await self._channel(), line)

    async def _in_thread(self, line: str) -> Answer:
        thread = self.discord.thread(await self._channel())
        await self.discord.gateway.dispatch(
            "THREAD_CREATE", thread.json(self.discord.world.bot) | {"newly_created": True}
        )
        answer = await self._use(thread, line)
        assert line != MODERATE or "That did not work" in answer.text or f"discord:{thread.id}" in answer.text
        return answer

    async def _in_named_channel(self, line: str) -> Answer:
        here = await self._channel()
        assert here.guild
        there = await self._channel_of(here)
        return await self._use(here, line, place=there)

    async def _in_unseen_channel(self, line: str) -> Answer:
        here = await self._channel()
        assert here.guild
        there = await self._channel_of(here)
        here.guild.everyone.permissions &= ~rights.VIEW_CHANNEL
        update = {"guild_id": here.guild.id, "role": here.guild.everyone.json()}
        await self.discord.gateway.dispatch("GUILD_ROLE_UPDATE", update)
        return await self._use(here, line, place=there)

    async def _in_foreign_channel(self, line: str) -> Answer:
        return await self._use(await self._channel(), line, place=await self._channel())

    async def _in_mention(self, line: str) -> Answer:
        channel, given = await self._channel(), {"mention": "@everyone"}
        return await self.discord.slash(line, given, channel=channel, user=self.user, permissions=self.permissions)

    async def _in_foreign(self, line: str) -> Answer:
        guild = self.discord.guild("Strangers")
        guild.has_bot = False
        return await self._use(self.discord.channel(guild), line)

    async def _in_direct(self, line: str) -> Answer:
        return await self._use(self.discord.dm(self.user), line)

    async def _in_friends(self, line: str) -> Answer:
        return await self._use(Channel("friends", type=3), line)

    async def _in_button(self, line: str) -> Answer:
        channel = await self._channel()
        return await self.discord.press(f"run:{line}", channel=channel, user=self.user, permissions=self.permissions)

    async def _channel(self) -> Channel:
        guild = self.discord.guild(f"Server {next(_numbers)}")
        channel = self.discord.channel(guild)
        await self.discord.join(guild)
        return channel

    async def _channel_of(self, here: Channel) -> Channel:
        assert here.guild
        there = self.discord.channel(here.guild, "alerts too")
        await self.discord.gateway.dispatch("CHANNEL_CREATE", there.json(self.discord.world.bot))
        return there

    async def _use(self, channel: Channel, line: str, *, place: Channel | None = None) -> Answer:
        """Use the command where Discord shows it, else press a button that stands for it."""
        name, _, exchange = line.partition(" ")
        options = {"exchange": exchange} if exchange else {"place": f"<#{place.id}>"} if place else {}
        [definition] = [command for command in self.discord.commands if command["name"] == name]
        context = 0 if channel.guild else 1 if channel.recipient else 2
        if context in (definition["contexts"] or (0, 1, 2)):
            return await self.discord.slash(
                name, options, channel=channel, user=self.user, permissions=self.permissions
            )
        return await self.discord.press(f"run:{line}", channel=channel, user=self.user, permissions=self.permissions)


def outcome_of(text: str) -> Outcome:
    """Return what an answer says came of it."""
    if "That did not work" in text or "for the people who moderate" in text or "for the owner" in text:
        return Outcome.REFUSED
    if "Do you want this?" in text:
        return Outcome.PROPOSED
    assert any(words in text for words in ("Flows of", "Subscribed", "Held")), text
    return Outcome.YES


Actors = Callable[[PermissionRow, str], Awaitable[Outcome]]


@asynccontextmanager
async def telegram_actors() -> AsyncIterator[Actors]:
    async with FakeTelegram() as telegram:
        scene = Scene(telegram)
        running = asyncio.create_task(scene.chat.run())
        await until(lambda: scene.chat.trouble() is None, "a connection to Telegram without trouble")
        yield OnTelegram(scene).outcome
        await stop(running)


@asynccontextmanager
async def discord_actors() -> AsyncIterator[Actors]:
    async with FakeDiscord() as discord, connected(build(discord), discord):
        yield OnDiscord(discord).outcome


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def actors() -> AsyncIterator[dict[str, Actors]]:
    """Yield, by platform, what acts out a row."""
    async with telegram_actors() as on_telegram, discord_actors() as on_discord:
        yield {"Telegram": on_telegram, "Discord": on_discord}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.platform}: {row.where}, {row.who}")
async def test_a_row_of_the_table_is_true(actors: dict[str, Actors], row: PermissionRow) -> None:
    act = actors[row.platform]
    for line, expected in ((ASK, row.asks), (MODERATE, row.moderates), (OWN, row.owns)):
        if expected is not Outcome.NOT_OFFERED:
            assert (line, await act(row, line)) == (line, expected)


def test_the_document_shows_this_table() -> None:
    document = Path("docs/permissions.md").read_text(encoding="utf-8")
    shown = document.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == table(), "python -m tests.chat.permission_rows prints it"
