"""Compares the bot that a token belongs to with the bot that the store belongs to, before anything is sent.

Bot A (id 4242) ran on a Redis; its store says `telegram → 4242`. Somebody starts bot B (id 5555) on the same REDIS_URL.
Without this check B would claim A's deliveries and send them with B's token to places that know only A: they would be
refused there, and A's subscribers would hear nothing. With it B stands still, says why and what to set, and A goes on.

The same bot with another token has the same id, and passes. A store that is nobody's becomes that of the first bot
that connects.
"""

import asyncio
from typing import NoReturn

import structlog

from bot.domain.bot_account import BotAccount
from bot.domain.errors import ConfigurationError, DeliveryError, RetryLater, StorageError
from bot.domain.place import Platform
from bot.ports.chat import AuthenticatedPlatform
from bot.ports.store_owner import StoreOwner

log = structlog.get_logger()

_FIRST_RETRY_S, _LONGEST_RETRY_S = 1.0, 60.0  # like those of a connection that is lost
# How often the store is compared again: it may have been emptied, or given to another bot. One read each time.
_CHECK_AGAIN_S = 30.0


class IdentityCheck:
    """The comparison on one platform. `trouble` says why it has not passed yet; "" once it has."""

    def __init__(self, platform: Platform, store_owner: StoreOwner, *, check_again_s: float = _CHECK_AGAIN_S) -> None:
        self.platform = platform
        self.trouble = f"{platform.title()} has not said yet whose token this is"
        self._store_owner = store_owner
        self._check_again_s = check_again_s
        self._refused_by: BotAccount | None = None
        self._has_passed = asyncio.Event()
        self._is_answered = asyncio.Event()

    @property
    def has_passed(self) -> bool:
        """Return whether the store is this bot's, so that it may send and listen."""
        return self._has_passed.is_set()

    @property
    def is_refused(self) -> bool:
        """Return whether the store is known to be another bot's."""
        return self._refused_by is not None

    async def passed(self) -> None:
        """Wait until the store is known to be this bot's."""
        await self._has_passed.wait()

    async def answered(self) -> None:
        """Wait until the platform was asked once, whatever came of it."""
        await self._is_answered.wait()

    async def keep_checking(self, chat: AuthenticatedPlatform) -> NoReturn:
        """Compare again and again, until cancelled; raise ConfigurationError when another bot took the store over."""
        account = await self._ask(chat)
        while True:
            try:
                await self._compare(account)
            except StorageError as error:  # while it is away nothing can be claimed from it either
                if not self.has_passed:
                    self._record(str(error))
            await asyncio.sleep(self._check_again_s)

    async def _ask(self, chat: AuthenticatedPlatform) -> BotAccount:
        """Return whose token it is, however long the platform is away."""
        pause_s = _FIRST_RETRY_S
        while True:
            try:
                return await chat.account()
            except DeliveryError as error:
                self._record(str(error))
                named_s = error.after.total_seconds() if isinstance(error, RetryLater) and error.rate_limited else 0.0
            await asyncio.sleep(max(pause_s, named_s))
            pause_s = min(2 * pause_s, _LONGEST_RETRY_S)

    async def _compare(self, account: BotAccount) -> None:
        owner = await self._store_owner.owner(self.platform)
        # Asked first, so that a worker that has known the bot's older name longer does not write it again and again.
        if owner is None or (owner.id == account.id and not self.has_passed):
            owner = await self._store_owner.claim(account)
        if owner.id == account.id:
            self.trouble, self._refused_by = "", None
            self._has_passed.set()
            self._is_answered.set()
        elif owner != self._refused_by:
            sentence = refusal_of(account, owner, await self._store_owner.places(self.platform))
            if self.has_passed:
                raise ConfigurationError(sentence)
            self._refused_by = owner
            self._record(sentence)

    def _record(self, trouble: str) -> None:
        """Record why it has not passed, and log it once."""
        if trouble != self.trouble:
            if self.is_refused:
                log.error("the store belongs to another bot", platform=str(self.platform), reason=trouble)
            else:
                log.warning("identity not checked yet", platform=str(self.platform), reason=trouble)
        self.trouble = trouble
        self._is_answered.set()


def refusal_of(account: BotAccount, owner: BotAccount, places: int) -> str:
    """Return why a bot must not use the store of another one, what it could not reach, and what to do."""
    name = f"{account.platform.upper()}_TOKEN"
    knowing = "1 place that subscribed knows" if places == 1 else f"{places:,} places that subscribed know"
    return (
        f"This store belongs to {owner.label}, but {name} is that of {account.label}. Nothing is sent or answered on "
        f"{account.platform.title()}: the {knowing} only the former. To run both bots on one server, set REDIS_PREFIX "
        "for this one, for example REDIS_PREFIX=second: (or another REDIS_URL or DATA_DIR). To let this bot take over "
        "the data, run `runwatch take-over`; it reaches a place once it was added there"
    )
