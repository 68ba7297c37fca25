"""One platform in a worker among several: it listens while that is the worker's duty, and may speak all the time."""

import asyncio

from typing_extensions import override

from bot.domain.place import Place
from bot.messages.model import Message
from bot.ports.chat import ChatPlatform, ProbingPlatform


class PlatformConnection(ChatPlatform):
    """A platform's two sides. `ear` answers people and may speak, `mouth` only speaks.

    A worker that only answers, or is the only one, needs no mouth; one that only delivers has no ear. With both,
    what is to be said goes through the ear while that is connected, for it knows which places can be written to.
    """

    def __init__(self, ear: ChatPlatform | None, mouth: ChatPlatform | None = None) -> None:
        self._listener = ear
        self._sender_side = mouth
        self._is_listening = False
        self.platform = self._any_side.platform

    @override
    async def run(self) -> None:
        self._is_listening = True
        try:
            await self._any_side.run()
        finally:
            self._is_listening = False

    async def run_sender(self) -> None:
        """Be ready to speak until cancelled, listening or not."""
        if self._sender_side:
            await self._sender_side.run()
        else:
            await asyncio.Event().wait()

    @override
    def trouble(self) -> str | None:
        if self._is_listening:
            return self._any_side.trouble()
        return self._sender_side.trouble() if self._sender_side else None

    def place_prober(self) -> ProbingPlatform | None:
        """Return who can say which places are open: the side that listens, while it is connected."""
        side = self._listener if self._is_listening else None
        return side if isinstance(side, ProbingPlatform) and side.trouble() is None else None

    @override
    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        return await self._speaking_side.send(place, message, key=key, reply_to=reply_to)

    @override
    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        await self._speaking_side.edit(place, message_id, message)

    @property
    def _any_side(self) -> ChatPlatform:
        one = self._listener or self._sender_side
        if one is None:
            raise ValueError("a presence has an ear or a mouth")
        return one

    @property
    def _speaking_side(self) -> ChatPlatform:
        connected = self._is_listening and self._any_side.trouble() is None
        return self._any_side if connected or self._sender_side is None else self._sender_side
