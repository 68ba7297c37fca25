"""Slash commands, buttons and autocomplete, as people use them."""

from dataclasses import replace

import pytest

from bot.domain.place import Place, Platform
from bot.domain.place_settings import AnswerAudience, PlaceSettings
from tests.chat.discord.conftest import OWNER, SHORT_TIMEOUTS, Bot, build, connected
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import CATEGORY, MANAGE_GUILD, VIEW_CHANNEL, Channel, Role, User
from tests.language.pseudo import PSEUDO, pseudo_language
from tests.waiting import until

QUICK_ANNOUNCEMENT = replace(SHORT_TIMEOUTS, announce_after_s=0.01)


async def known_channel(discord: FakeDiscord) -> Channel:
    guild = discord.guild("Traders")
    channel = discord.channel(guild)
    await discord.join(guild)
    return channel


@pytest.fixture
async def channel(bot: Bot, discord: FakeDiscord) -> Channel:
    return await known_channel(discord)


async def test_a_slash_command_is_answered_in_the_channel(discord: FakeDiscord, channel: Channel) -> None:
    answer = await discord.slash("reserves", {"exchange": "binance"}, channel=channel)
    assert answer.embed["title"] == "🏦 Reserves of binance"
    assert not answer.ephemeral
    assert answer.announced is None


async def test_the_dispatcher_is_given_the_place(discord: FakeDiscord, channel: Channel) -> None:
    answer = await discord.slash("flows", {"exchange": "okx"}, channel=channel)
    assert f"private=False place=discord:{channel.id}" in answer.text


async def test_a_private_chat_with_the_bot_is_private(bot: Bot, discord: FakeDiscord) -> None:
    private = discord.dm(User("anna"))
    answer = await discord.slash("flows", {"exchange": "okx"}, channel=private)
    assert f"private=True place=discord:{private.id}" in answer.text


async def test_a_users_own_app_answers_where_the_bot_is_no_member(bot: Bot, discord: FakeDiscord) -> None:
    """Installed by a user, commands work in servers without the bot; the place there cannot get alerts."""
    elsewhere = discord.guild("Strangers")
    elsewhere.has_bot = False
    there = discord.channel(elsewhere)
    answer = await discord.slash("reserves", {"exchange": "okx"}, channel=there)
    assert answer.embed["title"] == "🏦 Reserves of okx"
    assert bot.subscriptions.cleared == []


async def test_an_optional_choice_may_be_left_out(discord: FakeDiscord, channel: Channel) -> None:
    assert (await discord.slash("top", channel=channel)).embed["title"] == "🏦 Top by share"
    assert (await discord.slash("top", {"by": "usd"}, channel=channel)).embed["title"] == "🏦 Top by usd"


async def test_a_private_answer_is_ephemeral(discord: FakeDiscord, channel: Channel) -> None:
    assert (await discord.slash("secret", channel=channel)).ephemeral


