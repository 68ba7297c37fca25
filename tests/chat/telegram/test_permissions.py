"""Who may moderate what, and which rights the bot lacks where."""

import pytest

from bot.chat.telegram.permissions import ChatRights
from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import Author, BotIdentity
from bot.domain.errors import AskerError, NotPermitted
from tests.chat.telegram.scene import OpenApi, Scene, place
from tests.fakes.telegram import FakeTelegram
from tests.language.pseudo import pseudo_language


@pytest.fixture
def rights(telegram: FakeTelegram, open_api: OpenApi) -> ChatRights:
    api: BotApi = open_api(telegram.token, telegram.url)
    return ChatRights(api)


@pytest.fixture
def me(telegram: FakeTelegram) -> BotIdentity:
    return BotIdentity(telegram.bot.id, telegram.bot.username)


async def test_everybody_moderates_their_private_chat(rights: ChatRights, telegram: FakeTelegram) -> None:
    ann, bob = telegram.user("Ann"), telegram.user("Bob")
    assert await rights.may_moderate(Author(ann.id), place(ann.id))
    assert not await rights.may_moderate(Author(ann.id), place(bob.id))


@pytest.mark.parametrize(
    ("status", "may"),
    [("creator", True), ("administrator", True), ("member", False), ("restricted", False), ("left", False)],
)
async def test_administrators_moderate_a_group(
    rights: ChatRights, telegram: FakeTelegram, status: str, *, may: bool
) -> None:
    ann = telegram.user("Ann")
    group = telegram.group()
    group.members[ann.id] = status
    assert await rights.may_moderate(Author(ann.id), place(group.id)) is may


async def test_an_administrator_who_was_kicked_may_change_nothing_from_then_on(
    live: Scene, telegram: FakeTelegram
) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(admins=(ann,))
    telegram.say(group, ann, "/subscribe")
    assert "Subscribed" in (await telegram.wait_for_message(group)).text
    group.members[ann.id] = "kicked"
    telegram.say(group, ann, "/subscribe")
    assert "for the people who moderate" in (await telegram.wait_for_message(group)).text


