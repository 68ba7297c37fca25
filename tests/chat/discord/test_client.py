"""A connection that heals by itself, whatever Discord or the network do."""

import asyncio
import logging
from dataclasses import replace
from io import StringIO

import pytest
import structlog

from bot.domain.errors import RetryLater
from bot.domain.place import Platform
from tests.chat.discord.conftest import SHORT_TIMEOUTS, Bot, build, connected, running
from tests.fakes.discord import TOKEN, FakeDiscord
from tests.fakes.discord_faults import VIA
from tests.fakes.discord_world import User
from tests.waiting import until


async def answers(discord: FakeDiscord) -> bool:
    answer = await discord.slash("top", channel=discord.dm(User("anna")))
    return "Top by share" in answer.text


async def test_the_bot_asks_for_no_privileged_intent(bot: Bot, discord: FakeDiscord) -> None:
    assert discord.gateway.identifies[0]["intents"] == 1


async def test_there_is_trouble_until_the_gateway_is_ready(discord: FakeDiscord) -> None:
    bot = build(discord)
    assert bot.chat.trouble() == "Not connected to Discord yet."
    async with connected(bot, discord):
        assert bot.chat.trouble() is None


@pytest.mark.parametrize("status", [503, 500, 403])
async def test_a_login_that_fails_is_tried_again(discord: FakeDiscord, status: int) -> None:
    discord.fail("GET", "/users/@me", status, times=2 if status != 500 else 1)
    async with connected(build(discord), discord):
        assert await answers(discord)


async def test_a_login_that_is_cut_is_tried_again(discord: FakeDiscord) -> None:
    discord.fail("GET", "/users/@me", cut=True, times=3)
    async with connected(build(discord), discord):
        assert await answers(discord)


async def test_the_account_is_that_of_the_token_and_the_gateway_is_not_asked(discord: FakeDiscord) -> None:
    account = await build(discord).chat.account()
    assert (account.platform, account.id) == (Platform.DISCORD, str(discord.world.bot.id))
    assert discord.gateway.identifies == []


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "Discord refuses the token. Put a valid one into DISCORD_TOKEN and start the bot again."),
        (403, "Not connected to Discord: Forbidden: "),
    ],
)
async def test_an_account_that_cannot_be_asked_for_is_a_sentence(
    discord: FakeDiscord, status: int, sentence: str
) -> None:
    discord.fail("GET", "/users/@me", status)
    with pytest.raises(RetryLater) as refused:
        await build(discord).chat.account()
    assert str(refused.value).startswith(sentence)


async def test_a_refused_token_is_reported_and_still_tried(discord: FakeDiscord) -> None:
    failure = discord.fail("GET", "/users/@me", 401, times=4)
    async with running(build(discord)) as bot:
        await until(
            lambda: "refuses the token" in (bot.chat.trouble() or ""), "a trouble that says that the token is refused"
        )
        await until(lambda: failure.times == 0, "the last of the failures")
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")


async def test_one_401_is_not_yet_a_refused_token(discord: FakeDiscord) -> None:
    patient = replace(SHORT_TIMEOUTS, first_pause_s=60.0, longest_pause_s=60.0)
    discord.fail("GET", "/users/@me", 401)
    async with running(build(discord, timeouts=patient)) as bot:
        await until(
            lambda: "tried once more" in (bot.chat.trouble() or ""), "a trouble that says that it is tried once more"
        )


async def test_a_401_long_after_another_is_a_first_one_again(discord: FakeDiscord) -> None:
    """Refusals are counted in a row: a connection in between starts the count anew."""
    discord.fail("GET", "/users/@me", 401)
    async with connected(build(discord, timeouts=replace(SHORT_TIMEOUTS, refused_token_pause_s=60.0)), discord):
        failure = discord.fail("GET", "/users/@me", 401)
        discord.gateway.sessions.clear()
        await discord.gateway.drop(4012)
        await discord.connected()
        assert failure.times == 0


async def test_a_gateway_that_refuses_the_token_says_so_too(discord: FakeDiscord) -> None:
    """Close code 4004 counts as a refused token, like a 401 to the login."""
    async with running(build(discord)) as bot:
        await discord.connected()
        discord.gateway.token = "another"  # noqa: S105 — the fake's own
        await discord.gateway.drop(4009)
        discord.gateway.sessions.clear()
        await until(
            lambda: "refuses the token" in (bot.chat.trouble() or ""), "a trouble that says that the token is refused"
        )


async def test_a_gateway_that_is_away_at_first_is_tried_again(discord: FakeDiscord) -> None:
    discord.gateway.refusals = 1
    async with connected(build(discord), discord):
        assert await answers(discord)


