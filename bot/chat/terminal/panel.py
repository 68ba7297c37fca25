"""Draws a Message as a panel of rich: tone as colour, icon and word; fields three in a row; tables aligned. Pure.

Imported only where a person looks at a terminal: rich costs memory the service need not spend.
"""

from collections.abc import Sequence
from datetime import datetime

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.style import Style
from rich.table import Column, Table
from rich.text import Text

from bot.chat.terminal.plain import CHART_WIDTH, WIDTH, actions_text, heading, moment_text
from bot.language.translation import written_in
from bot.messages import model
from bot.messages.model import Chart, Field, Line, Message, Span, Tone
from bot.messages.plain_text import clean
from bot.messages.sparkline import chart_bars, chart_figures

_TONE_COLOURS = {
    Tone.INFO: "cyan",
    Tone.GOOD: "green",
    Tone.TROUBLE: "magenta",
    Tone.HELD: "white",
    Tone.WATCH: "yellow",
    Tone.ELEVATED: "dark_orange",
    Tone.SEVERE: "red",
    Tone.CRITICAL: "bold red",
}
_FIELDS_PER_ROW = 3  # as on Discord
_INNER_WIDTH = WIDTH - 6  # the border and two blanks of padding on each side
_QUIET_STYLE = "dim"


def render(message: Message, now: datetime) -> Panel:
    """Return the message as a panel at most 100 columns wide; `now` is for times such as “12 min ago”."""
    with written_in(message.language):
        return _panel(message, now)


def _panel(message: Message, now: datetime) -> Panel:
    colour = _TONE_COLOURS[message.tone]
    return Panel(
        Group(*_separated(_blocks(message, now, colour))),
        box=ROUNDED,
        title=Text(heading(message), style=f"bold {colour}"),
        title_align="left",
        subtitle=Text(f"{now:%Y-%m-%d %H:%M} UTC", style=_QUIET_STYLE),
        subtitle_align="right",
        border_style=colour,
        padding=(0, 2),
        width=WIDTH,
    )


def _blocks(message: Message, now: datetime, colour: str) -> list[RenderableType]:
    """Return the parts of the message that are there, in the order in which they are shown."""
    long_fields = [field for field in message.fields if not field.inline]
    short_fields = [field for field in message.fields if field.inline]
    parts: list[RenderableType | None] = [
        Group(*(_line(line, now) for line in message.lines)) if message.lines else None,
        _side_by_side(short_fields, now) if short_fields else None,
        _below_each_other(long_fields, now) if long_fields else None,
        _chart(message.chart, colour) if message.chart and message.chart.values else None,
        _table(message.table) if message.table else None,
        _ending(message, now),
    ]
    return [part for part in parts if part]


def _separated(blocks: Sequence[RenderableType]) -> list[RenderableType]:
    """Return the blocks with an empty line between them."""
    return [part for block in blocks for part in (Text(), block)][1:]


def _line(line: Line, now: datetime) -> Text:
    # A Text of rich takes its characters as they are: no markup in a message can become a style.
    text = Text()
    for span in line:
        if span.at:
            text.append(moment_text(span.at, now, relative=span.relative), style="italic")
        else:
            text.append(clean(span.text), style=_style(span))
    return text


def _style(span: Span) -> str | Style:
    if span.link:
        return Style(link=span.link)
    return "bold" if span.bold else "cyan" if span.code else ""


def _side_by_side(fields: Sequence[Field], now: datetime) -> Table:
    # Of the same width in every row, so that the fields of all rows stand below each other.
    columns = [Column(width=_INNER_WIDTH // _FIELDS_PER_ROW - 2) for _ in range(_FIELDS_PER_ROW)]
    grid = Table.grid(*columns, padding=(0, 1))
    for start in range(0, len(fields), _FIELDS_PER_ROW):
        if start:
            grid.add_row()
        row = fields[start : start + _FIELDS_PER_ROW]
        grid.add_row(*(Text(clean(field.name), style=_QUIET_STYLE) for field in row))
        grid.add_row(*(_line(field.value, now) for field in row))
    return grid


def _below_each_other(fields: Sequence[Field], now: datetime) -> Table:
    grid = Table.grid(Column(style=_QUIET_STYLE), Column(), padding=(0, 2))
    for field in fields:
        grid.add_row(Text(clean(field.name)), _line(field.value, now))
    return grid


def _chart(chart: Chart, colour: str) -> Group:
    span = f"{chart.times[0]:%Y-%m-%d} → {chart.times[-1]:%Y-%m-%d} · " if chart.times else ""
    title = Text(clean(chart.title), style=_QUIET_STYLE)
    figures = Text(f"{span}{chart_figures(chart)}", style=_QUIET_STYLE)
    return Group(title, Text(chart_bars(chart, width=CHART_WIDTH), style=colour), figures)


def _table(table: model.Table) -> Table:
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, header_style=_QUIET_STYLE, show_edge=False)
    for index, name in enumerate(table.header):
        # Numbers align right and never wrap: half a number would be another number.
        numeric = index in table.numeric
        drawn.add_column(Text(clean(name)), justify="right" if numeric else "left", no_wrap=numeric)
    for row in table.rows:
        drawn.add_row(*(Text(clean(cell)) for cell in row))
    return drawn


def _ending(message: Message, now: datetime) -> Group | None:
    footer, hints = _line(message.footer, now), actions_text(message.actions)
    footer.stylize(_QUIET_STYLE)
    parts = [part for part in (footer, Text(hints, style="dim cyan")) if part]
    return Group(*parts) if parts else None
