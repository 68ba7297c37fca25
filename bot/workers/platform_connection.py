"""One platform's connection in one worker: a listener, which only one worker may have connected, and a sender.

Telegram lets one process at a time ask for updates, and Discord's events are to be handled once. So of several workers
one listens to a platform (`leader_election`), while each that delivers may send all the time. Neither does anything
before the store is known to be this bot's (`identity_check`).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import timedelta

from typing_extensions import override

from bot.domain.bot_account import BotAccount
from bot.domain.errors import RetryLater
from bot.domain.place import Place
from bot.messages.model import Message
from bot.ports.chat import (
    AuthenticatedPlatform,
    ChatPlatform,
    CommandPublisher,
    PicturePlatform,
    ProbingPlatform,
    PublishingPlatform,
)
from bot.ports.pictures import DrawnPicture
from bot.workers.identity_check import IdentityCheck

_ANSWER_TIMEOUT_S = 5.0
_LOOK_AGAIN_S = 1.0
_UNCHECKED_PAUSE = timedelta(seconds=5)  # about as long as a platform needs to say whose token it is


class PlatformConnection(PicturePlatform, PublishingPlatform):
    """A platform's two sides: the `listener` answers people and can send too, the `sender` only sends.

    A worker that only answers, or is the only one, needs no sender; one that only delivers has no listener. With both,
    messages go through the listener while it is connected, because it knows which places can be written to.
    `identity` is None where no token is needed, as on the terminal.
    """

    def __init__(
        self,
        listener: ChatPlatform | None,
        sender: ChatPlatform | None = None,
        *,
        identity: IdentityCheck | None = None,
    ) -> None:
        self._listener = listener
        self._sender = sender
        self._identity = identity
        self._is_listening = False
        self.platform = self._main_side.platform

    @override
    async def run(self) -> None:
        await self.admitted()
        self._is_listening = True
        try:
            await self._main_side.run()
        finally:
            self._is_listening = False

    async def run_sender(self) -> None:
        """Find out whose token it is; then keep the sender ready until cancelled, whether this worker listens or not.

        Raise ConfigurationError when another bot has taken the store over meanwhile.
        """
        async with asyncio.TaskGroup() as tasks:
            if self._identity and isinstance(self._main_side, AuthenticatedPlatform):
                tasks.create_task(self._identity.keep_checking(self._main_side))
            await self.admitted()
            # Without a sender too, the caller expects a task that ends with the service, not before.
            await (self._sender.run() if self._sender else asyncio.Event().wait())

    async def account(self) -> BotAccount:
        """Return the bot that the token belongs to; raise DeliveryError."""
        if not isinstance(self._main_side, AuthenticatedPlatform):
            raise TypeError(f"{self.platform} is entered without a token")
        return await self._main_side.account()

    async def admitted(self) -> None:
        """Wait until the store is known to be this bot's, so that it may send and listen."""
        if self._identity:
            await self._identity.passed()

    async def identity_answered(self) -> None:
        """Wait until the platform was asked once whose token it is, whatever came of it."""
        if self._identity:
            await self._identity.answered()

    @property
    def is_admitted(self) -> bool:
        """Return whether it may send and listen."""
        return not self._identity or self._identity.has_passed

    @property
    def is_refused(self) -> bool:
        """Return whether the store is known to be another bot's."""
        return self._identity is not None and self._identity.is_refused

    def identity_trouble(self) -> str | None:
        """Return why it may not send and listen yet, None when it may."""
        return self._identity.trouble or None if self._identity else None

    @override
    def trouble(self) -> str | None:
        if identity_trouble := self.identity_trouble():
            return identity_trouble
        if self._is_listening:
            return self._main_side.trouble()
        return self._sender.trouble() if self._sender else None

    def command_problems(self) -> Sequence[str]:
        """Return why people may see no commands or old ones, as far as the listener knows; nothing when all is well."""
        listener = self._listener if self._is_listening else None
        return listener.command_problems() if isinstance(listener, CommandPublisher) else ()

    def place_prober(self) -> ProbingPlatform | None:
        """Return what can say which places are open: the listener, while it is connected."""
        # Only a connected listener is told when rights change; a sender, or a listener that reconnects, would guess.
        listener = self._listener if self._is_listening else None
        return listener if isinstance(listener, ProbingPlatform) and listener.trouble() is None else None

    @override
    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        self._check_admitted()
        return await self._sending_side.send(place, message, key=key, reply_to=reply_to)

    @override
    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        self._check_admitted()
        await self._sending_side.edit(place, message_id, message)

    @override
    async def send_picture(self, place: Place, picture: DrawnPicture, *, key: str, reply_to: str) -> None:
        self._check_admitted()
        side = self._sending_side
        if isinstance(side, PicturePlatform):
            await side.send_picture(place, picture, key=key, reply_to=reply_to)

    @override
    async def publish(self, place: Place, message_id: str) -> None:
        self._check_admitted()
        side = self._sending_side
        if isinstance(side, PublishingPlatform):
            await side.publish(place, message_id)

    def _check_admitted(self) -> None:
        """Raise RetryLater while the store may be another bot's: its places must not hear from a stranger."""
        if trouble := self.identity_trouble():
            raise RetryLater(trouble, after=_UNCHECKED_PAUSE, whole_bot=True)

    @property
    def _main_side(self) -> ChatPlatform:
        side = self._listener or self._sender
        if side is None:
            raise ValueError("a platform connection needs a listener or a sender")
        return side

    @property
    def _sending_side(self) -> ChatPlatform:
        is_connected = self._is_listening and self._main_side.trouble() is None
        return self._main_side if is_connected or self._sender is None else self._sender


async def while_not_refused(chats: Sequence[PlatformConnection], work: Callable[[], Awaitable[None]]) -> None:
    """Do work that belongs to no platform, such as polling, unless the store is another bot's on every platform.

    It begins when each platform was asked whose token it is, or has not answered for 5 s: an outage of Telegram is no
    reason to read nothing.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(_ANSWER_TIMEOUT_S):
            for chat in chats:
                await chat.identity_answered()
    while True:
        await _until(lambda: not _all_refused(chats))
        async with asyncio.TaskGroup() as tasks:
            working = tasks.create_task(_as_coroutine(work))
            await _until(lambda: _all_refused(chats))
            working.cancel()


def _all_refused(chats: Sequence[PlatformConnection]) -> bool:
    return bool(chats) and all(chat.is_refused for chat in chats)


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 — it changes when a platform answers late, which is rare and no hurry
        await asyncio.sleep(_LOOK_AGAIN_S)


async def _as_coroutine(work: Callable[[], Awaitable[None]]) -> None:
    """Make any awaitable what `create_task` takes."""
    await work()
