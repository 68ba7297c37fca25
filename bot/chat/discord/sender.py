"""Sends messages to Discord channels and threads, changes them, and answers earlier ones.

A message to a channel where the bot lacks Send Messages is refused here, without asking Discord.
"""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Any, TypeVar

import discord
import structlog

from bot.chat.discord.channels import channel_id_of, parse_id
from bot.chat.discord.errors import (
    ALREADY_PUBLISHED,
    INVALID_FORM,
    LIBRARY_ERRORS,
    REPLY_WITHOUT_HISTORY,
    THREAD_ARCHIVED,
    translate,
)
from bot.chat.discord.gateway_client import GatewayClient
from bot.chat.discord.images import THEME, image_file, is_image_refused, picture_file, without_image
from bot.chat.discord.permissions import check_can_post_files, check_can_post_text
from bot.chat.discord.render import Payload, payload, picture_payload, plain_payload
from bot.chat.discord.rest import patch_message, post_message, publish_message, unarchive_thread
from bot.domain.errors import BadMessage
from bot.domain.place import Place, Platform
from bot.messages.model import Message
from bot.ports.meter import Meter
from bot.ports.pictures import DrawnPicture, IllustratedMessage, PictureDrawer, illustrate

log = structlog.get_logger()

Result = TypeVar("Result")
Write = Callable[[Payload, IllustratedMessage], Awaitable[Result]]
"""Sends a body, with the picture that was drawn for it."""

# 24 hexadecimal digits. Discord takes 25 characters: https://docs.discord.com/developers/resources/message#create-message
_NONCE_BYTES = 12
_LOGGED_CHARACTERS = 500  # of Discord's list of wrong fields: enough for the first of them


def nonce_of(key: str) -> str:
    """Return what Discord recognises a repeated message by, the same for the same key and for no other.

    Discord remembers a nonce for some minutes and answers a repeated one with the message it made of the first, so a
    message whose reply was lost can be sent again. It is a hash and not the beginning of the key, because keys such as
    `defillama/cexs:2022-12-13 14:05` and `defillama/cexs:2022-12-13 14:25` begin alike for longer than 25 characters.
    """
    return blake2b(key.encode(), digest_size=_NONCE_BYTES).hexdigest()


