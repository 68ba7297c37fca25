"""Message → what Telegram takes: HTML or plain text, and an inline keyboard. Pure.

Limits: 4096 UTF-16 units of text after the markup is read, 64 bytes of callback data.
https://core.telegram.org/bots/api#sendmessage
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from typing_extensions import override

from bot.messages.fitting import fit
from bot.messages.model import Action, Chart, Field, Line, Message, Span, Table
from bot.messages.numbers import ago, clock, percent, usd
from bot.messages.textual import clean, shorten, sparkline, text_table, utf16_length

LONGEST_TEXT = 4096
LONGEST_CALLBACK = 64
_LONGEST_LABEL = 40
_ROW = 3
_MOST_BUTTONS = 60
_TABLE_WIDTH = 44

Buttons = tuple[tuple[tuple[str, str], ...], ...]
"""Rows of (label, callback data)."""


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """One message for Telegram: as HTML, as plain text, and its buttons."""

    html: str
    text: str
    buttons: Buttons = ()


def render(message: Message, now: datetime) -> RenderedMessage:
    """Return the message within Telegram's limits; `now` is for times such as “12 min ago”."""

    def size(candidate: Message) -> int:
        return utf16_length(_written(candidate, _Plain(now)))

    fitted = fit(message, size, LONGEST_TEXT)
    return RenderedMessage(_written(fitted, _Html(now)), _written(fitted, _Plain(now)), keyboard(fitted.actions))


def keyboard(actions: Sequence[Action]) -> Buttons:
    """Return rows of at most three buttons; an action too long to travel in one is left out."""
    fitting = [
        (shorten(clean(action.label), _LONGEST_LABEL) or "…", action.command)
        for action in actions
        if 1 <= len(action.command.encode()) <= LONGEST_CALLBACK
    ][:_MOST_BUTTONS]
    return tuple(tuple(fitting[start : start + _ROW]) for start in range(0, len(fitting), _ROW))


class _Plain:
    """Words without markup."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def text(self, text: str) -> str:
        return clean(text)

    def bold(self, text: str) -> str:
        return self.text(text)

    def code(self, text: str) -> str:
        return self.text(text)

    def italic(self, written: str) -> str:
        return written

    def block(self, text: str) -> str:
        return text

    def line(self, line: Line) -> str:
        return "".join(self._span(span) for span in line)

    def _span(self, span: Span) -> str:
        if span.at:
            relative = f" ({ago(span.at, self._now)})" if span.relative else ""
            return self.text(f"{clock(span.at)}{relative}")
        if span.code:
            return self.code(span.text)
        return self.bold(span.text) if span.bold else self.text(span.text)


class _Html(_Plain):
    """Words as Telegram's HTML; everything that is said is escaped."""

    @override
    def text(self, text: str) -> str:
        return escape(clean(text))

    @override
    def bold(self, text: str) -> str:
        return _tagged("b", self.text(text))

    @override
    def code(self, text: str) -> str:
        return _tagged("code", self.text(text))

    @override
    def italic(self, written: str) -> str:
        return _tagged("i", written)

    @override
    def block(self, text: str) -> str:
        return _tagged("pre", escape(text))


def _tagged(tag: str, written: str) -> str:
    return f"<{tag}>{written}</{tag}>" if written else ""


def _written(message: Message, style: _Plain) -> str:
    """Return the blocks in their order; fields, chart, table and footer each stand apart by an empty line."""
    sample = "SAMPLE · " if message.sample else ""
    title = style.bold(f"{message.tone.icon} {sample}{message.title}")
    head = "\n".join((title, *(style.line(line) for line in message.lines)))
    blocks = (
        head,
        "\n".join(_field(field, style) for field in message.fields),
        _chart(message.chart, style) if message.chart else "",
        style.block(_table(message.table)) if message.table else "",
        style.italic(style.line(message.footer)),
    )
    return "\n\n".join(block for block in blocks if block)


def _field(field: Field, style: _Plain) -> str:
    return f"{style.bold(f'{field.name}:')} {style.line(field.value)}"


def _table(table: Table) -> str:
    return text_table(table, width=_TABLE_WIDTH)


def _chart(chart: Chart, style: _Plain) -> str:
    bars = sparkline(chart.values)
    finite = [value for value in chart.values if abs(value) < float("inf")]
    if not bars or not finite:
        return ""
    number = percent if chart.unit == "share" else usd
    return style.text(f"{chart.title} {bars} low {number(min(finite))}, high {number(max(finite))}".strip())
