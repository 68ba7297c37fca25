"""The command menus that Telegram shows."""

from bot.chat.telegram.command_menu import update_command_menus
from tests.chat.telegram.scene import COMMANDS, OpenApi
from tests.fakes.telegram import FakeTelegram

PRIVATE, GROUP, ADMINISTRATORS = (
    (scope, "") for scope in ("all_private_chats", "all_group_chats", "all_chat_administrators")
)


async def test_everybody_sees_the_commands_they_may_use(telegram: FakeTelegram, open_api: OpenApi) -> None:
    assert await update_command_menus(open_api(telegram.token, telegram.url), COMMANDS) == ""
    shown = {scope: [command["command"] for command in menu] for scope, menu in telegram.commands.items()}
    everything = ["reserves", "flows", "help", "subscribe", "lacking", "find"]
    assert shown == {
        PRIVATE: everything,
        GROUP: [name for name in everything if name != "subscribe"],
        ADMINISTRATORS: everything,
    }
    assert telegram.commands[PRIVATE][0]["description"] == "Show what an exchange holds"


async def test_a_menu_that_is_right_is_left_alone(telegram: FakeTelegram, open_api: OpenApi) -> None:
    api = open_api(telegram.token, telegram.url)
    await update_command_menus(api, COMMANDS)
    telegram.commands[GROUP] = []
    await update_command_menus(api, COMMANDS)
    assert telegram.calls["setmycommands"] == 4


async def test_a_menu_that_cannot_be_read_is_written(telegram: FakeTelegram, open_api: OpenApi) -> None:
    telegram.fail("getMyCommands", status=404, description="Not Found: method not found", times=3)
    await update_command_menus(open_api(telegram.token, telegram.url), COMMANDS)
    assert telegram.calls["setmycommands"] == 3


async def test_a_menu_is_no_reason_to_fail(telegram: FakeTelegram, open_api: OpenApi) -> None:
    telegram.fail("setMyCommands", status=500)
    assert await update_command_menus(open_api(telegram.token, telegram.url), COMMANDS) == "Internal Server Error"
    assert telegram.commands == {}