class DiscordSender:
    """Writes to channels and threads over one client; every failure is a DeliveryError.

    A message whose form Discord refuses is our own fault: it goes out once more as plain text, and is counted.
    """

    def __init__(
        self, client: GatewayClient, *, timeout_s: float, meter: Meter, pictures: PictureDrawer | None = None
    ) -> None:
        self._pictures = pictures
        self._client = client
        self._timeout_s = timeout_s
        self._meter = meter

    async def send(self, place: Place, message: Message, *, key: str, reply_to: str | None) -> str:
        """Send a message and return its id; raise DeliveryError."""
        channel_id = channel_id_of(place)
        self._check_known_channel(channel_id)
        shared_parts = _new_message_parts(key, reply_to)

        async def write(body: Payload, image: IllustratedMessage) -> str:
            return await self._post(channel_id, {**body, **shared_parts}, image)

        return await self._in_full_or_plain_form(place, message, write)

    async def send_picture(self, place: Place, picture: DrawnPicture, *, key: str, reply_to: str) -> None:
        """Post a picture without a sound, as an answer; raise DeliveryError, also where the message it answers is gone.

        A picture without its text has no words.
        """
        channel_id = channel_id_of(place)
        channel = self._client.find_channel(channel_id) if self._client.connected else None
        if channel:
            check_can_post_files(channel)
        body = {**picture_payload(), **_new_message_parts(key, reply_to, must_exist=True)}
        try:
            async with asyncio.timeout(self._timeout_s):
                await post_message(self._client.http, channel_id, body, picture_file(picture))
        except LIBRARY_ERRORS as error:
            raise translate(error) from error

    async def edit(self, place: Place, message_id: str, message: Message) -> None:
        """Change a message; its ping, if it had one, stays as it is. Raise DeliveryError."""
        channel_id = channel_id_of(place)
        numeric_message_id = parse_id(message_id, BadMessage("the message has no valid id"))
        self._check_known_channel(channel_id)

        async def write(body: Payload, image: IllustratedMessage) -> None:
            # The `content` of a full form is nothing but the ping, which stays; an edit cannot change the flags.
            unchanged_parts = {"content", "flags"} if "embeds" in body else {"flags"}
            changes = {part: value for part, value in body.items() if part not in unchanged_parts}
            # Parts that are left out would stay: an old embed above a new plain text, buttons of a closed incident.
            whole = {"embeds": [], "components": [], "attachments": [], **changes}
            await self._patch(channel_id, numeric_message_id, whole, image)

        await self._in_full_or_plain_form(place, message, write)

    async def publish(self, place: Place, message_id: str) -> None:
        """Publish a message of an announcement channel; raise DeliveryError, also for an ordinary channel."""
        channel_id = channel_id_of(place)
        numeric_message_id = parse_id(message_id, BadMessage("the message has no valid id"))
        try:
            # The library waits here when the ten of this hour are used up, which no publication is worth.
            async with asyncio.timeout(self._timeout_s):
                await publish_message(self._client.http, channel_id, numeric_message_id)
        except LIBRARY_ERRORS as error:
            if not (isinstance(error, discord.HTTPException) and error.code == ALREADY_PUBLISHED):
                raise translate(error) from error

    def _check_known_channel(self, channel_id: int) -> None:
        """Raise what Discord would refuse, as far as the gateway told; while it is cut off its memory may be old."""
        channel = self._client.find_channel(channel_id) if self._client.connected else None
        if channel:
            check_can_post_text(channel)

    async def _in_full_or_plain_form(self, place: Place, message: Message, write: Write[Result]) -> Result:
        """Write a message in its full form, without its picture where that is refused, or at last in its plain form."""
        illustrated = await illustrate(message, self._pictures, THEME)
        try:
            try:
                return await write(payload(illustrated.message, has_image=illustrated.png is not None), illustrated)
            except discord.HTTPException as error:
                if illustrated.png is None or not is_image_refused(error):
                    return await self._in_plain_form(place, illustrated.message, write, error)
            # The file may be the matter, or the text: without the file it shows.
            text = without_image(message)
            try:
                return await write(payload(text.message), text)
            except discord.HTTPException as error:
                return await self._in_plain_form(place, text.message, write, error)
        except LIBRARY_ERRORS as error:
            raise translate(error) from error

    async def _in_plain_form(
        self, place: Place, message: Message, write: Write[Result], refusal: discord.HTTPException
    ) -> Result:
        """Write a message as bare text after its form was refused; raise the refusal where that was not the matter."""
        if refusal.code != INVALID_FORM:
            raise refusal
        log.error(
            "discord refused the form of a message, sent as plain text",
            place=str(place),
            error=refusal.text[:_LOGGED_CHARACTERS],
        )
        self._meter.count_delivery(Platform.DISCORD, "retried", "plain text")
        return await write(plain_payload(message), IllustratedMessage(message))

    async def _post(self, channel_id: int, body: Payload, image: IllustratedMessage) -> str:
        """Send a message; where the bot may not read the history, a reply is sent as a message of its own."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await post_message(self._client.http, channel_id, body, image_file(image))
        except discord.HTTPException as error:
            if error.code != REPLY_WITHOUT_HISTORY or "message_reference" not in body:
                raise
        without_reply: dict[str, Any] = {part: value for part, value in body.items() if part != "message_reference"}
        return await self._post(channel_id, without_reply, image)

    async def _patch(
        self,
        channel_id: int,
        message_id: int,
        body: Payload,
        image: IllustratedMessage,
        *,
        may_unarchive: bool = True,
    ) -> None:
        """Change a message; a thread that is archived is opened first, for unlike a new message an edit opens none."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await patch_message(self._client.http, channel_id, message_id, body, image_file(image))
        except discord.HTTPException as error:
            if error.code != THREAD_ARCHIVED or not may_unarchive:
                raise
            await self._unarchive(channel_id, error)
            await self._patch(channel_id, message_id, body, image, may_unarchive=False)

    async def _unarchive(self, thread_id: int, archived: discord.HTTPException) -> None:
        """Open an archived thread; raise `archived`, the refusal that led here, where only moderators may open it."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await unarchive_thread(self._client.http, thread_id)
        except discord.Forbidden:
            raise archived from None


def _new_message_parts(key: str, reply_to: str | None, *, must_exist: bool = False) -> Payload:
    """Return what every new message is sent with: what a repeat of it is recognised by, and what it answers.

    An escalation must arrive even where somebody has deleted the alert it answers; with `must_exist` it is refused.
    """
    parts: Payload = {"nonce": nonce_of(key), "enforce_nonce": True}
    if reply_to is not None:
        parts["message_reference"] = {"message_id": reply_to, "fail_if_not_exists": must_exist}
    return parts
