"""The page of docs/gallery.md: messages as the two apps' renderers make them, inside drawn bubbles and embeds.

The HTML of Telegram and the JSON of Discord are what `bot/chat` sends; only what stands around them is drawn here, with
fonts and colours of our own.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from bot.chat.charts.drawing import draw
from bot.chat.discord.images import THEME
from bot.chat.discord.render import payload
from bot.chat.telegram.buttons import alert_text
from bot.chat.telegram.photos import MAX_CAPTION_UTF16_UNITS
from bot.chat.telegram.render import render
from bot.messages.model import Message, beside_picture
from bot.messages.number_format import ago
from bot.messages.pictures import Theme
from bot.messages.plain_text import utf16_length
from docs.gallery_replay import ShownMessage

NOTE = (
    "Renderings: what the bot sends, in a drawing of how the two apps show it at phone width (390 px). Not screenshots."
)
GROUND = "#fbfaf7"
_PHONE_WIDTH, _GAP, _MARGIN = 390, 12, 16  # pixels, as in gallery.css

_STYLE = Path(__file__).with_name("gallery.css")
_ESCAPED = re.compile(r"\\([\\*_~`|<>\[\]()#:.-])")
_STAMP = re.compile(r"&lt;t:(\d+):([fR])&gt;")


def page(title: str, rows: Sequence[tuple[str, ShownMessage]], looks: Sequence[str]) -> str:
    """Return the HTML of a sheet: a row for each message, with a column for each look (`telegram dark`)."""
    heads = "".join(f"<div>{look.title()}</div>" for look in (each.replace(" ", " · ") for each in looks))
    body = "".join(_row(name, shown, looks) for name, shown in rows)
    width = len(looks) * (_PHONE_WIDTH + _GAP) - _GAP + 2 * _MARGIN
    style = _STYLE.read_text(encoding="utf-8")
    return (
        f'<!doctype html><meta charset="utf-8"><style>{style}</style><body style="width: {width}px">'
        f'<h1>{escape(title)}</h1><p class="note">{NOTE}</p><div class="heads">{heads}</div>{body}'
    )


def _row(name: str, shown: ShownMessage, looks: Sequence[str]) -> str:
    cells = "".join(f'<div class="phone {look}">{_cell(shown, look)}</div>' for look in looks)
    figures = f"<small>{escape(shown.figures)}</small>" if shown.figures else ""
    return f'<div class="row">{escape(name)}{figures}</div><div class="cells">{cells}</div>'


def _cell(shown: ShownMessage, look: str) -> str:
    message = shown.telegram if look.startswith("telegram") else shown.discord
    if message is None:
        return '<div class="none">not on this platform</div>'
    return telegram(shown, message) if look.startswith("telegram") else discord(shown, message)


def telegram(shown: ShownMessage, message: Message) -> str:
    """Return what Telegram shows of a message: bubble, picture and buttons, or a window over the chat."""
    asked = ""
    if shown.asked:
        asked = (
            f'<div class="pressed">pressed: {escape(shown.asked)}</div>'
            if shown.is_pressed
            else f'<div class="asked">{escape(shown.asked)}</div>'
        )
    if shown.is_pressed and (text := alert_text(message)):
        return f'{asked}<div class="window">{escape(text)}<b>OK</b></div>'
    said = beside_picture(message) if message.picture else message
    rendered = render(said, shown.now)
    html = re.sub(
        r"<blockquote expandable>(.*?)</blockquote>",
        r"<blockquote><p>\1</p></blockquote>",
        rendered.html,
        flags=re.DOTALL,
    )
    html = re.sub(r"\n*(<(?:pre|blockquote)>)", r"\1", re.sub(r"(</(?:pre|blockquote)>)\n*", r"\1", html))
    keys = "".join(_keys("keys", [label for label, _ in row]) for row in rendered.buttons)
    quoted = f'<div class="quoted">{escape(shown.replies_to)}</div>' if shown.replies_to else ""
    file = f'<div class="file"><b>↓</b>{escape(message.document.name)}</div>' if message.document else ""
    photo = _image(message, Theme.LIGHT)
    if photo and utf16_length(rendered.text) > MAX_CAPTION_UTF16_UNITS:
        return f'{asked}<div class="bubble"><div>{html}</div></div><div class="bubble">{photo}</div>{keys}'
    return f'{asked}<div class="bubble">{quoted}{photo}{file}<div>{html}</div></div>{keys}'


def discord(shown: ShownMessage, message: Message) -> str:
    """Return what Discord shows of a message: embed and buttons, and whether the asker alone sees it."""
    said = beside_picture(message) if message.picture else message
    body = payload(said, has_image=message.picture is not None)
    embed: Mapping[str, Any] = body["embeds"][0]
    verb = "pressed" if shown.is_pressed else "used"
    asked = f'<div class="used">Ann {verb} <b>{escape(shown.asked)}</b></div>' if shown.asked else ""
    if shown.replies_to:
        asked = f'<div class="used">↱ {escape(shown.replies_to)}</div>'
    fields = "".join(
        f'<div class="field"><b>{_markdown(field["name"], shown.now)}</b>{_markdown(field["value"], shown.now)}</div>'
        for field in embed.get("fields", ())
    )
    rows = "".join(_keys("parts", [part["label"] for part in row["components"]]) for row in body["components"])
    file = f'<div class="attached">📄 {escape(message.document.name)}</div>' if message.document else ""
    only = '<div class="only">👁 Only you can see this</div>' if message.private and shown.asked else ""
    return (
        f'{asked}<div class="embed" style="border-left-color:#{embed["color"]:06x}">'
        f'<span class="title">{_markdown(embed["title"], shown.now)}</span>'
        f"{_description(embed.get('description', ''), shown.now)}{fields}{_image(message, THEME)}</div>"
        f"{file}{rows}{only}"
    )


def _keys(style: str, labels: Sequence[str]) -> str:
    buttons = "".join(f"<span>{escape(label)}</span>" for label in labels)
    return f'<div class="{style}">{buttons}</div>'


def _image(message: Message, theme: Theme) -> str:
    """Return the picture of a message as the bot draws it, in the page itself."""
    if message.picture is None:
        return ""
    return f'<img src="data:image/png;base64,{b64encode(draw(message.picture, theme)).decode()}" alt="">'


def _description(markdown: str, now: datetime) -> str:
    return "".join(_blocks(markdown, now))


def _blocks(markdown: str, now: datetime) -> Iterator[str]:
    """Yield the parts of a description: every second one between ``` is a block of fixed width."""
    for number, part in enumerate(markdown.split("```")):
        text = part.strip("\n")
        if text:
            yield f"<pre>{escape(text)}</pre>" if number % 2 else _markdown(text, now)


def _markdown(text: str, now: datetime) -> str:
    """Return markdown of Discord as HTML, as far as the bot uses it."""
    kept: list[str] = []

    def keep(shown: str) -> str:
        kept.append(shown)
        return f"\ue000{len(kept) - 1}\ue001"

    text = re.sub(r"(?<!\\)`([^`]+)`", lambda match: keep(f"<code>{escape(match[1])}</code>"), text)
    text = escape(_ESCAPED.sub(lambda match: keep(escape(match[1])), text), quote=False)
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"^-# (.*)$", r"<small>\1</small>", text, flags=re.MULTILINE)
    text = _STAMP.sub(lambda match: f'<span class="stamp">{_stamp(int(match[1]), match[2], now)}</span>', text)
    return re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match[1])], text)


def _stamp(unix: int, style: str, now: datetime) -> str:
    """Return a time as Discord writes it: `13 December 2022 14:20`, or how long ago that is."""
    at = datetime.fromtimestamp(unix, UTC)
    if style == "R":
        return ago(at, now) if at <= now else f"in {ago(now, at).removesuffix(' ago')}"
    return f"{at.day} {at:%B %Y %H:%M}"
