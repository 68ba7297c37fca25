"""One chat platform as the core sees it: messages out, and whether a place is open."""

from typing import Protocol, runtime_checkable

from bot.domain.place import Place, Platform
from bot.messages.model import Message


class ChatPlatform(Protocol):
    """One chat platform as the core sees it. Failures are DeliveryErrors."""

    platform: Platform

    async def run(self) -> None:
        """Serve the platform until cancelled; heal by itself whatever the platform or the network does."""
        ...

    def trouble(self) -> str | None:
        """Return why the platform is not connected right now, as a short sentence; None when it is."""
        ...

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        """Send a message and return its id; `key` is the idempotency key, `reply_to` the message it answers."""
        ...

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        """Change a sent message; one that is the same already is no error; BadMessage when it cannot be changed."""
        ...


@runtime_checkable
class ProbingPlatform(ChatPlatform, Protocol):
    """A chat platform that can say whether a place is open, and where one person can be written to."""

    async def probe(self, place: Place) -> None:
        """Return when a place can be written to, as far as a cheap call can tell; else raise a DeliveryError."""
        ...

    async def private_place(self, person: str) -> Place:
        """Return where a person, by their id, is written to in private; raise DeliveryError."""
        ...