async def test_a_button_of_a_dismissed_administrator_changes_nothing(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(admins=(ann,))
    telegram.say(group, ann, "/reserves okx")
    answer = await telegram.wait_for_message(group)
    telegram.press(answer, "subscribe", ann)
    assert "Subscribed" in (await telegram.wait_for_message(group)).text
    group.members[ann.id] = "member"
    live.sleeps.seconds.append(3)  # later than a double tap
    refused = telegram.press(answer, "subscribe", ann)
    await telegram.until(lambda: refused in telegram.answered, "a word on the press of a dismissed administrator")
    assert "for the people who moderate" in telegram.answered[refused]["text"]


async def test_a_no_is_asked_again(rights: ChatRights, telegram: FakeTelegram) -> None:
    """Who was just made an administrator must not be sent away for a minute."""
    ann = telegram.user("Ann")
    group = telegram.group(members=(ann,))
    assert not await rights.may_moderate(Author(ann.id), place(group.id))
    assert not await rights.may_moderate(Author(ann.id), place(group.id))
    group.members[ann.id] = "administrator"
    assert await rights.may_moderate(Author(ann.id), place(group.id))


@pytest.mark.parametrize("status", [400, 403, 429, 500])
async def test_whatever_fails_the_answer_is_no(rights: ChatRights, telegram: FakeTelegram, status: int) -> None:
    ann = telegram.user("Ann")
    group = telegram.group(admins=(ann,))
    telegram.fail("getChatMember", status=status, description="Oh no")
    assert not await rights.may_moderate(Author(ann.id), place(group.id))
    telegram.fail("getChatMember", status=200, body=b'{"ok": true, "result": []}')
    assert not await rights.may_moderate(Author(ann.id), place(group.id))


async def test_a_hidden_administrator_moderates_and_a_channel_in_a_group_does_not(
    live: Scene, telegram: FakeTelegram
) -> None:
    group, channel = telegram.group(), telegram.channel("news")
    telegram.say_anonymously(group, "/subscribe")
    assert "Subscribed" in (await telegram.wait_for_message(group)).text
    telegram.say_as_channel(group, channel, "/subscribe")
    assert "for the people who moderate" in (await telegram.wait_for_message(group)).text
    assert telegram.calls["getchatmember"] == 0


async def test_a_refusal_in_a_private_chat_is_in_the_language_of_the_asker(
    live: Scene, telegram: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudo_language(monkeypatch)
    ann = telegram.user("Ann", language="es-MX")
    for line in ("/find @nosuch", "/hold"):
        telegram.say(telegram.private(ann), ann, line)
        assert "жж" in (await telegram.wait_for_message(telegram.private(ann))).text


async def test_only_the_owner_gets_at_what_is_the_owners(live: Scene, telegram: FakeTelegram) -> None:
    owner, ann = telegram.user("Owner", user_id=7), telegram.user("Ann")
    group = telegram.group(admins=(ann,))
    for user in (ann, owner):
        telegram.say(group, user, "/hold")
    telegram.say_as_channel(group, telegram.private(owner), "/hold")
    answers = [(await telegram.wait_for_message(group)).text for _ in range(3)]
    assert sorted("Held" in answer for answer in answers) == [False, False, True]


async def test_a_channel_is_found_where_both_are_administrators(live: Scene, telegram: FakeTelegram) -> None:
    ann = telegram.user("Ann")
    chat, channel = telegram.private(ann), telegram.channel("ourchannel", admins=(ann,))
    for name in ("@ourchannel", "https://t.me/ourchannel", str(channel.id)):
        telegram.say(chat, ann, f"/find {name}")
        assert (await telegram.wait_for_message(chat)).text == f"🏦 Found telegram:{channel.id}"


async def test_a_channel_that_may_not_be_used_is_refused_with_the_reason(
    rights: ChatRights, telegram: FakeTelegram, me: BotIdentity
) -> None:
    ann, bob = telegram.user("Ann"), telegram.user("Bob")
    channel = telegram.channel("ourchannel", admins=(ann,))
    telegram.private(bob).username = "bob"
    with pytest.raises(AskerError, match="cannot see @nosuch"):
        await rights.find_chat(me, Author(ann.id), "@nosuch")
    with pytest.raises(AskerError, match="no channel and no group"):
        await rights.find_chat(me, Author(bob.id), "@bob")
    with pytest.raises(NotPermitted, match="Only an administrator of @ourchannel"):
        await rights.find_chat(me, Author(bob.id), "@ourchannel")
    with pytest.raises(NotPermitted, match="does not tell who you are"):
        await rights.find_chat(me, Author(None, channel.id), "@ourchannel")
    channel.can_post = False
    with pytest.raises(AskerError, match="Post messages"):
        await rights.find_chat(me, Author(ann.id), "@ourchannel")
    channel.bot = "member"
    with pytest.raises(AskerError, match="no administrator of @ourchannel"):
        await rights.find_chat(me, Author(ann.id), "@ourchannel")
    channel.bot = "left"
    with pytest.raises(AskerError, match="cannot see @ourchannel"):
        await rights.find_chat(me, Author(ann.id), "@ourchannel")
    telegram.fail("getChat")
    with pytest.raises(AskerError, match="did not answer"):
        await rights.find_chat(me, Author(ann.id), "@ourchannel")


@pytest.mark.parametrize(
    ("status", "can_post", "missing"),
    [
        ("administrator", True, ()),
        ("member", True, ()),
        ("member", False, ("Send messages",)),
        ("restricted", True, ()),
        ("restricted", False, ("Send messages",)),
        ("left", True, ("be a member",)),
        ("kicked", True, ("be a member",)),
    ],
)
async def test_missing_rights_are_named(  # noqa: PLR0913 — three facts and three fixtures
    rights: ChatRights,
    telegram: FakeTelegram,
    me: BotIdentity,
    *,
    status: str,
    can_post: bool,
    missing: tuple[str, ...],
) -> None:
    group = telegram.group(bot=status)
    group.can_post = can_post
    assert await rights.missing_for_bot(me, place(group.id)) == missing


async def test_a_channel_needs_the_right_to_post(rights: ChatRights, telegram: FakeTelegram, me: BotIdentity) -> None:
    channel = telegram.channel("news")
    assert await rights.missing_for_bot(me, place(channel.id)) == ()
    channel.can_post = False
    assert await rights.missing_for_bot(me, place(channel.id)) == ("Post messages",)


async def test_a_private_chat_lacks_nothing(rights: ChatRights, telegram: FakeTelegram, me: BotIdentity) -> None:
    assert await rights.missing_for_bot(me, place(telegram.user("Ann").id)) == ()
