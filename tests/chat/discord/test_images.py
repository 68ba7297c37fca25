"""Messages with a picture: a file that the embed shows; the text alone where Discord does not take it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from structlog.testing import capture_logs
from typing_extensions import override

from bot.commands.declaration import CommandSet, Request, command
from bot.domain.errors import BadMessage, ChatGone, NotAllowed, RetryLater
from bot.domain.place import Place, Platform
from bot.messages.model import Action, Message, Table, lines
from bot.messages.pictures import Picture, Theme
from bot.ports.pictures import DrawnPicture
from tests.chat.charts import samples
from tests.chat.discord.conftest import SHORT_TIMEOUTS, Bot, build, connected, raised_by
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import ATTACH_FILES, BOT_RIGHTS, READ_MESSAGE_HISTORY, Channel
from tests.fakes.drawer import StandInDrawer, png
from tests.waiting import until

CHART = Message(
    "Binance · net flow a day",
    lines=lines("24 h −$2.30 B · −3.6 %"),
    table=Table(("Asset",), (("BTC",),)),
    actions=(Action("Run", "chart binance run"),),
    picture=samples.ALL["flows"],
)
DRAWN = png(more=b"Binance \xc2\xb7 net flow a day \xc2\xb7 30 d dark")


@dataclass
class SlowDrawer(StandInDrawer):
    """Draws once a test has set `may_draw`."""

    may_draw: asyncio.Event = field(default_factory=asyncio.Event)

    @override
    async def draw(self, picture: Picture, theme: Theme) -> bytes:
        await self.may_draw.wait()
        return await super().draw(picture, theme)


@command
async def chart(request: Request) -> Message:
    """Draw something."""
    return CHART


@command
async def own_chart(request: Request) -> Message:
    """Draw something for the asker alone."""
    return replace(CHART, private=True)


@pytest.fixture
def drawer() -> StandInDrawer:
    return StandInDrawer()


@pytest.fixture
async def bot(discord: FakeDiscord, drawer: StandInDrawer) -> AsyncIterator[Bot]:
    commands = CommandSet((chart, own_chart))
    async with connected(build(discord, commands=commands, pictures=drawer), discord) as started:
        yield started


@pytest.fixture
async def channel(bot: Bot, discord: FakeDiscord) -> Channel:
    guild = discord.guild("Traders")
    channel = discord.channel(guild)
    await discord.join(guild)
    return channel


def place_of(channel: Channel) -> Place:
    return Place(Platform.DISCORD, channel.id)


async def forbid_files(discord: FakeDiscord, channel: Channel) -> None:
    assert channel.guild
    await discord.set_bot_rights(channel.guild, BOT_RIGHTS & ~ATTACH_FILES)


async def test_an_answer_shows_its_picture_and_says_what_is_in_it(discord: FakeDiscord, channel: Channel) -> None:
    answer = await discord.slash("chart", channel=channel)
    (attachment,) = answer.message["attachments"]
    assert answer.embed["image"] == {"url": f"attachment://{attachment['filename']}"}
    assert bytes.fromhex(attachment["png"]) == DRAWN
    assert attachment["description"] == "Binance · net flow a day · 30 d: 24 h −$2.30 B · −3.6 %"
    assert "BTC" not in answer.text
    assert answer.announced is None


@pytest.mark.parametrize("name", ["chart", "own_chart"])
async def test_a_slow_picture_is_announced(discord: FakeDiscord, name: str) -> None:
    drawer = SlowDrawer()
    timeouts = replace(SHORT_TIMEOUTS, announce_after_s=0.0)
    commands = CommandSet((chart, own_chart))
    async with connected(build(discord, timeouts=timeouts, commands=commands, pictures=drawer), discord):
        channel = discord.channel(discord.guild("Traders"))
        answer = await discord.slash(name, channel=channel, wait=False)
        await discord.until(lambda: answer.announced, "the announcement")
        drawer.may_draw.set()
        await discord.until(lambda: answer.messages, "the answer")
        assert bytes.fromhex(answer.message["attachments"][0]["png"]) == DRAWN
        assert answer.ephemeral == (name == "own_chart")


async def test_a_button_is_answered_with_a_picture_that_only_its_presser_sees(
    discord: FakeDiscord, channel: Channel
) -> None:
    answer = await discord.press("run:chart", channel=channel)
    assert answer.ephemeral
    assert bytes.fromhex(answer.message["attachments"][0]["png"]) == DRAWN


async def test_a_picture_that_is_not_drawn_is_a_sentence(
    discord: FakeDiscord, channel: Channel, drawer: StandInDrawer
) -> None:
    drawer.failure = "The picture could not be drawn."
    answer = await discord.slash("chart", channel=channel)
    assert answer.message["attachments"] == []
    assert "The picture could not be drawn." in answer.text
    assert "BTC" in answer.text


async def test_a_picture_that_discord_does_not_take_costs_no_answer(
    discord: FakeDiscord, channel: Channel, drawer: StandInDrawer
) -> None:
    drawer.content = png(more=bytes(11 << 20))
    answer = await discord.slash("chart", channel=channel)
    assert answer.message["attachments"] == []
    assert "Discord did not take the picture" in answer.text


async def test_an_answer_that_comes_too_late_is_not_sent_twice(discord: FakeDiscord, channel: Channel) -> None:
    failure = discord.fail("POST", "/callback", 404, code=10062, message="Unknown interaction", times=9)
    with capture_logs() as logs:
        answer = await discord.slash("chart", channel=channel, wait=False)
        await until(lambda: any(entry["event"] == "discord answer came too late" for entry in logs), "the refusal")
    assert (answer.messages, failure.times) == ([], 8)


async def test_a_message_to_a_channel_shows_its_picture(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    sent = await bot.chat.send(place_of(channel), CHART, key="1")
    again = await bot.chat.send(place_of(channel), CHART, key="1")
    (message,) = discord.messages(channel)
    assert (message["id"], again) == (sent, sent)
    assert bytes.fromhex(message["attachments"][0]["png"]) == DRAWN


async def test_a_reply_that_may_not_be_one_keeps_its_picture(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    assert channel.guild
    first = await bot.chat.send(place_of(channel), CHART, key="1")
    await discord.set_bot_rights(channel.guild, BOT_RIGHTS & ~READ_MESSAGE_HISTORY)
    await bot.chat.send(place_of(channel), CHART, key="2", reply_to=first)
    assert [bytes.fromhex(message["attachments"][0]["png"]) for message in discord.messages(channel)] == [DRAWN] * 2


async def test_a_channel_that_takes_no_files_gets_the_text(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    await forbid_files(discord, channel)
    await bot.chat.send(place_of(channel), CHART, key="1")
    (message,) = discord.messages(channel)
    assert message["attachments"] == []
    assert "Attach Files" in message["embeds"][0]["description"]


async def test_an_edit_changes_the_picture_or_takes_it_away(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    sent = await bot.chat.send(place_of(channel), CHART, key="1")
    worse = replace(CHART, picture=replace(samples.ALL["flows"], title="Worse"))
    await bot.chat.edit(place_of(channel), sent, worse)
    (message,) = discord.messages(channel)
    assert bytes.fromhex(message["attachments"][0]["png"]) == png(more=b"Worse dark")
    await bot.chat.edit(place_of(channel), sent, Message("Over"))
    (message,) = discord.messages(channel)
    assert message["attachments"] == []
    assert "image" not in message["embeds"][0]


async def test_a_message_that_is_refused_for_itself_is_sent_plain(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    """Without the file it is refused again, so the text is the matter."""
    discord.fail("POST", "/messages", 400, code=50035, message="Invalid Form Body", times=2)
    await bot.chat.send(place_of(channel), CHART, key="1")
    (message,) = discord.messages(channel)
    assert (message["embeds"], bot.meter.deliveries) == ([], [("retried", "plain text")])


async def test_other_refusals_are_those_of_any_message(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    await discord.delete_channel(channel)
    assert isinstance(await raised_by(bot.chat.send(place_of(channel), CHART, key="1")), ChatGone)


BY_ITSELF = DrawnPicture.of(samples.ALL["run"], DRAWN)


async def test_a_picture_by_itself_is_a_silent_answer_that_comes_once(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    text = await bot.chat.send(place_of(channel), Message("opened"), key="1")
    for _ in range(2):
        await bot.chat.send_picture(place_of(channel), BY_ITSELF, key="1:picture", reply_to=text)
    _, picture = discord.messages(channel)
    (attachment,) = picture["attachments"]
    assert bytes.fromhex(attachment["png"]) == DRAWN
    assert attachment["description"] == "Binance · net flow since day 0: −3.6 % of reserves in 4 d"
    assert picture["message_reference"]["message_id"] == text
    assert picture["flags"] & 1 << 12  # SUPPRESS_NOTIFICATIONS
    assert picture["embeds"] == []


async def test_a_picture_whose_text_was_deleted_is_left_out(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    refusal = await raised_by(bot.chat.send_picture(place_of(channel), BY_ITSELF, key="1:picture", reply_to="12345"))
    assert isinstance(refusal, BadMessage)
    assert discord.messages(channel) == []


async def test_a_channel_that_takes_no_files_is_not_asked_for_a_picture(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    await forbid_files(discord, channel)
    await discord.slash("chart", channel=channel)  # an answer shows that what came before has been read
    before = len(discord.requests)
    refusal = await raised_by(bot.chat.send_picture(place_of(channel), BY_ITSELF, key="1", reply_to="1"))
    assert isinstance(refusal, NotAllowed)
    assert "Attach Files" in str(refusal)
    assert len(discord.requests) == before


async def test_a_refused_picture_is_an_error_for_whoever_posts_it(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    discord.fail("POST", "/messages", 503)
    refusal = await raised_by(bot.chat.send_picture(place_of(channel), BY_ITSELF, key="1", reply_to="1"))
    assert isinstance(refusal, RetryLater)
