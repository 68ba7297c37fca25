"""Keeps the command menus that Telegram shows up to date: one for each kind of reader.

In a group everybody sees the questions (`/reserves`, `/why` …), administrators also see `/subscribe`.
https://core.telegram.org/bots/api#botcommandscope
"""

import structlog
from telegram import (
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.error import TelegramError

from bot.chat.telegram.transport import BotApi
from bot.commands.declaration import Access, CommandSet

log = structlog.get_logger()

CommandMenu = tuple[tuple[str, str], ...]
"""Pairs of a command's name and description."""


def command_menus(commands: CommandSet) -> tuple[tuple[BotCommandScope, CommandMenu], ...]:
    """Return which readers are shown which menu."""
    for_members = _menu(commands, Access.MEMBER)
    for_moderators = _menu(commands, Access.MEMBER, Access.MODERATOR)
    # In a private chat everybody moderates. The owner's commands are in no menu: nobody else could use them.
    return (
        (BotCommandScopeAllPrivateChats(), for_moderators),
        (BotCommandScopeAllGroupChats(), for_members),
        (BotCommandScopeAllChatAdministrators(), for_moderators),
    )


async def update_command_menus(api: BotApi, commands: CommandSet) -> str:
    """Write those of Telegram's menus that differ from ours, and return why that failed ("" when it did not).

    A failure is logged: every command works without being in a menu.
    """
    try:
        for scope, menu in command_menus(commands):
            # Reading first: menus change with a new version only, and every start would write three for nothing.
            if await _published_menu(api, scope) != menu:
                await api.set_my_commands(menu, scope=scope)
                log.info("command menu updated", scope=scope.type, commands=len(menu))
    except TelegramError as error:
        log.warning("command menus not updated", error=str(error))
        return str(error)
    return ""


def _menu(commands: CommandSet, *access: Access) -> CommandMenu:
    return tuple((command.name, command.description) for command in commands if command.access in access)


async def _published_menu(api: BotApi, scope: BotCommandScope) -> CommandMenu | None:
    """Return the menu as Telegram has it, None when it cannot be read."""
    try:
        published = await api.call("getMyCommands", scope=scope.to_dict())
        return tuple((command["command"], command["description"]) for command in published)
    except (TelegramError, LookupError, TypeError):
        return None
