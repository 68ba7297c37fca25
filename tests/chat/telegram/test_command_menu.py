"""The command menus that Telegram shows."""

import asyncio

import pytest

from bot.chat.telegram.command_menu import CommandMenus
from tests.chat.telegram.scene import COMMANDS, OpenApi, RecordedSleeps, Scene
from tests.fakes.telegram import FakeTelegram
from tests.waiting import stop, until

PRIVATE, GROUP, ADMINISTRATORS = (
    (scope, "") for scope in ("all_private_chats", "all_group_chats", "all_chat_administrators")
)


@pytest.fixture
def sleeps() -> RecordedSleeps:
    return RecordedSleeps()


@pytest.fixture
def menus(telegram: FakeTelegram, open_api: OpenApi, sleeps: RecordedSleeps) -> CommandMenus:
    return CommandMenus(open_api(telegram.token, telegram.url), COMMANDS, sleeps.sleep)


async def publish(menus: CommandMenus, telegram: FakeTelegram) -> None:
    """Publish the menus until Telegram has taken all three."""
    asked = telegram.calls["getmycommands"]
    menus.publish_soon()
    publishing = asyncio.create_task(menus.run())
    await until(
        lambda: not menus.problems and telegram.calls["getmycommands"] >= asked + 3 and len(telegram.commands) == 3,
        "three menus on Telegram",
    )
    await stop(publishing)


async def test_everybody_sees_the_commands_they_may_use(telegram: FakeTelegram, menus: CommandMenus) -> None:
    await publish(menus, telegram)
    shown = {scope: [command["command"] for command in menu] for scope, menu in telegram.commands.items()}
    everything = ["reserves", "flows", "help", "subscribe", "lacking", "find", "pages", "watch"]
    assert shown == {
        PRIVATE: everything,
        GROUP: [name for name in everything if name not in {"subscribe", "watch"}],
        ADMINISTRATORS: everything,
    }
    assert telegram.commands[PRIVATE][0]["description"] == "Show what an exchange holds"


async def test_a_menu_that_is_right_is_left_alone(telegram: FakeTelegram, menus: CommandMenus) -> None:
    await publish(menus, telegram)
    telegram.commands[GROUP] = []
    menus.publish_soon()
    publishing = asyncio.create_task(menus.run())
    await until(lambda: telegram.commands[GROUP], "the menu that was lost")
    await stop(publishing)
    assert telegram.calls["setmycommands"] == 4


async def test_a_menu_that_cannot_be_read_is_written(telegram: FakeTelegram, menus: CommandMenus) -> None:
    telegram.fail("getMyCommands", status=404, description="Not Found: method not found", times=3)
    await publish(menus, telegram)
    assert telegram.calls["setmycommands"] == 3


async def test_a_menu_that_is_refused_with_a_pause_is_sent_after_it(
    telegram: FakeTelegram, menus: CommandMenus, sleeps: RecordedSleeps
) -> None:
    telegram.fail("setMyCommands", status=429, description="Too Many Requests", parameters={"retry_after": 40}, times=2)
    await publish(menus, telegram)
    assert sleeps.seconds == [40.0, 40.0]


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
    await until(lambda: len(telegram.commands) == 3 and not menus.problems, "three menus on Telegram")
    await stop(publishing)


async def test_a_connection_publishes_the_menus(live: Scene, telegram: FakeTelegram) -> None:
    telegram.fail("setMyCommands", status=429, description="Too Many Requests", parameters={"retry_after": 40})
    await until(lambda: len(telegram.commands) == 3, "three menus on Telegram")
    assert 40.0 in live.sleeps.seconds
