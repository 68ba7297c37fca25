"""Keeps the command menus that Telegram shows up to date: one for each kind of reader.

In a group everybody sees the questions (`/reserves`, `/why` …), administrators also see `/subscribe`. What Telegram
refuses is tried again: after a 429 "retry after 40" in 40 s, else in five minutes.
https://core.telegram.org/bots/api#botcommandscope
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog
from telegram import (
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)
from telegram.error import RetryAfter, TelegramError

from bot.chat.telegram.errors import retry_after_of
from bot.chat.telegram.transport import BotApi
from bot.commands.declaration import Access, CommandSet
from bot.messages.number_format import span

log = structlog.get_logger()

_RETRY_S = 300.0  # a menu of yesterday still works; a 429 names a pause of its own, which counts

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


class CommandMenus:
    """Publishes the menus after each connection, for as long as that takes; `problems` says meanwhile what is wrong.

    Every command works without being in a menu, so nothing else waits for this. `sleep` waits so many seconds.
    """

    def __init__(self, api: BotApi, commands: CommandSet, sleep: Callable[[float], Awaitable[None]]) -> None:
        self.problems: Sequence[str] = ()
        self._api = api
        self._commands = commands
        self._sleep = sleep
        self._is_due = asyncio.Event()

    def publish_soon(self) -> None:
        """Have `run` compare the menus with Telegram's, and write those that differ."""
        self._is_due.set()

    async def run(self) -> None:
        """Publish whenever that is asked for, until cancelled."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            while (pause_s := await self._publish()) is not None:
                await self._sleep(pause_s)

    async def _publish(self) -> float | None:
        """Write those of Telegram's menus that differ from ours; return the seconds until a new try, None when done."""
        try:
            for scope, menu in command_menus(self._commands):
                # Reading first: menus change with a new version only, and every start would write three for nothing.
                if await _published_menu(self._api, scope) != menu:
                    await self._api.set_my_commands(menu, scope=scope)
                    log.info("command menu updated", scope=scope.type, commands=len(menu))
        except Exception as error:  # noqa: BLE001 — the bot answers and delivers without its menus, so it goes on
            return self._record(error)
        self.problems = ()
        return None

    def _record(self, error: Exception) -> float:
        """Record why the menus are not up to date, and return the seconds until they are published again."""
        pause_s = retry_after_of(error).total_seconds() if isinstance(error, RetryAfter) else _RETRY_S
        log.warning("command menus not updated", error=str(error), again_in_s=pause_s)
        again = f"They are sent again in {span(timedelta(seconds=pause_s))}."
        self.problems = (f"Telegram has not taken the command menus ({error}): people see older ones or none. {again}",)
        return pause_s


def _menu(commands: CommandSet, *access: Access) -> CommandMenu:
    return tuple((command.name, command.description) for command in commands if command.access in access)


async def _published_menu(api: BotApi, scope: BotCommandScope) -> CommandMenu | None:
    """Return the menu as Telegram has it, None when it cannot be read."""
    try:
        published = await api.call("getMyCommands", scope=scope.to_dict())
        return tuple((command["command"], command["description"]) for command in published)
    except (TelegramError, LookupError, TypeError):
        return None