async def test_a_cut_line_is_resumed(bot: Bot, discord: FakeDiscord) -> None:
    """Resuming a session needs no IDENTIFY, of which there are 1000 a day."""
    await discord.gateway.drop()
    await discord.until(lambda: discord.gateway.resumes == 1, "a session that is resumed")
    assert await answers(discord)
    assert len(discord.gateway.identifies) == 1
    await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")


async def test_a_request_to_reconnect_is_followed(bot: Bot, discord: FakeDiscord) -> None:
    await discord.gateway.send_opcode(7)
    await discord.until(lambda: discord.gateway.resumes == 1, "a session that is resumed")
    assert await answers(discord)


async def test_an_invalid_session_is_begun_anew(bot: Bot, discord: FakeDiscord) -> None:
    await discord.gateway.send_opcode(9, data=False)
    await discord.until(lambda: len(discord.gateway.identifies) == 2, "a second session with the gateway")
    assert await answers(discord)


async def test_invalid_sessions_in_a_row_are_outlasted(discord: FakeDiscord) -> None:
    discord.gateway.invalid_sessions = 3
    async with connected(build(discord), discord):
        assert len(discord.gateway.identifies) == 4


@pytest.mark.parametrize("code", [4010, 4012, 4014])
async def test_a_close_the_library_gives_up_on_gets_a_new_client(bot: Bot, discord: FakeDiscord, code: int) -> None:
    discord.gateway.sessions.clear()
    await discord.gateway.drop(code)
    await discord.until(lambda: len(discord.gateway.identifies) == 2, "a second session with the gateway")
    assert await answers(discord)


async def test_a_lost_connection_is_trouble(discord: FakeDiscord) -> None:
    async with connected(build(discord), discord) as bot:
        discord.gateway.refusals = 10_000
        await discord.gateway.drop()
        await until(lambda: bot.chat.trouble() is not None, "the trouble of a connection that is gone")
        assert bot.chat.trouble() == "Waiting for Discord's gateway to accept the connection."


async def test_a_heartbeat_without_an_answer_is_trouble() -> None:
    async with FakeDiscord(heartbeat_interval=0.02) as discord:
        discord.gateway.answers_heartbeats = False
        async with running(build(discord)) as bot:
            await until(
                lambda: "not answered a heartbeat" in (bot.chat.trouble() or ""),
                "a trouble that says that a heartbeat was not answered",
            )


async def test_commands_are_published_once(discord: FakeDiscord) -> None:
    for _ in range(3):
        async with connected(build(discord), discord):
            assert await answers(discord)
        discord.gateway.sessions.clear()
    assert discord.command_puts == 1


async def test_a_changed_command_is_published(discord: FakeDiscord) -> None:
    async with connected(build(discord), discord):
        pass
    discord.commands[0]["description"] = "Something older"
    discord.gateway.sessions.clear()
    async with connected(build(discord), discord):
        await discord.until(lambda: discord.command_puts == 2, "the commands published a second time")
    assert "older" not in str(discord.commands)


async def test_a_changed_translation_is_published(discord: FakeDiscord) -> None:
    async with connected(build(discord), discord):
        pass
    discord.commands[0]["options"][0]["description_localizations"]["pt-BR"] = "Algo mais antigo"
    discord.gateway.sessions.clear()
    async with connected(build(discord), discord):
        await discord.until(lambda: discord.command_puts == 2, "the commands published a second time")
    assert "antigo" not in str(discord.commands)


async def test_commands_that_cannot_be_published_do_not_keep_the_bot_away(discord: FakeDiscord) -> None:
    failure = discord.fail("PUT", "/commands", 400, code=50035, times=10_000)
    async with running(build(discord)) as bot:
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
        await until(bot.chat.command_problems, "the sentence that the commands are not published")
        (sentence,) = bot.chat.command_problems()
        assert "has not taken the list of commands" in sentence
        assert "50035" in sentence
        failure.times = 0
        await discord.until(lambda: discord.command_puts == 1, "the commands published once the failures were over")
        await until(lambda: not bot.chat.command_problems(), "no sentence any more")


async def test_commands_wait_as_long_as_a_429_asks(discord: FakeDiscord) -> None:
    """Two hundred new commands a day: the rest of the day is longer than the library waits inside a call."""
    body = {"message": "Max number of daily application command creates has been reached (200)", "retry_after": 4000.0}
    discord.fail("PUT", "/commands", 429, body=body, headers=VIA, times=10_000)
    async with running(build(discord)) as bot:
        await until(bot.chat.command_problems, "the sentence that the commands are not published")
        assert "sent again in 1 h 6 min" in bot.chat.command_problems()[0]
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
        await discord.gateway.drop(4010)
        await discord.until(lambda: discord.requests.count(("GET", "/gateway/bot")) >= 2, "a new connection")
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
    assert sum(method == "PUT" for method, _ in discord.requests) == 1, "a new connection asks no sooner"


