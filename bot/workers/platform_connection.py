"""One platform's connection in one worker: a listener, which only one worker may have connected, and a sender.

Telegram lets one process at a time ask for updates, and Discord's events are to be handled once. So of several workers
one listens to a platform (`leader_election`), while each that delivers may send all the time.
"""

import asyncio
from collections.abc import Sequence

from typing_extensions import override

from bot.domain.place import Place
from bot.messages.model import Message
from bot.ports.chat import ChatPlatform, CommandPublisher, ProbingPlatform


class PlatformConnection(ChatPlatform):
    """A platform's two sides: the `listener` answers people and can send too, the `sender` only sends.

    A worker that only answers, or is the only one, needs no sender; one that only delivers has no listener. With both,
    messages go through the listener while it is connected, because it knows which places can be written to.
    """

    def __init__(self, listener: ChatPlatform | None, sender: ChatPlatform | None = None) -> None:
        self._listener = listener
        self._sender = sender
        self._is_listening = False
        self.platform = self._main_side.platform

    @override
    async def run(self) -> None:
        self._is_listening = True
        try:
            await self._main_side.run()
        finally:
            self._is_listening = False

    async def run_sender(self) -> None:
        """Keep the sender ready until cancelled, whether this worker listens or not."""
        if self._sender:
            await self._sender.run()
        else:
            await asyncio.Event().wait()  # the caller expects a task that ends with the service, not before

    @override
    def trouble(self) -> str | None:
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
        return await self._sending_side.send(place, message, key=key, reply_to=reply_to)

    @override
    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        await self._sending_side.edit(place, message_id, message)

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
