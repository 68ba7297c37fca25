"""Turns a Message into the JSON body of Discord's API: an embed, buttons, and at most one mention that pings.

An embed's own footer shows neither markdown nor times, and an age written out in it goes stale. So the footer is small
print at the end of the description, where `<t:…:R>` counts on by itself and phones show it in the reader's time.
Discord places an embed's fields below its description; everything else keeps the message's order.
https://docs.discord.com/developers/resources/message#create-message
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from bot.chat.discord.buttons import MAX_BUTTONS, button_rows
from bot.chat.discord.markup import code_block, escape, line_markdown, line_plain
from bot.language.translation import tr, written_in
from bot.messages.length_limits import MessageLimits, fit, trim
from bot.messages.model import Action, Field, Message, Tone
from bot.messages.phone_screen import on_one_screen
from bot.messages.plain_text import shorten, text_table, title_with_tone
from bot.messages.sparkline import chart_bars, chart_figures

Payload = dict[str, Any]
"""A JSON object of Discord's API."""

IMAGE_NAME = "chart.png"
"""The file that an embed shows. https://docs.discord.com/developers/reference#uploading-files"""

_EMBED_COLOURS = {
    Tone.INFO: 0x3B6EA5,
    Tone.GOOD: 0x2E9E5B,
    Tone.TROUBLE: 0xB58900,
    Tone.HELD: 0xA0A4A8,
    Tone.WATCH: 0xF2C12E,
    Tone.ELEVATED: 0xF28C28,
    Tone.SEVERE: 0xD93025,
    Tone.CRITICAL: 0x8B0000,
}

# Characters, https://docs.discord.com/developers/resources/message#embed-object-embed-limits
_TITLE_CHARACTERS, _DESCRIPTION_CHARACTERS, _EMBED_CHARACTERS = 256, 4096, 6000
_FIELDS, _FIELD_NAME_CHARACTERS, _FIELD_VALUE_CHARACTERS = 25, 256, 1024
_CONTENT_CHARACTERS = 2000  # https://docs.discord.com/developers/resources/message#create-message
# Discord refuses a field without a character in both parts; a zero-width space is one to it and none to a reader.
_EMPTY_FIELD_PART = "\u200b"
_SUPPRESS_NOTIFICATIONS = 1 << 12  # https://docs.discord.com/developers/resources/message#message-object-message-flags

_LIMITS = MessageLimits(
    lines=200,  # more of them never fit, and fitting them would take long
    rows=200,
    fields=_FIELDS,
    field_name=_FIELD_NAME_CHARACTERS,
    field_value=_FIELD_VALUE_CHARACTERS,
    footer=500,
    actions=MAX_BUTTONS,
    measure=lambda text: len(escape(text)),
)


@lru_cache(maxsize=128)
def payload(message: Message, *, has_image: bool = False) -> Payload:
    """Return the body of a message: embed, buttons, and the one mention it asks for; nothing else can ping.

    With `has_image` the embed shows the file that is sent with it. One alert goes to many places, so bodies are
    remembered: read them, never change them.
    """
    with written_in(message.language):
        return _payload(message, has_image=has_image)


def _payload(message: Message, *, has_image: bool) -> Payload:
    fitted = fit(trim(on_one_screen(_without_details(message), names_apart=True), _LIMITS), _excess_characters, 0)
    body: Payload = {
        "embeds": [_embed(fitted)],
        "components": list(button_rows(fitted.actions)),
        "allowed_mentions": allowed_mentions(message.mention),
    }
    if has_image:
        body["embeds"][0]["image"] = {"url": f"attachment://{IMAGE_NAME}"}
    if message.mention:
        body["content"] = _ping(message.mention)
    if message.silent:
        body["flags"] = _SUPPRESS_NOTIFICATIONS
    return body


