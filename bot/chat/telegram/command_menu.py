"""Keeps the command menus that Telegram shows up to date: one for each kind of reader in each language.

In a group everybody sees the questions (`/reserves`, `/why` …), administrators also see `/subscribe`. Commands are the
same in every language, what is said of them is in that of the reader's app. What Telegram refuses is tried again: after
a 429 "retry after 40" in 40 s, else in five minutes.
https://core.telegram.org/bots/api#botcommandscope
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
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
from bot.language.languages import ENGLISH, LANGUAGES
from bot.language.translation import tr, written_in
from bot.messages.number_format import span

log = structlog.get_logger()

_RETRY_S = 300.0  # a menu of yesterday still works; a 429 names a pause of its own, which counts

CommandMenu = tuple[tuple[str, str], ...]
"""Pairs of a command's name and description."""


@dataclass(frozen=True, slots=True)
class MenuReaders:
    """Who is shown the same menu: a kind of chat, with a language of ours, and what they may use."""

    scope: BotCommandScope
    language: str
    access: tuple[Access, ...]

    @property
    def language_code(self) -> str | None:
        """Return the language as Telegram names it, by two letters; None for whoever reads none of the others."""
        return None if self.language == ENGLISH else self.language.partition("-")[0]

    def menu(self, commands: CommandSet) -> CommandMenu:
        """Return what they are shown."""
        with written_in(self.language):
            return tuple(
                (command.name, tr(command.description)) for command in commands if command.access in self.access
            )


def menu_readers() -> Sequence[MenuReaders]:
    """Return everybody who is shown a menu."""
    member, moderator = (Access.MEMBER,), (Access.MEMBER, Access.MODERATOR)
    # In a private chat everybody moderates. The owner's commands are in no menu: nobody else could use them.
    scopes: tuple[tuple[BotCommandScope, tuple[Access, ...]], ...] = (
        (BotCommandScopeAllPrivateChats(), moderator),
        (BotCommandScopeAllGroupChats(), member),
        (BotCommandScopeAllChatAdministrators(), moderator),
    )
    return [MenuReaders(scope, language, access) for language in LANGUAGES for scope, access in scopes]


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
        self._left: deque[MenuReaders] = deque()  # whose menus are still to be compared

    def publish_soon(self) -> None:
        """Have `run` compare the menus with Telegram's, and write those that differ."""
        self._is_due.set()

    async def run(self) -> None:
        """Publish whenever that is asked for, until cancelled."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            self._left = deque(menu_readers())
            while (pause_s := await self._publish()) is not None:
                await self._sleep(pause_s)

    async def _publish(self) -> float | None:
        """Write those of Telegram's menus that differ from ours; return the seconds until a new try, None when done."""
        try:
            while self._left:
                await self._publish_menu(self._left[0])
                self._left.popleft()  # a new try goes on behind it
        except Exception as error:  # noqa: BLE001 — the bot answers and delivers without its menus, so it goes on
            return self._record(error)
        self.problems = ()
        return None

    async def _publish_menu(self, readers: MenuReaders) -> None:
        menu = readers.menu(self._commands)
        # Reading first: menus change with a new version only, and every start would write eighteen for nothing.
        if await _published_menu(self._api, readers) == menu:
            return
        await self._api.set_my_commands(menu, scope=readers.scope, language_code=readers.language_code)
        log.info("command menu updated", scope=readers.scope.type, language=readers.language, commands=len(menu))

    def _record(self, error: Exception) -> float:
        """Record why the menus are not up to date, and return the seconds until they are published again."""
        pause_s = retry_after_of(error).total_seconds() if isinstance(error, RetryAfter) else _RETRY_S
        log.warning("command menus not updated", error=str(error), again_in_s=pause_s)
        again = f"They are sent again in {span(timedelta(seconds=pause_s))}."
        self.problems = (f"Telegram has not taken the command menus ({error}): people see older ones or none. {again}",)
        return pause_s


async def _published_menu(api: BotApi, readers: MenuReaders) -> CommandMenu | None:
    """Return the menu as Telegram has it, None when it cannot be read."""
    try:
        published = await api.call("getMyCommands", scope=readers.scope.to_dict(), language_code=readers.language_code)
        return tuple((command["command"], command["description"]) for command in published)
    except (TelegramError, LookupError, TypeError):
        return None
