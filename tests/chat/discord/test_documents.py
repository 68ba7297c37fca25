"""Files on Discord, over the real client: sent with an answer, and attached to a command."""

from dataclasses import replace

import pytest

from bot.commands.declaration import CommandSet
from bot.messages.documents import MAX_DOCUMENT_BYTES
from tests.chat.discord.conftest import SHORT_TIMEOUTS, build, connected
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import Channel, Json, User
from tests.fakes.document_commands import DOCUMENT_COMMANDS, FILE


async def ask(discord: FakeDiscord, name: str, file: tuple[str, bytes] | None = None, *, slow: bool = False) -> Json:
    timeouts = replace(SHORT_TIMEOUTS, announce_after_s=0.0) if slow else SHORT_TIMEOUTS
    async with connected(build(discord, commands=DOCUMENT_COMMANDS, timeouts=timeouts), discord):
        return (await discord.slash(name, channel=channel_of(discord), file=file)).message


def channel_of(discord: FakeDiscord) -> Channel:
    return discord.dm(User("anna"))


def words(message: Json) -> str:
    return str(message["embeds"][0]["description"])


@pytest.mark.parametrize("slow", [False, True])
async def test_an_answer_brings_its_file_along(discord: FakeDiscord, *, slow: bool) -> None:
    message = await ask(discord, "give", slow=slow)
    (attachment,) = message["attachments"]
    assert (attachment["filename"], bytes.fromhex(attachment["png"])) == (FILE.name, FILE.content)
    assert message["embeds"][0]["title"] == "🏦 Here it is"


@pytest.mark.parametrize(("status", "code"), [(403, 50013), (413, 40005)])
async def test_where_files_are_refused_the_text_says_so(discord: FakeDiscord, status: int, code: int) -> None:
    discord.fail("POST", "/interactions/", status, code=code)
    message = await ask(discord, "give")
    assert "The file is left out: Discord did not take it." in words(message)
    assert message["attachments"] == []


async def test_only_a_command_that_takes_a_file_has_an_option_for_it(discord: FakeDiscord) -> None:
    async with connected(build(discord, commands=CommandSet(tuple(DOCUMENT_COMMANDS))), discord):
        options = {command["name"]: command.get("options", []) for command in discord.commands}
    assert options["give"] == []
    assert [(option["name"], option["type"]) for option in options["take"]] == [("file", 11)]


async def test_an_attached_file_is_read(discord: FakeDiscord) -> None:
    assert FILE.text.strip()[:10] in words(await ask(discord, "take", ("a.json", FILE.content))).replace("\\", "")
    assert "no file" in words(await ask(discord, "take"))


async def test_a_file_that_is_too_large_is_not_fetched(discord: FakeDiscord) -> None:
    answer = words(await ask(discord, "take", ("a.json", b"x" * (MAX_DOCUMENT_BYTES + 1))))
    assert "The file is larger than 256 KB" in answer


async def test_a_file_that_is_gone_is_said(discord: FakeDiscord) -> None:
    async with connected(build(discord, commands=DOCUMENT_COMMANDS), discord):
        discord.rest.forgets_attachments = True
        answer = await discord.slash("take", channel=channel_of(discord), file=("a.json", b"{}"))
    assert "Discord did not hand out the file." in answer.text
