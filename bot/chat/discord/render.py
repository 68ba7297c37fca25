"""Message → embed, components and mentions, as Discord's API takes them.

An embed's own footer shows neither markdown nor times, and an age written out in it goes stale. So the footer is small
print at the end of the description, where `<t:…:R>` counts on by itself and phones show it in the reader's time.
Discord places an embed's fields below its description; everything else keeps the message's order.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from bot.chat.discord.markup import bare, code_block, escape, marked
from bot.messages.fitting import MessageLimits, fit, trim
from bot.messages.model import Action, Chart, Field, Message, Tone
from bot.messages.textual import clean, shorten, sparkline, text_table, title_with_tone

Payload = dict[str, Any]
"""A JSON object of Discord's API."""

PRESS = "run:"
"""What a button's custom_id begins with; the command line follows."""

_COLOURS = {
    Tone.INFO: 0x3B6EA5,
    Tone.GOOD: 0x2E9E5B,
    Tone.TROUBLE: 0xB58900,
    Tone.HELD: 0xA0A4A8,
    Tone.WATCH: 0xF2C12E,
    Tone.ELEVATED: 0xF28C28,
    Tone.SEVERE: 0xD93025,
    Tone.CRITICAL: 0x8B0000,
}

# https://docs.discord.com/developers/resources/message#embed-object-embed-limits
_TITLE, _DESCRIPTION, _FIELDS, _FIELD_NAME, _FIELD_VALUE, _EMBED = 256, 4096, 25, 256, 1024, 6000
# https://docs.discord.com/developers/components/reference#button
_BUTTONS, _ROW, _LABEL, _CUSTOM_ID = 25, 5, 80, 100
_CONTENT = 2000
_NOTHING = "\u200b"
_TABLE_COLUMNS = 56
_SUPPRESS_NOTIFICATIONS = 1 << 12

_LIMITS = MessageLimits(
    lines=200,  # more of them never fit, and fitting them would take long
    rows=200,
    fields=_FIELDS,
    field_name=_FIELD_NAME,
    field_value=_FIELD_VALUE,
    footer=500,
    actions=_BUTTONS,
    measure=lambda text: len(escape(text)),
)


@lru_cache(maxsize=128)
def payload(message: Message) -> Payload:
    """Return the body of a message: embed, buttons, and the one mention it asks for; nothing else can ping.

    One alert goes to many places, so bodies are remembered: read them, never change them.
    """
    fitted = fit(trim(message, _LIMITS), _excess, 0)
    body: Payload = {
        "embeds": [embed(fitted)],
        "components": list(button_rows(fitted.actions)),
        "allowed_mentions": allowed_mentions(message.mention),
    }
    if message.mention:
        body["content"] = _ping(message.mention)
    if message.silent:
        body["flags"] = _SUPPRESS_NOTIFICATIONS
    return body


def plain_payload(message: Message) -> Payload:
    """Return the body of a message as bare text, for when its full form was refused."""
    texts = [_headline(message), *map(bare, message.lines)]
    texts += [f"{field.name}: {bare(field.value)}" for field in message.fields]
    words = "\n".join(escape(text) for text in texts)
    ping = f"{_ping(message.mention)}\n" if message.mention else ""
    said = shorten(words, _CONTENT - len(ping)).rstrip("\\")
    body: Payload = {"content": ping + said, "allowed_mentions": allowed_mentions(message.mention)}
    if message.silent:
        body["flags"] = _SUPPRESS_NOTIFICATIONS
    return body


def embed(message: Message) -> Payload:
    """Return the embed of a message that fits."""
    result: Payload = {"type": "rich", "title": _title(message), "color": _COLOURS[message.tone]}
    description = "\n".join(_description(message))
    if description:
        result["description"] = description
    if message.fields:
        result["fields"] = [_field(field) for field in message.fields]
    return result


def button_rows(actions: tuple[Action, ...]) -> Iterator[Payload]:
    """Yield rows of up to five buttons. What a button does stands in its custom_id, so it outlives the program."""
    buttons = list(_buttons(actions))[:_BUTTONS]
    for start in range(0, len(buttons), _ROW):
        yield {"type": 1, "components": buttons[start : start + _ROW]}


def allowed_mentions(mention: str | None) -> Payload:
    """Return what may ping: a role by its id, @here and @everyone by their words, else nobody."""
    if mention is None:
        return {"parse": [], "replied_user": False}
    if mention in {"here", "everyone"}:
        return {"parse": ["everyone"], "replied_user": False}
    return {"parse": [], "roles": [mention], "replied_user": False}


def _ping(mention: str) -> str:
    return f"@{mention}" if mention in {"here", "everyone"} else f"<@&{mention}>"


def _title(message: Message) -> str:
    return shorten(escape(_headline(message)), _TITLE).rstrip("\\")


def _headline(message: Message) -> str:
    sample = "SAMPLE · " if message.sample else ""
    return f"{message.tone.icon} {sample}{title_with_tone(message)}"


def _description(message: Message) -> Iterator[str]:
    for line in message.lines:
        yield marked(line)
    if message.chart:
        yield _chart(message.chart)
    if message.table:
        yield code_block(text_table(message.table, width=_TABLE_COLUMNS))
    if message.footer:
        yield f"-# {marked(message.footer)}"


def _chart(chart: Chart) -> str:
    return f"{escape(chart.title)}\n`{sparkline(chart.values)}`"


def _field(field: Field) -> Payload:
    """Return a field; Discord wants a letter in both parts, and a zero-width one is a letter to it."""
    name, value = escape(field.name), marked(field.value)
    return {
        "name": name if name.strip() else "\u200b",
        "value": value if value.strip() else "\u200b",
        "inline": field.inline,
    }


def _buttons(actions: tuple[Action, ...]) -> Iterator[Payload]:
    """Yield a button for each action; one that says the same as an earlier one, or too much, is left out."""
    seen: set[str] = set()
    for action in actions:
        label, custom_id = clean(action.label).strip(), PRESS + action.command
        if label and custom_id not in seen and len(custom_id) <= _CUSTOM_ID:
            seen.add(custom_id)
            yield {"type": 2, "style": 2, "label": shorten(label, _LABEL), "custom_id": custom_id}


def _excess(message: Message) -> int:
    """Return by how many characters the embed breaks the limit it breaks most; 0 when it breaks none."""
    shown = embed(message)
    title, description, fields = shown["title"], shown.get("description", ""), shown.get("fields", [])
    total = len(title) + len(description) + sum(len(field["name"]) + len(field["value"]) for field in fields)
    return max(
        0,
        total - _EMBED,
        len(description) - _DESCRIPTION,
        *(len(field["value"]) - _FIELD_VALUE for field in fields),
        *(len(field["name"]) - _FIELD_NAME for field in fields),
    )
