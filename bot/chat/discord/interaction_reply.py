"""Sends the answer to one Discord interaction: at once, or in place of the "thinking…" that announced it.

A slow answer that only the asker may read, announced where all could see it, first deletes the announcement: Discord
fixes with the first reply whether an answer is hidden.
https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-callback
"""

from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from typing import Any

import discord
import structlog
from typing_extensions import override

from bot.chat.discord.documents import file_of, is_file_refused, without_file
from bot.chat.discord.errors import INVALID_FORM
from bot.chat.discord.images import image_file, is_image_refused, without_image
from bot.chat.discord.interaction_context import Interaction
from bot.chat.discord.render import Payload, payload, plain_payload
from bot.messages.model import Message, takes_place
from bot.ports.pictures import IllustratedMessage

log = structlog.get_logger()

ReplyArguments = dict[str, Any]
"""What the library's methods take for a message: `content`, `embeds`, `allowed_mentions` and `view`."""


async def announce_reply(interaction: Interaction, *, hidden: bool, in_place: bool = False) -> None:
    """Show "thinking…" until the answer follows; raise what the library raises.

    Where the answer takes the place of the pressed message, that stays as it is meanwhile.
    """
    await interaction.response.defer(ephemeral=hidden, thinking=not in_place)


async def send_reply(
    interaction: Interaction, message: Message, *, hidden: bool, image: IllustratedMessage | None = None
) -> None:
    """Answer an interaction; `hidden`: only the asker reads it, and so it was announced if it was.

    `image` is the message with its picture drawn, None for one that has none. Where Discord does not take the picture,
    the text goes out without it. A message whose form Discord refuses is our own fault: it goes out once more as plain
    text. Raise what the library raises.
    """
    reply = partial(_reply, interaction, hidden=hidden or message.private, announced_hidden=hidden)
    without = await _unless_sent_with_image(message, image, reply)
    if without is None:
        return
    try:
        await reply(_full_arguments(without), file=file_of(without))
    except discord.HTTPException as error:
        if without.document and is_file_refused(error):
            log.warning("discord refused a file", code=error.code)
            await send_reply(interaction, without_file(without), hidden=hidden)
            return
        if error.code != INVALID_FORM:
            raise
        log.exception("discord refused the form of an answer, sent as plain text", title=message.title)
        await reply(_reply_arguments(plain_payload(without)), file=file_of(without))


async def replace_pressed(
    interaction: Interaction, message: Message, *, image: IllustratedMessage | None = None
) -> None:
    """Answer a pressed button in place of the message it is below; raise what the library raises.

    A refusal, and an answer for the asker alone to a message that others see, is a hidden message of its own.
    """
    replace = partial(_replace, interaction, message)
    without = await _unless_sent_with_image(message, image, replace)
    if without is not None:
        await replace(_full_arguments(without), file=file_of(without))


async def _unless_sent_with_image(
    message: Message, image: IllustratedMessage | None, send: Callable[..., Awaitable[None]]
) -> Message | None:
    """Send a message with its image and return None, or return what is to be sent without one."""
    if image is None:
        return message
    if image.png is None:
        return image.message
    try:
        await send(_reply_arguments(payload(image.message, has_image=True)), file=image_file(image))
    except discord.HTTPException as error:
        if not is_image_refused(error):
            raise
        log.warning("discord refused a picture", code=error.code)
        return without_image(message).message
    return None


async def _replace(
    interaction: Interaction, message: Message, arguments: ReplyArguments, *, file: discord.File | None = None
) -> None:
    pressed = interaction.message
    shown_to_all = pressed is not None and not pressed.flags.ephemeral
    if not takes_place(message) or (message.private and shown_to_all):
        send = interaction.followup.send if interaction.response.is_done() else interaction.response.send_message
        arguments = {**arguments, **_new_file(file)}
        await send(**arguments, ephemeral=True)
        return
    # Left out, the old buttons would stay below the new text.
    arguments = {"view": None, **arguments, **_changed_file(file)}
    if interaction.response.is_done():
        await interaction.edit_original_response(**arguments)
    else:
        await interaction.response.edit_message(**arguments)


async def _reply(
    interaction: Interaction,
    arguments: ReplyArguments,
    *,
    hidden: bool,
    announced_hidden: bool,
    file: discord.File | None = None,
) -> None:
    if not interaction.response.is_done():
        await interaction.response.send_message(**arguments, **_new_file(file), ephemeral=hidden)
    elif hidden and not announced_hidden:
        await interaction.delete_original_response()
        await interaction.followup.send(**arguments, **_new_file(file), ephemeral=True)
    else:
        await interaction.edit_original_response(**arguments, **_changed_file(file))


def _new_file(file: discord.File | None) -> ReplyArguments:
    return {"file": file} if file else {}


def _changed_file(file: discord.File | None) -> ReplyArguments:
    return {"attachments": [file]} if file else {}


# In a run on an exchange many people ask the same within seconds.
@lru_cache(maxsize=64)
def _full_arguments(message: Message) -> ReplyArguments:
    return _reply_arguments(payload(message))


def _reply_arguments(body: Payload) -> ReplyArguments:
    """Return the body of a message as the arguments the library takes."""
    arguments: ReplyArguments = {
        "content": body.get("content"),
        "embeds": [discord.Embed.from_dict(embed) for embed in body.get("embeds", ())],
        "allowed_mentions": _allowed_mentions(body["allowed_mentions"]),
    }
    if body.get("components"):
        arguments["view"] = PrebuiltButtonsView(body["components"])
    return arguments


def _allowed_mentions(mentions: Payload) -> discord.AllowedMentions:
    roles = [discord.Object(int(role_id)) for role_id in mentions.get("roles", ())]
    return discord.AllowedMentions(
        everyone="everyone" in mentions["parse"], users=False, roles=roles, replied_user=False
    )


class PrebuiltButtonsView(discord.ui.View):
    """Rows of buttons that were built already, as the library wants them: a View whose callbacks are never used."""

    def __init__(self, rows: list[Payload]) -> None:
        super().__init__(timeout=None)
        self._rows = rows
        # The library keeps every view that is not stopped, for its callbacks. Presses go to `answer_button` instead.
        self.stop()

    @override
    def to_components(self) -> list[Payload]:
        """Return the rows, which the library would otherwise put together anew for every answer."""
        return self._rows
