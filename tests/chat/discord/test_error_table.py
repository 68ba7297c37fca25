"""Row by row, the table of Discord's errors in docs/delivery.md: what the server says and what comes of it."""

import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from bot.chat.discord.sender import nonce_of
from bot.domain.errors import BadMessage, ChatGone, DeliveryError, NotAllowed, RetryLater, Unreachable
from bot.domain.place import Obstacle, Place, Platform
from bot.messages.model import Message, lines
from tests.chat.discord.conftest import SHORT_TIMEOUTS, Bot, build, running
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_faults import VIA
from tests.fakes.discord_world import READ_MESSAGE_HISTORY, Channel
from tests.waiting import until

ALERT = Message("INC-42 · Binance · elevated outflow", lines=lines("Net outflow −$2.3 B"))
HTML = "<html>banned</html>"


class Outcome:
    """A bot that only sends, a channel, and the error that comes of a message when the server answers so."""

    def __init__(self, bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
        self.bot = bot
        self.discord = discord
        self.channel = channel
        self.place = Place(Platform.DISCORD, channel.id)

    async def send(self, key: str = "k") -> str:
        return await self.bot.chat.send(self.place, ALERT, key=key)

    async def of_sending(self, status: int, code: int = 0, **how: Any) -> DeliveryError:
        self.discord.fail("POST", "/messages", status, code=code, **how)
        with pytest.raises(DeliveryError) as caught:
            await self.send()
        return caught.value

    async def of_editing(self, status: int, code: int = 0, **how: Any) -> DeliveryError:
        message_id = await self.send()
        self.discord.fail("PATCH", "/messages/", status, code=code, **how)
        with pytest.raises(DeliveryError) as caught:
            await self.bot.chat.edit(self.place, message_id, Message("Changed"))
        return caught.value

    def messages(self) -> list[dict[str, Any]]:
        return self.discord.messages(self.channel)


@pytest.fixture
async def outcome(discord: FakeDiscord) -> AsyncIterator[Outcome]:
    channel = discord.channel(discord.guild())
    async with running(build(discord, listens=False)) as bot:
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
        yield Outcome(bot, discord, channel)


def rate_limit_answer(seconds: float, *, code: int = 0, whole_bot: bool = False) -> dict[str, Any]:
    """Return a 429 of the API; its header rounds, its body does not."""
    body = {"message": "You are being rate limited.", "retry_after": seconds, "global": whole_bot, "code": code}
    return {"body": body, "headers": VIA | {"Retry-After": "1"}}


def postponed(error: BaseException) -> tuple[float, str]:
    """Return the pause of a RetryLater in seconds, and the names of its flags that are set."""
    assert isinstance(error, RetryLater)
    flags = ("rate_limited", "whole_bot", "ambiguous")
    return error.after.total_seconds(), " ".join(flag for flag in flags if getattr(error, flag))


def closed(error: BaseException) -> tuple[type, Obstacle]:
    """Return the kind of Unreachable, which says what is done with the place, and the obstacle kept with it."""
    assert isinstance(error, Unreachable)
    return type(error), error.obstacle


async def test_429_pauses_the_channel_for_exactly_what_it_asks(outcome: Outcome) -> None:
    assert postponed(await outcome.of_sending(429, **rate_limit_answer(12.345))) == (12.345, "rate_limited")
    assert outcome.bot.meter.rate_limits == [Platform.DISCORD]


async def test_429_to_an_edit_pauses_the_channel_too(outcome: Outcome) -> None:
    assert postponed(await outcome.of_editing(429, **rate_limit_answer(0.5))) == (0.5, "rate_limited")


async def test_429_for_all_pauses_the_whole_bot(outcome: Outcome) -> None:
    assert postponed(await outcome.of_sending(429, **rate_limit_answer(0.5, whole_bot=True))) == (
        0.5,
        "rate_limited whole_bot",
    )


async def test_429_without_via_pauses_the_whole_bot(outcome: Outcome) -> None:
    error = await outcome.of_sending(429, body=HTML, headers={"Retry-After": "90"})
    assert postponed(error) == (90, "rate_limited whole_bot")


async def test_429_without_via_and_without_a_pause_is_a_minute(outcome: Outcome) -> None:
    assert postponed(await outcome.of_sending(429, body=HTML)) == (60, "rate_limited whole_bot")


async def test_503_was_not_sent(outcome: Outcome) -> None:
    """Discord answers 503 before it does anything, so the message did not arrive."""
    assert postponed(await outcome.of_sending(503)) == (5, "")


@pytest.mark.parametrize("status", [500, 502, 504, 524])
async def test_502_may_hide_a_message_and_holds_nothing_up(outcome: Outcome, status: int) -> None:
    """The library would wait up to 25 s inside the call; here the call ends and the next message goes out."""
    assert postponed(await outcome.of_sending(status)) == (5, "ambiguous")
    await outcome.send("another")
    assert outcome.discord.requests[-2:] == [("POST", f"/channels/{outcome.channel.id}/messages")] * 2


async def test_a_connection_that_is_reset_may_hide_a_message(outcome: Outcome) -> None:
    assert postponed(await outcome.of_sending(0, cut=True)) == (5, "ambiguous")


async def test_a_reply_that_never_comes_may_hide_a_message(discord: FakeDiscord) -> None:
    channel = discord.channel(discord.guild())
    async with running(build(discord, listens=False, timeouts=replace(SHORT_TIMEOUTS, send_s=0.1))) as bot:
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
        release = discord.delay("/messages")
        with pytest.raises(RetryLater) as caught:
            await bot.chat.send(Place(Platform.DISCORD, channel.id), ALERT, key="k")
        release.set()
    assert postponed(caught.value) == (5, "ambiguous")


async def test_no_connection_means_nothing_was_sent(outcome: Outcome) -> None:
    from discord.http import Route  # noqa: PLC0415 — the library keeps the address there

    with socket.socket() as closed_port:
        closed_port.bind(("127.0.0.1", 0))
        real_base, Route.BASE = Route.BASE, f"http://127.0.0.1:{closed_port.getsockname()[1]}"
        try:
            with pytest.raises(RetryLater) as caught:
                await outcome.send()
        finally:
            Route.BASE = real_base
    assert postponed(caught.value) == (5, "")


async def test_a_key_sent_twice_makes_one_message(outcome: Outcome) -> None:
    outcome.discord.fail("POST", "/messages", cut=True, accepted=True)
    with pytest.raises(RetryLater):
        await outcome.send("step-1")
    (first,) = outcome.messages()
    assert await outcome.send("step-1") == first["id"]
    assert len(outcome.messages()) == 1


async def test_401_pauses_the_whole_bot(outcome: Outcome) -> None:
    assert postponed(await outcome.of_sending(401)) == (60, "whole_bot")


async def test_404_without_a_code_may_pass(outcome: Outcome) -> None:
    """Only codes 10003 and 10004 say that a channel is gone; any other 404 is tried again."""
    assert postponed(await outcome.of_sending(404)) == (60, "")


async def test_10003_a_deleted_channel_is_gone(outcome: Outcome) -> None:
    assert closed(await outcome.of_sending(404, 10003)) == (ChatGone, Obstacle.DELETED)


async def test_10004_a_server_that_is_gone_takes_its_channels_along(outcome: Outcome) -> None:
    assert closed(await outcome.of_sending(404, 10004)) == (ChatGone, Obstacle.REMOVED)


async def test_10008_a_deleted_message_is_posted_anew(outcome: Outcome) -> None:
    """The delivery worker posts a message anew when its edit is refused as a BadMessage."""
    assert isinstance(await outcome.of_editing(404, 10008), BadMessage)


async def test_50005_a_message_of_somebody_else_is_posted_anew(outcome: Outcome) -> None:
    assert isinstance(await outcome.of_editing(403, 50005), BadMessage)


async def test_50001_a_channel_that_is_hidden_is_gone(outcome: Outcome) -> None:
    assert closed(await outcome.of_sending(403, 50001)) == (ChatGone, Obstacle.UNSEEN)


async def test_50013_a_missing_permission_gets_a_day(outcome: Outcome) -> None:
    """NotAllowed: the place is switched off only after three refusals over 24 hours."""
    assert closed(await outcome.of_sending(403, 50013)) == (NotAllowed, Obstacle.NO_RIGHTS)


async def test_403_of_any_other_kind_gets_a_day(outcome: Outcome) -> None:
    """NotAllowed: the place is switched off only after three refusals over 24 hours."""
    assert closed(await outcome.of_sending(403)) == (NotAllowed, Obstacle.NO_RIGHTS)


async def test_50007_a_person_who_takes_no_messages_is_gone(outcome: Outcome) -> None:
    assert closed(await outcome.of_sending(403, 50007)) == (ChatGone, Obstacle.BLOCKED)


async def test_50008_a_channel_without_text_gets_a_day(outcome: Outcome) -> None:
    """NotAllowed: the place is switched off only after three refusals over 24 hours."""
    assert closed(await outcome.of_sending(400, 50008)) == (NotAllowed, Obstacle.REFUSED)


async def test_50083_an_archived_thread_is_opened_for_an_edit(outcome: Outcome) -> None:
    thread = outcome.discord.thread(outcome.channel)
    place = Place(Platform.DISCORD, thread.id)
    message_id = await outcome.bot.chat.send(place, ALERT, key="k")
    thread.archived = True
    await outcome.bot.chat.edit(place, message_id, Message("Resolved"))
    assert outcome.discord.messages(thread)[0]["edits"] == 1
    assert not thread.archived


async def test_50083_an_archived_thread_is_opened_by_a_message(outcome: Outcome) -> None:
    thread = outcome.discord.thread(outcome.channel, archived=True)
    await outcome.bot.chat.send(Place(Platform.DISCORD, thread.id), ALERT, key="k")
    assert not thread.archived


@pytest.mark.parametrize("change", [False, True])
async def test_50083_a_locked_thread_gets_a_day(outcome: Outcome, *, change: bool) -> None:
    """Only moderators open a locked thread, so neither a message nor an edit arrives until one does."""
    thread = outcome.discord.thread(outcome.channel)
    place, chat = Place(Platform.DISCORD, thread.id), outcome.bot.chat
    message_id = await chat.send(place, ALERT, key="k")
    thread.archived = thread.locked = True
    with pytest.raises(NotAllowed) as caught:
        await (chat.edit(place, message_id, ALERT) if change else chat.send(place, ALERT, key="l"))
    assert caught.value.obstacle is Obstacle.ARCHIVED


@pytest.mark.parametrize("code", [20016, 20028, 30046, 40062, 130000])
async def test_20016_30046_and_40062_wait_as_long_as_they_ask(outcome: Outcome, code: int) -> None:
    assert postponed(await outcome.of_editing(429, **rate_limit_answer(1163.097, code=code))) == (
        1163.097,
        "rate_limited",
    )


@pytest.mark.parametrize("code", [20016, 20028, 30046, 40062, 130000])
async def test_20016_30046_and_40062_without_a_pause_wait_a_minute(outcome: Outcome, code: int) -> None:
    assert postponed(await outcome.of_editing(400, code)) == (60, "")


async def test_50035_a_refused_form_goes_out_plain_once_and_is_counted(outcome: Outcome) -> None:
    outcome.discord.fail("POST", "/messages", 400, code=50035)
    await outcome.send()
    (sent,) = outcome.messages()
    assert "INC-42" in sent["content"]
    assert (sent["embeds"], sent["nonce"]) == ([], nonce_of("k"))
    assert outcome.bot.meter.deliveries == [("retried", "plain text")]


async def test_50035_a_refused_form_of_an_edit_becomes_plain_text(outcome: Outcome) -> None:
    message_id = await outcome.send()
    outcome.discord.fail("PATCH", "/messages/", 400, code=50035)
    await outcome.bot.chat.edit(outcome.place, message_id, Message("Resolved", silent=True))
    (sent,) = outcome.messages()
    assert (sent["content"], sent["embeds"], sent["edits"]) == ("🏦 Resolved", [], 1)


async def test_50035_a_plain_text_refused_as_well_is_given_up(outcome: Outcome) -> None:
    error = await outcome.of_sending(400, 50035, times=9, message="Invalid Form Body" + "x" * 999)
    assert isinstance(error, BadMessage)
    assert "Invalid Form Body" in str(error)
    assert len(str(error)) < 300
    assert outcome.bot.meter.deliveries == [("retried", "plain text")]


async def test_400_of_any_other_kind_is_given_up(outcome: Outcome) -> None:
    error = await outcome.of_sending(400, 12345)
    assert isinstance(error, BadMessage)
    assert "code 12345" in str(error)
    assert outcome.bot.meter.deliveries == []


async def test_160002_without_the_history_the_answer_stands_alone(outcome: Outcome) -> None:
    """Without Read Message History a reply is refused; the message is then sent without the reference."""
    first = await outcome.send()
    outcome.channel.deny = READ_MESSAGE_HISTORY
    await outcome.bot.chat.send(outcome.place, ALERT, key="l", reply_to=first)
    assert "message_reference" not in outcome.messages()[1]
