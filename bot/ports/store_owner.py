"""Whose data the store holds: on each platform one bot, which all of its places know.

A place lets in the bot that it was set up with. Another bot that sent the same alerts would be refused in most of them,
and a stranger to the rest.
"""

from typing import Protocol

from bot.domain.bot_account import BotAccount
from bot.domain.place import Platform


class StoreOwner(Protocol):
    """The bots that the store belongs to, one for each platform. Every method may raise StorageError."""

    async def claim(self, account: BotAccount) -> BotAccount:
        """Return whose the store is on the account's platform: the account itself, if it was nobody's yet."""
        ...

    async def take_over(self, account: BotAccount) -> None:
        """Make the store the account's, whoever had it before."""
        ...

    async def owner(self, platform: Platform) -> BotAccount | None:
        """Return whose the store is on a platform; None while it is nobody's."""
        ...

    async def places(self, platform: Platform) -> int:
        """Return how many places of a platform have subscribed; all of them know the owner only."""
        ...