async def test_the_entry_point_of_an_activity_stays(discord: FakeDiscord) -> None:
    launch = discord.enable_activity()
    async with running(build(discord)):
        await discord.until(lambda: discord.command_puts == 1, "the commands published")
    (kept,) = [command for command in discord.commands if command["type"] == 4]
    assert (kept["id"], kept["handler"], kept["name"]) == (launch["id"], 2, "launch")
    discord.gateway.sessions.clear()
    async with connected(build(discord), discord):
        assert await answers(discord)
    assert discord.command_puts == 1, "what is published already is recognised beside it"


async def test_the_bot_signs_in_no_faster_than_it_may(discord: FakeDiscord) -> None:
    slow = replace(SHORT_TIMEOUTS, identify_gap_s=20.0)
    async with connected(build(discord, timeouts=slow), discord) as bot:
        discord.gateway.sessions.clear()
        await discord.gateway.drop(4010)
        await until(lambda: bot.chat.trouble() is not None, "the trouble of a connection that is gone")
        assert len(discord.gateway.identifies) == 1


async def test_no_log_and_no_sentence_holds_the_token(discord: FakeDiscord) -> None:
    written = StringIO()
    handler = logging.StreamHandler(written)
    root, library = logging.getLogger(), logging.getLogger("discord")
    before = (root.level, library.level)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    configured = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(written), cache_logger_on_first_use=False)
    try:
        bot = build(discord)
        library.setLevel(logging.DEBUG)
        discord.fail("GET", "/users/@me", 401, times=2)
        async with running(bot):
            await until(
                lambda: "refuses the token" in (bot.chat.trouble() or ""),
                "a trouble that says that the token is refused",
            )
            written.write(bot.chat.trouble() or "")
            await discord.connected()
            await discord.until(lambda: bool(discord.commands), "the commands published on Discord")
            assert await answers(discord)
            await discord.gateway.drop(4010)
    finally:
        root.removeHandler(handler)
        root.setLevel(before[0])
        library.setLevel(before[1])
        structlog.configure(**configured)
    assert "/users/@me" in written.getvalue(), "the library was to be heard here"
    assert TOKEN not in written.getvalue()


async def test_the_librarys_talkative_lines_are_off(bot: Bot) -> None:
    assert not logging.getLogger("discord.http").isEnabledFor(logging.INFO)
    assert not logging.getLogger("discord.webhook.async_").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger("discord.client").isEnabledFor(logging.ERROR)


async def test_a_second_run_after_the_first_works(discord: FakeDiscord) -> None:
    """The same DiscordPlatform may run again after it was cancelled, as a lease that is lost and won again does."""
    bot = build(discord)
    for _ in range(2):
        async with running(bot):
            await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
        assert bot.chat.trouble() is not None
    assert len(discord.gateway.identifies) == 2


async def test_stopping_does_not_wait_for_discords_close_handshake(discord: FakeDiscord) -> None:
    """The close handshake has `close_s`; then the connection is dropped."""
    discord.gateway.reading_allowed = asyncio.Event()
    async with running(build(discord, timeouts=replace(SHORT_TIMEOUTS, close_s=0.05))) as bot:
        await until(lambda: bot.chat.trouble() is None, "a connection to Discord without trouble")
    discord.gateway.reading_allowed.set()


async def test_a_sign_in_that_must_wait_long_waits_for_a_new_connection(discord: FakeDiscord) -> None:
    """A wait over 30 s is not spent inside an open connection: it ends, and the next client waits first."""
    async with connected(build(discord, timeouts=replace(SHORT_TIMEOUTS, identify_gap_s=40.0)), discord) as bot:
        await discord.gateway.send_opcode(9, data=False)
        await until(
            lambda: "too often today" in (bot.chat.trouble() or ""),
            "a trouble that says that there were too many sessions today",
        )
        assert len(discord.gateway.identifies) == 1


async def test_only_one_cut_in_the_middle_of_an_answer_is_lost(bot: Bot, discord: FakeDiscord) -> None:
    """An answer whose connection is cut is lost; the next one arrives."""
    discord.fail("POST", "/interactions/", cut=True)
    await discord.slash("top", channel=discord.dm(User("anna")), wait=False)
    assert await answers(discord)