async def test_a_flood_gets_one_refusal_that_only_its_sender_reads(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    anna = User("anna")
    answers = [await discord.slash("top", channel=channel, user=anna, wait=False) for _ in range(60)]
    await until(lambda: len(bot.meter.answers) == 60, "sixty commands to be handled")
    throttled = sum(result == "throttled" for _, result in bot.meter.answers)
    await until(lambda: sum(map(bool, (answer.messages for answer in answers))) == 61 - throttled, "the answers")
    (refused,) = [answer for answer in answers if answer.messages and "Too many questions" in answer.text]
    assert refused.ephemeral
    assert "Top by share" in (await discord.slash("top", channel=channel)).text


async def test_a_question_that_repeats_in_a_channel_is_answered_to_its_asker_alone(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    """Discord wants an answer to everybody; the channel has it once, and the same words come to each."""
    answers = [
        await discord.slash("reserves", {"exchange": name}, channel=channel, user=User(f"user {number}"))
        for number, name in enumerate(("okx", "OKX ", "okx", "binance"))
    ]
    assert [answer.ephemeral for answer in answers] == [False, True, True, False]
    assert answers[2].embed == answers[0].embed


async def test_what_was_refused_to_one_is_shown_to_all_when_the_next_asks(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    failing = await discord.slash("pages", {"number": "3"}, channel=channel)
    again = await discord.slash("pages", {"number": "3"}, channel=channel)
    assert failing.ephemeral
    assert again.ephemeral
    failure = discord.fail("POST", "/interactions/", 403, code=50001)
    await discord.slash("reserves", {"exchange": "okx"}, channel=channel, wait=False)
    await until(lambda: failure.times == 0, "an answer that Discord does not take")
    await discord.until(lambda: len(bot.meter.answers) == 3, "three questions to be handled")
    assert not (await discord.slash("reserves", {"exchange": "okx"}, channel=channel)).ephemeral


async def test_a_repeated_question_and_a_private_answer_do_not_wait_for_what_the_place_has_set(
    bot: Bot, discord: FakeDiscord, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Place] = []

    async def of_place(place: Place) -> PlaceSettings:
        asked.append(place)
        return PlaceSettings()

    monkeypatch.setattr(bot.place_settings, "of_place", of_place)
    monkeypatch.setattr("bot.commands.recent_place_settings._KNOWN_FOR_S", 0.0)
    hidden, counts = [], []
    for name, options in (("secret", {}), ("reserves", {"exchange": "okx"}), ("reserves", {"exchange": "okx"})):
        hidden.append((await discord.slash(name, options, channel=channel)).ephemeral)
        counts.append(len(asked))
    assert hidden == [True, False, True]
    assert counts == [0, 1, 1]


@pytest.mark.parametrize("name", ["reserves", "flows"])
async def test_where_answers_are_private_members_are_answered_alone(
    bot: Bot, discord: FakeDiscord, channel: Channel, name: str
) -> None:
    place = Place(Platform.DISCORD, str(channel.id))
    bot.place_settings.kept[place] = PlaceSettings(answers=AnswerAudience.PRIVATE)
    assert (await discord.slash(name, {"exchange": "okx"}, channel=channel)).ephemeral


async def test_an_error_is_an_ephemeral_sentence(discord: FakeDiscord, channel: Channel) -> None:
    answer = await discord.slash("broken", channel=channel)
    assert answer.ephemeral
    assert "Something went wrong" in answer.text


async def test_an_answer_pings_nobody(discord: FakeDiscord, channel: Channel) -> None:
    answer = await discord.slash("reserves", {"exchange": "@everyone <@1> <@&2>"}, channel=channel)
    assert answer.message["allowed_mentions"] == {"parse": [], "roles": []}
    assert answer.message["content"] == ""
    assert "@\u200beveryone \\<@1\\> \\<@&2\\>" in answer.embed["title"]


async def test_exchanges_complete_while_they_are_typed(discord: FakeDiscord, channel: Channel) -> None:
    choices = await discord.autocomplete("reserves", "exchange", "bi", channel=channel)
    assert choices == [{"name": "Binance", "value": "binance"}, {"name": "Bitfinex", "value": "bitfinex"}]


async def test_a_very_long_name_is_cut_to_what_discord_takes(discord: FakeDiscord, channel: Channel) -> None:
    (only,) = await discord.autocomplete("reserves", "exchange", "aaa", channel=channel)
    assert only == {"name": "A" * 99 + "…", "value": "a" * 100}


async def test_what_is_nobodys_name_completes_to_nothing(discord: FakeDiscord, channel: Channel) -> None:
    assert await discord.autocomplete("reserves", "exchange", "\u202e" + "z" * 99, channel=channel) == []


async def test_a_mistyped_name_is_offered_the_right_one(discord: FakeDiscord, channel: Channel) -> None:
    choices = await discord.autocomplete("reserves", "exchange", "binanse", channel=channel)
    assert [choice["value"] for choice in choices] == ["binance"]


async def test_channels_complete_to_those_of_the_server_that_the_asker_sees(
    discord: FakeDiscord, channel: Channel
) -> None:
    guild = channel.guild
    assert guild is not None
    news = discord.channel(guild, "news")
    shelf = discord.channel(guild, "news shelf", type=CATEGORY)
    for new in (news, shelf):
        await discord.gateway.dispatch("CHANNEL_CREATE", new.json(discord.world.bot))
    assert await discord.autocomplete("subscribe", "place", "#NEW", channel=channel) == [
        {"name": "#news", "value": f"<#{news.id}>"}
    ]
    guild.everyone.permissions &= ~VIEW_CHANNEL
    await discord.gateway.dispatch("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": guild.everyone.json()})
    assert await discord.autocomplete("subscribe", "place", "", channel=channel) == []


async def test_roles_complete_to_those_of_the_server(bot: Bot, discord: FakeDiscord) -> None:
    guild = discord.guild("Traders")
    guild.roles.append(Role("Moderators", 0))
    channel = discord.channel(guild)
    await discord.join(guild)
    choices = await discord.autocomplete("subscribe", "mention", "", channel=channel)
    names = [choice["name"] for choice in choices]
    assert names[:2] == ["@here · who is online", "@everyone"]
    assert set(names[2:]) == {"@Moderators", "@Runwatch"}
    (moderators,) = await discord.autocomplete("subscribe", "mention", "@mod", channel=channel)
    assert moderators["value"] == f"<@&{guild.roles[0].id}>"


async def test_a_button_answers_the_one_who_pressed_it(discord: FakeDiscord, channel: Channel) -> None:
    first = await discord.slash("reserves", {"exchange": "binance"}, channel=channel)
    button = first.message["components"][0]["components"][0]
    answer = await discord.press(button["custom_id"], channel=channel, message=first.message)
    assert answer.embed["title"] == "🏦 Flows of binance"
    assert answer.ephemeral


async def test_the_library_keeps_no_buttons(bot: Bot, discord: FakeDiscord, channel: Channel) -> None:
    """The library keeps every view that is not stopped, which would be one per answer, for ever."""
    await discord.slash("reserves", {"exchange": "binance"}, channel=channel)
    await until(
        lambda: len(bot.subscriptions.cleared) == 2, "two places that are in no trouble any more"
    )  # what is done after an answer
    client = bot.chat._client  # noqa: SLF001 — what the library keeps grows with every answer
    assert client is not None
    assert list(client.persistent_views) == []


async def test_a_button_from_before_a_restart_works(discord: FakeDiscord, channel: Channel) -> None:
    """The whole command line is in the custom_id, so nothing has to be remembered."""
    answer = await discord.press("run:flows kraken", channel=channel)
    assert answer.embed["title"] == "🏦 Flows of kraken"


async def test_an_answer_in_place_changes_the_message_that_was_pressed(discord: FakeDiscord, channel: Channel) -> None:
    page = (await discord.slash("pages", {"number": "1"}, channel=channel)).message
    turned = await discord.press("edit:pages 2", channel=channel, message=page)
    assert (turned.message["id"], page["edits"]) == (page["id"], 1)
    assert page["embeds"][0]["title"] == "🏦 Page 2"
    assert page["components"][0]["components"][0]["custom_id"] == "edit:pages 3"

    last = await discord.press("edit:pages 4", channel=channel, message=page)
    assert (last.message["id"], page["components"]) == (page["id"], [])


async def test_a_refusal_does_not_take_the_place_of_what_was_pressed(discord: FakeDiscord, channel: Channel) -> None:
    page = (await discord.slash("pages", {"number": "1"}, channel=channel)).message
    refused = await discord.press("edit:pages 3", channel=channel, message=page)
    assert "There is no page 3." in refused.text
    assert refused.ephemeral
    assert page["edits"] == 0


async def test_what_only_the_asker_reads_takes_no_place_that_others_see(discord: FakeDiscord, channel: Channel) -> None:
    page = (await discord.slash("pages", {"number": "1"}, channel=channel)).message
    secret = await discord.press("edit:pages 5", channel=channel, message=page)
    assert (secret.ephemeral, page["edits"]) == (True, 0)
    again = await discord.press("edit:pages 5", channel=channel, message=secret.message)
    assert again.message["id"] == secret.message["id"]


@pytest.mark.parametrize("custom_id", ["run:gone binance", "something else", "run:", "flows binance"])
async def test_an_unknown_button_is_answered_politely(discord: FakeDiscord, channel: Channel, custom_id: str) -> None:
    answer = await discord.press(custom_id, channel=channel)
    assert answer.ephemeral
    assert "no longer exists" in answer.text


async def test_a_button_gives_no_rights(discord: FakeDiscord, channel: Channel) -> None:
    """A button is a command of whoever presses it, with their rights, not its author's."""
    refused = await discord.press("run:subscribe", channel=channel)
    assert "for the people who moderate" in refused.text
    allowed = await discord.press("run:subscribe", channel=channel, permissions=MANAGE_GUILD)
    assert allowed.embed["title"] == "🏦 Subscribed"


async def test_a_command_nobody_knows_any_more_is_answered(discord: FakeDiscord, channel: Channel) -> None:
    discord.commands.append({"id": "1", "name": "ancient", "contexts": None})
    answer = await discord.slash("ancient", channel=channel)
    assert "has changed" in answer.text
    assert answer.ephemeral


async def test_only_the_owner_may_hold(discord: FakeDiscord, channel: Channel) -> None:
    assert "for the owner" in (await discord.slash("hold", channel=channel)).text
    owner = User("owner", id=OWNER)
    assert (await discord.slash("hold", channel=channel, user=owner)).embed["title"] == "🏦 Held"


async def test_a_moderators_command_is_answered_to_the_moderator_only(bot: Bot, discord: FakeDiscord) -> None:
    answer = await discord.slash("loud", channel=await known_channel(discord), permissions=MANAGE_GUILD)
    assert answer.embed["title"] == "🏦 Loud"
    assert answer.ephemeral


@pytest.mark.parametrize(
    ("locale", "place_language", "translated"),
    [("es-419", "auto", True), ("fr", PSEUDO, True), ("fr", "auto", False), ("en-GB", PSEUDO, False)],
)
async def test_the_asker_is_answered_in_the_language_of_their_app_or_else_of_the_place(  # noqa: PLR0913 — three fixtures, three facts
    bot: Bot,
    discord: FakeDiscord,
    monkeypatch: pytest.MonkeyPatch,
    locale: str,
    place_language: str,
    *,
    translated: bool,
) -> None:
    pseudo_language(monkeypatch)
    channel, user = await known_channel(discord), User("Somebody", locale=locale)
    bot.place_settings.kept[Place(Platform.DISCORD, channel.id)] = PlaceSettings(language=place_language)
    discord.commands.append({"id": "1", "name": "ancient", "contexts": None})
    refused = await discord.press("run:subscribe", channel=channel, user=user)
    outdated = await discord.press("run:gone", channel=channel, user=user)
    stale = await discord.slash("ancient", channel=channel, user=user)
    suggested = await discord.autocomplete("subscribe", "mention", "@", channel=channel, user=user)
    for text in (refused.text, outdated.text, stale.text, suggested[0]["name"]):
        assert ("жж" in text) is translated


async def test_a_slow_answer_is_announced_and_follows() -> None:
    async with FakeDiscord() as discord, connected(build(discord, timeouts=QUICK_ANNOUNCEMENT), discord) as bot:
        answer = await discord.slash("wait", channel=discord.dm(User("anna")), wait=False)
        await discord.until(
            lambda: answer.announced == "public", "the word on Discord that an answer for all is coming"
        )
        assert answer.messages == []
        bot.slow_commands.may_answer.set()
        await discord.until(lambda: bool(answer.messages), "the answer on Discord")
        assert answer.embed["title"] == "🏦 At last"
        assert not answer.ephemeral


async def test_a_slow_answer_for_the_asker_only_does_not_take_the_public_place() -> None:
    """An announcement that all could see is deleted, and the hidden answer is sent as a follow-up."""
    async with FakeDiscord() as discord, connected(build(discord, timeouts=QUICK_ANNOUNCEMENT), discord) as bot:
        answer = await discord.slash("whisper", channel=discord.dm(User("anna")), wait=False)
        await discord.until(
            lambda: answer.announced == "public", "the word on Discord that an answer for all is coming"
        )
        bot.slow_commands.may_answer.set()
        await discord.until(lambda: bool(answer.messages), "the answer on Discord")
        assert answer.embed["title"] == "🏦 Psst"
        assert answer.ephemeral


async def test_a_slow_button_is_announced_to_the_asker_only() -> None:
    async with FakeDiscord() as discord, connected(build(discord, timeouts=QUICK_ANNOUNCEMENT), discord) as bot:
        answer = await discord.press("run:wait", channel=discord.dm(User("anna")), wait=False)
        await discord.until(
            lambda: answer.announced == "ephemeral", "the word on Discord that an answer for one is coming"
        )
        bot.slow_commands.may_answer.set()
        await discord.until(lambda: bool(answer.messages), "the answer on Discord")
        assert answer.ephemeral


@pytest.mark.parametrize("is_refused", [False, True])
async def test_a_slow_answer_in_place_leaves_the_message_as_it_is_until_it_comes(*, is_refused: bool) -> None:
    async with FakeDiscord() as discord, connected(build(discord, timeouts=QUICK_ANNOUNCEMENT), discord) as bot:
        anna = discord.dm(User("anna"))
        page = (await discord.slash("pages", {"number": "1"}, channel=anna)).message
        line = "whisper" if is_refused else "pages 6"
        answer = await discord.press(f"edit:{line}", channel=anna, message=page, wait=False)
        await discord.until(lambda: answer.responded, "the word on Discord that the press was seen")
        assert (answer.announced, page["edits"]) == (None, 0)
        bot.slow_commands.may_answer.set()
        await discord.until(lambda: bool(answer.messages), "the answer on Discord")
        assert (answer.message["id"] == page["id"]) is not is_refused


@pytest.mark.parametrize(("status", "code"), [(404, 10062), (400, 40060), (403, 50001)])
async def test_an_answer_that_is_not_taken_harms_nothing(
    discord: FakeDiscord, channel: Channel, status: int, code: int
) -> None:
    failure = discord.fail("POST", "/interactions/", status, code=code)
    await discord.slash("reserves", {"exchange": "okx"}, channel=channel, wait=False)
    await until(lambda: failure.times == 0, "the last of the failures")
    assert (await discord.slash("reserves", {"exchange": "okx"}, channel=channel)).messages


async def test_an_answer_whose_form_is_refused_comes_as_text(discord: FakeDiscord, channel: Channel) -> None:
    discord.fail("POST", "/interactions/", 400, code=50035)
    answer = await discord.slash("reserves", {"exchange": "okx"}, channel=channel)
    assert answer.message["content"] == "🏦 Reserves of okx"
    assert answer.message["embeds"] == []


async def test_a_command_brings_a_place_back_when_the_bot_can_post_there(
    bot: Bot, discord: FakeDiscord, channel: Channel
) -> None:
    """With `app_permissions` 0 the answer arrives, but an alert would not."""
    bot.subscriptions.cleared.clear()
    await discord.slash("top", channel=channel, app_permissions=0)
    await discord.slash("top", channel=channel)
    await until(lambda: bool(bot.subscriptions.cleared), "a place that is in no trouble any more")
    assert [place.chat for place in bot.subscriptions.cleared] == [channel.id]


def test_the_announcement_comes_well_within_discords_three_seconds() -> None:
    assert SHORT_TIMEOUTS.announce_after_s <= 1.5
