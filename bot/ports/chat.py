"""One chat platform as the core sees it: messages go out, and a place can be probed. Everything raises DeliveryErrors.

The adapters in `bot/chat` translate a platform's answers: Telegram's 429 "retry after 7" becomes
`RetryLater(after=7 s, rate_limited=True)`, its 403 "bot was kicked" becomes `ChatGone`.
"""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from bot.domain.bot_account import BotAccount
from bot.domain.place import Place, Platform
from bot.messages.model import Message
from bot.ports.pictures import DrawnPicture


class ChatPlatform(Protocol):
    """A platform that messages can be sent to."""

    platform: Platform

    async def run(self) -> None:
        """Serve the platform until cancelled; reconnect by itself whatever the platform or the network does."""
        ...

    def trouble(self) -> str | None:
        """Return why the platform is not connected right now, as a short sentence; None when it is."""
        ...

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None = None) -> str:
        """Send a message and return its id.

        `key` is the idempotency key: where a platform can tell, a second call with it sends nothing. `reply_to` is the
        id of the message that this one answers.
        """
        ...

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        """Replace what a sent message says; raise BadMessage when it cannot be edited. No change is no error."""
        ...


@runtime_checkable
class PicturePlatform(ChatPlatform, Protocol):
    """A platform that shows pictures."""

    async def send_picture(self, place: Place, picture: DrawnPicture, *, key: str, reply_to: str) -> None:
        """Post a picture without words and without a sound, as an answer to the message `reply_to`."""
        ...


@runtime_checkable
class PublishingPlatform(ChatPlatform, Protocol):
    """A platform with channels whose messages can be published to those who follow the channel."""

    async def publish(self, place: Place, message_id: str) -> None:
        """Publish a message of the bot's own; one that is published already is no error."""
        ...


@runtime_checkable
class ProbingPlatform(ChatPlatform, Protocol):
    """A platform that can say whether a place is open, and where a person is written to in private."""

    async def probe(self, place: Place) -> None:
        """Return when a place can be written to, as far as a cheap call that shows nothing there can tell."""
        ...

    async def private_place(self, person: str) -> Place:
        """Return where a person, given by their id on the platform, is written to in private."""
        ...


@runtime_checkable
class CommandPublisher(ChatPlatform, Protocol):
    """A platform that shows people the list of commands, and can refuse to take it."""

    def command_problems(self) -> Sequence[str]:
        """Return why the list that people see may be missing or outdated, a sentence each; nothing when it is right."""
        ...


@runtime_checkable
class AuthenticatedPlatform(ChatPlatform, Protocol):
    """A platform that is entered with a bot's token."""

    async def account(self) -> BotAccount:
        """Return the bot that the token belongs to, as the platform says; nothing else is asked or changed there."""
        ...