def plain_payload(message: Message) -> Payload:
    """Return the body of a message as bare text, for when its full form was refused."""
    with written_in(message.language):
        message = _without_details(message)
        headline = _headline(message)
    texts = [headline, *map(line_plain, message.lines)]
    texts += [f"{field.name}: {line_plain(field.value)}" for field in message.fields]
    escaped = "\n".join(escape(text) for text in texts)
    ping = f"{_ping(message.mention)}\n" if message.mention else ""
    # The cut may fall behind a backslash, which would then escape nothing and be shown.
    content = ping + shorten(escaped, _CONTENT_CHARACTERS - len(ping)).rstrip("\\")
    body: Payload = {"content": content, "allowed_mentions": allowed_mentions(message.mention)}
    if message.silent:
        body["flags"] = _SUPPRESS_NOTIFICATIONS
    return body


def picture_payload() -> Payload:
    """Return the body of a message that is nothing but a picture, without a sound."""
    return {"allowed_mentions": allowed_mentions(None), "flags": _SUPPRESS_NOTIFICATIONS}


def _embed(message: Message) -> Payload:
    """Return the embed of a message that fits."""
    result: Payload = {"type": "rich", "title": _title(message), "color": _EMBED_COLOURS[message.tone]}
    description = "\n".join(_description(message))
    if description:
        result["description"] = description
    if message.fields:
        result["fields"] = [_field(field) for field in message.fields]
    return result


def allowed_mentions(mention: str | None) -> Payload:
    """Return what may ping: a role by its id, @here and @everyone by their words, else nobody."""
    # Said with every message: left out, Discord pings whatever the text mentions.
    if mention is None:
        return {"parse": [], "replied_user": False}
    if mention in {"here", "everyone"}:
        return {"parse": ["everyone"], "replied_user": False}
    return {"parse": [], "roles": [mention], "replied_user": False}


def _without_details(message: Message) -> Message:
    """Return a message without what is folded away, and with a button that asks for it."""
    if message.fold is None:
        return message
    details = Action(tr("Details"), message.fold.command)
    shown = message.lines[: message.fold.after]
    return replace(message, lines=shown, fields=(), chart=None, table=None, actions=(details, *message.actions))


def _ping(mention: str) -> str:
    return f"@{mention}" if mention in {"here", "everyone"} else f"<@&{mention}>"


def _title(message: Message) -> str:
    return shorten(escape(_headline(message)), _TITLE_CHARACTERS).rstrip("\\")


def _headline(message: Message) -> str:
    title = title_with_tone(message)
    if message.sample:
        # Translators: {title} is that of an example that describes no real event.
        title = tr("SAMPLE · {title}", title=title)
    return f"{message.tone.icon} {title}"


def _description(message: Message) -> Iterator[str]:
    for line in message.lines:
        yield line_markdown(line)
    if message.chart and (bars := chart_bars(message.chart)):
        yield from (escape(message.chart.title), f"`{bars}`", escape(chart_figures(message.chart)))
    if message.table:
        yield code_block(text_table(message.table))
    if message.footer:
        yield f"-# {line_markdown(message.footer)}"


def _field(field: Field) -> Payload:
    name, value = escape(field.name), line_markdown(field.value)
    return {
        "name": name if name.strip() else _EMPTY_FIELD_PART,
        "value": value if value.strip() else _EMPTY_FIELD_PART,
        "inline": field.inline,
    }


def _excess_characters(message: Message) -> int:
    """Return by how many characters the embed breaks the limit it breaks most; 0 when it breaks none."""
    shown = _embed(message)
    title, description, fields = shown["title"], shown.get("description", ""), shown.get("fields", [])
    total = len(title) + len(description) + sum(len(field["name"]) + len(field["value"]) for field in fields)
    return max(
        0,
        total - _EMBED_CHARACTERS,
        len(description) - _DESCRIPTION_CHARACTERS,
        *(len(field["value"]) - _FIELD_VALUE_CHARACTERS for field in fields),
        *(len(field["name"]) - _FIELD_NAME_CHARACTERS for field in fields),
    )
