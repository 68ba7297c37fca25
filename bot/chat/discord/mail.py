"""Messages to places: sent once, answered, changed; refusals that can be foreseen never reach Discord."""

import asyncio
from typing import Any

import discord

from bot.chat.discord.errors import ARCHIVED, FAILURES, NO_HISTORY, translate
from bot.chat.discord.gateway import Gateway
from bot.chat.discord.places import lacking
from bot.chat.discord.render import Payload, payload
from bot.chat.discord.rest import patch, post, unarchive
from bot.domain.errors import BadMessage, ChatGone, DeliveryError, NotAllowed
from bot.domain.place import Place
from bot.messages.model import Message

_NONCE = 25  # https://docs.discord.com/developers/resources/message#create-message


class Mail:
    """Writes to channels and threads over one client; every failure is a DeliveryError."""

    def __init__(self, client: Gateway, *, timeout_seconds: float) -> None:
        self._client = client
        self._timeout = timeout_seconds

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None) -> str:
        """Send a message and return its id.

        Discord remembers the nonce for some minutes and answers a repeated one with the message it made of the first.
        """
        channel_id = _number(place.chat, ChatGone("the channel has no valid id"))
        self._foresee_refusal(channel_id)
        body = {**payload(message), "nonce": key[:_NONCE], "enforce_nonce": True}
        if reply_to is not None:
            body["message_reference"] = {"message_id": reply_to, "fail_if_not_exists": False}
        try:
            return await self._post(channel_id, body)
        except FAILURES as error:
            raise translate(error) from error

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        """Change a message; its ping, if it had one, stays as it is. A thread archived meanwhile is opened for it."""
        channel_id = _number(place.chat, ChatGone("the channel has no valid id"))
        number = _number(message_id, BadMessage("the message has no valid id"))
        self._foresee_refusal(channel_id)
        body = {part: value for part, value in payload(message).items() if part not in {"content", "flags"}}
        try:
            await self._patch(channel_id, number, body)
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
        try:
            async with asyncio.timeout(self._timeout):
                await patch(self._client.http, channel_id, message_id, body)
        except discord.HTTPException as error:
            if error.code != ARCHIVED or not again:
                raise
        else:
            return
        async with asyncio.timeout(self._timeout):
            await unarchive(self._client.http, channel_id)
        await self._patch(channel_id, message_id, body, again=False)

    def _foresee_refusal(self, channel_id: int) -> None:
        """Raise what Discord would say: 10,000 refusals within 10 minutes shut the whole address out."""
        channel = self._client.find_channel(channel_id) if self._client.connected else None
        names = [name for name in lacking(channel) if name != "Attach Files"] if channel else []
        if "View Channel" in names:
            raise ChatGone("the bot has no access to the channel")
        if names:
            raise NotAllowed(f"the bot lacks permissions in the channel: {', '.join(names)}")


def _number(text: str, otherwise: DeliveryError) -> int:
    if not text.isdecimal():
        raise otherwise
    return int(text)
