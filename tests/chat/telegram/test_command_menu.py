"""The command menus that Telegram shows."""

import asyncio

import pytest

from bot.chat.telegram.command_menu import CommandMenus
from bot.language import translation
from bot.language.languages import LANGUAGES
from tests.chat.telegram.scene import COMMANDS, OpenApi, RecordedSleeps, Scene
from tests.fakes.catalogue import SmallCatalogue
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_faults import Parameters
from tests.waiting import stop, until

PRIVATE, GROUP, ADMINISTRATORS = (
    (scope, "") for scope in ("all_private_chats", "all_group_chats", "all_chat_administrators")
)
ALL = 3 * len(LANGUAGES)


@pytest.fixture
def sleeps() -> RecordedSleeps:
    return RecordedSleeps()


@pytest.fixture
def menus(telegram: FakeTelegram, open_api: OpenApi, sleeps: RecordedSleeps) -> CommandMenus:
    return CommandMenus(open_api(telegram.token, telegram.url), COMMANDS, sleeps.sleep)


def is_turkish(given: Parameters) -> bool:
    return given.get("language_code") == "tr"


async def publish(menus: CommandMenus, telegram: FakeTelegram) -> None:
    """Publish the menus until Telegram has taken all of them."""
    asked = telegram.calls["getmycommands"]
    menus.publish_soon()
    publishing = asyncio.create_task(menus.run())
    await until(
        lambda: not menus.problems and telegram.calls["getmycommands"] >= asked + ALL and len(telegram.commands) == ALL,
        "all menus on Telegram",
    )
    await stop(publishing)


async def test_everybody_sees_the_commands_they_may_use(telegram: FakeTelegram, menus: CommandMenus) -> None:
    await publish(menus, telegram)
    shown = {readers: [command["command"] for command in menu] for readers, menu in telegram.commands.items()}
    everything = ["reserves", "flows", "help", "subscribe", "lacking", "find", "pages", "watch"]
    for language in ("", "es", "ru", "tr", "pt", "zh"):
        assert shown.pop((PRIVATE[0], language)) == shown.pop((ADMINISTRATORS[0], language)) == everything
        questions = [name for name in everything if name not in {"subscribe", "watch"}]
        assert shown.pop((GROUP[0], language)) == questions
    assert shown == {}
    assert telegram.commands[PRIVATE][0]["description"] == "Show what an exchange holds"


async def test_a_menu_that_is_right_is_left_alone(telegram: FakeTelegram, menus: CommandMenus) -> None:
    await publish(menus, telegram)
    telegram.commands[GROUP] = []
    menus.publish_soon()
    publishing = asyncio.create_task(menus.run())
    await until(lambda: telegram.commands[GROUP], "the menu that was lost")
    await stop(publishing)
    assert telegram.calls["setmycommands"] == ALL + 1


async def test_a_menu_that_cannot_be_read_is_written(telegram: FakeTelegram, menus: CommandMenus) -> None:
    telegram.fail("getMyCommands", status=404, description="Not Found: method not found", times=3)
    await publish(menus, telegram)
    assert telegram.calls["setmycommands"] == ALL


async def test_a_menu_that_is_refused_with_a_pause_is_sent_after_it(
    telegram: FakeTelegram, menus: CommandMenus, sleeps: RecordedSleeps
) -> None:
    telegram.fail("setMyCommands", status=429, description="Too Many Requests", parameters={"retry_after": 40}, times=2)
    await publish(menus, telegram)
    assert sleeps.seconds == [40.0, 40.0]


async def test_after_a_pause_it_goes_on_where_it_was(
    telegram: FakeTelegram, menus: CommandMenus, sleeps: RecordedSleeps
) -> None:
    pause = {"retry_after": 40}
    telegram.fail("setMyCommands", status=429, description="Too Many Requests", parameters=pause, when=is_turkish)
    await publish(menus, telegram)
    assert sleeps.seconds == [40.0]
    assert telegram.calls["getmycommands"] == ALL + 1


async def test_a_menu_is_in_the_language_of_its_reader(
    telegram: FakeTelegram, menus: CommandMenus, monkeypatch: pytest.MonkeyPatch
) -> None:
    translations = {code: SmallCatalogue({"Show what moved": f"in {code}"}) for code in LANGUAGES}
    monkeypatch.setattr(translation, "_catalogue", translations.__getitem__)
    await publish(menus, telegram)
    of_groups = {language: menu for (scope, language), menu in telegram.commands.items() if scope == GROUP[0]}
    shown = {language: menu[1]["description"] for language, menu in of_groups.items()}
    assert shown == {
        "": "in en", "es": "in es", "ru": "in ru", "tr": "in tr", "pt": "in pt-BR", "zh": "in zh-CN",
    }  # fmt: skip


async def test_a_menu_that_is_refused_is_said_until_it_is_taken(telegram: FakeTelegram, open_api: OpenApi) -> None:
    may_go_on = asyncio.Event()

    async def sleep(seconds: float) -> None:
        assert seconds == 300.0
        await may_go_on.wait()

    menus = CommandMenus(open_api(telegram.token, telegram.url), COMMANDS, sleep)
    telegram.fail("setMyCommands", status=500)
    menus.publish_soon()
    publishing = asyncio.create_task(menus.run())
    await until(lambda: menus.problems, "the sentence that the menus are not published")
    (sentence,) = menus.problems
    assert "has not taken the command menus" in sentence
    assert "sent again in 5 min" in sentence
    may_go_on.set()
    await until(lambda: len(telegram.commands) == ALL and not menus.problems, "all menus on Telegram")
    await stop(publishing)


async def test_a_connection_publishes_the_menus(live: Scene, telegram: FakeTelegram) -> None:
    telegram.fail("setMyCommands", status=429, description="Too Many Requests", parameters={"retry_after": 40})
    await until(lambda: len(telegram.commands) == ALL, "all menus on Telegram")
    assert 40.0 in live.sleeps.seconds
