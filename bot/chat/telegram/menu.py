"""The menus of commands that Telegram shows, one for each kind of reader."""

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

Menu = tuple[tuple[str, str], ...]
"""Pairs of a command's name and description."""


def menus(commands: CommandSet) -> tuple[tuple[BotCommandScope, Menu], ...]:
    """Return who is shown what. In a private chat everybody moderates; the owner's commands are in no menu."""
    open_to_all = _menu(commands, Access.MEMBER)
    for_moderators = _menu(commands, Access.MEMBER, Access.MODERATOR)
    return (
        (BotCommandScopeAllPrivateChats(), for_moderators),
        (BotCommandScopeAllGroupChats(), open_to_all),
        (BotCommandScopeAllChatAdministrators(), for_moderators),
    )


async def show_menus(api: BotApi, commands: CommandSet) -> None:
    """Bring Telegram's menus up to date, changing only those that differ. A failure is logged: menus are a comfort."""
    try:
        for scope, menu in menus(commands):
            if await _shown(api, scope) != menu:
                await api.set_my_commands(menu, scope=scope)
                log.info("menu changed", scope=scope.type, commands=len(menu))
    except TelegramError as error:
        log.warning("menus not shown", error=str(error))


def _menu(commands: CommandSet, *access: Access) -> Menu:
    return tuple((command.name, command.description) for command in commands if command.access in access)


async def _shown(api: BotApi, scope: BotCommandScope) -> Menu | None:
    """Return the menu as Telegram has it, None when it cannot be told."""
    try:
        shown = await api.call("getMyCommands", scope=scope.to_dict())
        return tuple((one["command"], one["description"]) for one in shown)
    except (TelegramError, LookupError, TypeError):
        return None
