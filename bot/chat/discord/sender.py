"""Messages to places: sent once, answered, changed; refusals that can be foreseen never reach Discord."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import discord
import structlog

from bot.chat.discord.errors import ARCHIVED, BAD_FORM, FAILURES, NO_HISTORY, translate
from bot.chat.discord.gateway import Gateway
from bot.chat.discord.places import lacking
from bot.chat.discord.render import Payload, payload, plain_payload
from bot.chat.discord.rest import patch, post, unarchive
from bot.domain.errors import BadMessage, ChatGone, DeliveryError, NotAllowed
from bot.domain.place import Obstacle, Place, Platform
from bot.messages.model import Message
from bot.ports.meter import Meter

log = structlog.get_logger()

Written = TypeVar("Written")

_NONCE = 25  # https://docs.discord.com/developers/resources/message#create-message


class DiscordSender:
    """Writes to channels and threads over one client; every failure is a DeliveryError.

    A message whose form Discord refuses is our own fault: it goes out once more as plain text, and is counted.
    """

    def __init__(self, client: Gateway, *, timeout_seconds: float, meter: Meter) -> None:
        self._client = client
        self._timeout = timeout_seconds
        self._meter = meter

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None) -> str:
        """Send a message and return its id.

        Discord remembers the nonce for some minutes and answers a repeated one with the message it made of the first.
        """
        channel_id = snowflake(place)
        foresee_refusal(self._client, channel_id)
        common: Payload = {"nonce": key[:_NONCE], "enforce_nonce": True}
        if reply_to is not None:
            common["message_reference"] = {"message_id": reply_to, "fail_if_not_exists": False}

        async def write(form: Payload) -> str:
            return await self._post(channel_id, {**form, **common})

        return await self._first_taken(place, message, write)

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        """Change a message; its ping, if it had one, stays as it is. A thread archived meanwhile is opened for it."""
        channel_id = snowflake(place)
        number = _number(message_id, BadMessage("the message has no valid id"))
        foresee_refusal(self._client, channel_id)

        async def write(form: Payload) -> None:
            kept = {"content", "flags"} if "embeds" in form else {"flags"}
            changed = {part: value for part, value in form.items() if part not in kept}
            await self._patch(channel_id, number, {"embeds": [], "components": [], **changed})

        await self._first_taken(place, message, write)

    async def _first_taken(
        self, place: Place, message: Message, write: Callable[[Payload], Awaitable[Written]]
    ) -> Written:
        """Write a message in its full form or, when that is refused, in its plain one."""
        try:
            try:
                return await write(payload(message))
            except discord.HTTPException as error:
                if error.code != BAD_FORM:
                    raise
                log.error("form refused, sent as plain text", place=str(place), error=error.text[:500])  # noqa: TRY400 — where it was raised says nothing
            self._meter.count_delivery(Platform.DISCORD, "retried", "plain text")
            return await write(plain_payload(message))
        except FAILURES as error:
            raise translate(error) from error

    async def _post(self, channel_id: int, body: Payload) -> str:
        try:
            async with asyncio.timeout(self._timeout):
                return await post(self._client.http, channel_id, body)
        except discord.HTTPException as error:
            if error.code != NO_HISTORY or "message_reference" not in body:
                raise
        alone: dict[str, Any] = {part: value for part, value in body.items() if part != "message_reference"}
        return await self._post(channel_id, alone)

    async def _patch(self, channel_id: int, message_id: int, body: Payload, *, again: bool = True) -> None:
        """Change a message; a thread that is archived is opened first, if the bot may open it."""
        try:
            async with asyncio.timeout(self._timeout):
                await patch(self._client.http, channel_id, message_id, body)
        except discord.HTTPException as error:
            if error.code != ARCHIVED or not again:
                raise
            await self._open(channel_id, error)
            await self._patch(channel_id, message_id, body, again=False)

    async def _open(self, thread_id: int, archived: discord.HTTPException) -> None:
        """Open an archived thread; raise that it is archived where only moderators may open it."""
        try:
            async with asyncio.timeout(self._timeout):
                await unarchive(self._client.http, thread_id)
        except discord.Forbidden:
            raise archived from None


def foresee_refusal(client: Gateway, channel_id: int) -> None:
    """Raise what Discord would say: 10,000 refusals within 10 minutes shut the whole address out."""
    channel = client.find_channel(channel_id) if client.connected else None
    names = [name for name in lacking(channel) if name != "Attach Files"] if channel else []
    if "View Channel" in names:
        raise ChatGone("the bot has no access to the channel", Obstacle.UNSEEN, foreseen=True)
    if names:
        lacks = ", ".join(names)
        raise NotAllowed(f"the bot lacks permissions in the channel: {lacks}", Obstacle.NO_RIGHTS, foreseen=True)


def snowflake(place: Place) -> int:
    """Return the id of a channel or thread; raise ChatGone for what is none."""
    return _number(place.chat, ChatGone("the channel has no valid id", Obstacle.DELETED))


def _number(text: str, otherwise: DeliveryError) -> int:
    if not text.isdecimal():
        raise otherwise
    return int(text)
