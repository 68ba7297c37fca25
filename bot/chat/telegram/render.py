"""Turns a Message into what Telegram takes: a text as HTML, the same as plain text, and rows of buttons. Pure.

A table of 1,000 rows is cut until the text fits 4096 UTF-16 units, and ends with "… and 950 more". What counts is the
text after its markup was read, so the plain form is what is measured. https://core.telegram.org/bots/api#sendmessage
"""

from dataclasses import dataclass
from datetime import datetime
from html import escape

from typing_extensions import override

from bot.chat.telegram.buttons import ButtonRows, button_rows
from bot.language.name_lists import labelled, with_note
from bot.language.translation import tr, written_in
from bot.messages.length_limits import fit
from bot.messages.model import Chart, Field, Fold, Line, Message, Span
from bot.messages.number_format import ago, clock
from bot.messages.phone_screen import on_one_screen
from bot.messages.plain_text import bind_units, clean, text_table, title_with_tone, utf16_length
from bot.messages.sparkline import chart_bars, chart_figures

_CHART_COLUMNS = 20  # bars are wider than letters: 30 of them are wider than a phone
_MAX_TEXT_UTF16_UNITS = 4096  # https://core.telegram.org/bots/api#sendmessage


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """One message for Telegram: as HTML, as plain text, and its buttons."""

    html: str
    text: str
    buttons: ButtonRows = ()


def render(message: Message, now: datetime, *, most_utf16_units: int = _MAX_TEXT_UTF16_UNITS) -> RenderedMessage:
    """Return the message within Telegram's limits; `now` is for times such as “12 min ago”."""

    def utf16_units(candidate: Message) -> int:
        return utf16_length(_blocks(candidate, _PlainText(now)))

    with written_in(message.language):
        fitted = fit(on_one_screen(message), utf16_units, most_utf16_units)
        return RenderedMessage(
            html=_blocks(fitted, _HtmlText(now)),
            text=_blocks(fitted, _PlainText(now)),
            buttons=button_rows(fitted.actions),
        )


class _PlainText:
    """Writes the parts of a message as plain text."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def text(self, text: str) -> str:
        return bind_units(clean(text))

    def bold(self, text: str) -> str:
        return self.text(text)

    def code(self, text: str) -> str:
        return clean(text)  # to be typed or copied: with the spaces that it has

    def linked(self, text: str, link: str) -> str:
        return self.text(text)

    def italic(self, markup: str) -> str:
        return markup

    def fixed_width_block(self, text: str) -> str:
        return text

    def folded_quote(self, markup: str) -> str:
        return markup

    def line(self, line: Line) -> str:
        return "".join(self._span(span) for span in line)

    def _span(self, span: Span) -> str:
        if span.at:
            relative = with_note("", ago(span.at, self._now)) if span.relative else ""
            return self.text(f"{clock(span.at)}{relative}")
        if span.code:
            return self.code(span.text)
        if span.link:
            return self.linked(span.text, span.link)
        return self.bold(span.text) if span.bold else self.text(span.text)


class _HtmlText(_PlainText):
    """Writes the same parts as Telegram's HTML. https://core.telegram.org/bots/api#html-style.

    Every text is escaped here and nowhere else: `<b>` in an exchange's name becomes `&lt;b&gt;`.
    """

    @override
    def text(self, text: str) -> str:
        return escape(super().text(text))

    @override
    def bold(self, text: str) -> str:
        return _tagged("b", self.text(text))

    @override
    def code(self, text: str) -> str:
        return _tagged("code", escape(super().code(text)))

    @override
    def linked(self, text: str, link: str) -> str:
        return f'<a href="{escape(link)}">{self.text(text)}</a>'

    @override
    def italic(self, markup: str) -> str:
        return _tagged("i", markup)

    @override
    def fixed_width_block(self, text: str) -> str:
        return _tagged("pre", escape(text))

    @override
    def folded_quote(self, markup: str) -> str:
        return f"<blockquote expandable>{markup}</blockquote>" if markup else ""


def _tagged(tag: str, markup: str) -> str:
    return f"<{tag}>{markup}</{tag}>" if markup else ""


def _blocks(message: Message, writer: _PlainText) -> str:
    """Return the blocks in their order; fields, chart, table and footer each stand apart by an empty line."""
    title = writer.bold(f"{message.tone.icon} {_title(message)}")
    shown_count = message.fold.after if message.fold else len(message.lines)
    head = "\n".join((title, *(writer.line(line) for line in message.lines[:shown_count])))
    figures = (_details(message, message.fold, writer),) if message.fold else _figures(message, writer)
    blocks = (head, *figures, writer.italic(writer.line(message.footer)))
    return "\n\n".join(block for block in blocks if block)


def _title(message: Message) -> str:
    title = title_with_tone(message)
    # Translators: {title} is that of an example that describes no real event.
    return tr("SAMPLE · {title}", title=title) if message.sample else title


def _figures(message: Message, writer: _PlainText) -> tuple[str, ...]:
    return (
        "\n".join(_field(field, writer) for field in message.fields),
        _chart(message.chart, writer) if message.chart else "",
        writer.fixed_width_block(text_table(message.table)) if message.table else "",
    )


def _details(message: Message, fold: Fold, writer: _PlainText) -> str:
    """Return what is folded away as one quote; a table in it is rows of text, for a quote takes no fixed-width block.

    https://core.telegram.org/bots/api#formatting-options: only bold, italic and the like may stand inside one.
    """
    table = message.table
    rows = (
        *(writer.line(line) for line in message.lines[fold.after :]),
        *(_field(field, writer) for field in message.fields),
        _chart(message.chart, writer) if message.chart else "",
        *(writer.text(" · ".join(filter(None, row))) for row in ((table.header, *table.rows) if table else ())),
    )
    return writer.folded_quote("\n".join(row for row in rows if row))


def _field(field: Field, writer: _PlainText) -> str:
    label = labelled(field.name, "")
    name = label.rstrip()
    return f"{writer.bold(name)}{label.removeprefix(name)}{writer.line(field.value)}"


def _chart(chart: Chart, writer: _PlainText) -> str:
    bars = chart_bars(chart, width=_CHART_COLUMNS)
    return "\n".join(map(writer.text, (chart.title, bars, chart_figures(chart)))) if bars else ""
