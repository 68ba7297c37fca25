"""Writes a Message as plain text for pipes and files, and as JSON for programs. Pure.

`runwatch ask flows binance | cat` prints what `plain_text` returns, `--json` what `message_to_json` returns.
"""

from collections.abc import Callable
from datetime import datetime
from textwrap import wrap
from typing import Any

from bot.language.translation import tr, written_in
from bot.messages.documents import Document
from bot.messages.model import Action, Chart, Field, Line, Message, ShownTotal, Tone
from bot.messages.number_format import ago, clock
from bot.messages.plain_text import clean, text_table, title_with_tone
from bot.messages.sparkline import chart_bars, chart_figures

# In columns: longer lines are hard to read, also where a terminal has room for them.
WIDTH = 100
CHART_WIDTH = 48  # leaves half of the line to the title and the figures
_INDENT = "  "


def plain_text(message: Message, now: datetime, *, width: int = WIDTH) -> str:
    """Return the message as lines at most `width` columns wide, without any control sequence."""
    with written_in(message.language):
        return _plain_text(message, now, width)


def _plain_text(message: Message, now: datetime, width: int) -> str:
    blocks = (
        *(line_text(line, now) for line in message.lines),
        *(field_text(field, now) for field in message.fields),
        chart_text(message.chart) if message.chart else "",
    )
    indented = [row for block in blocks if block for row in _wrapped(block, width)]
    if message.table:
        table = text_table(message.table, width=width - len(_INDENT))
        indented += [_INDENT + row for row in table.splitlines()]
    for ending in (line_text(message.footer, now), actions_text(message.actions)):
        indented += _wrapped(ending, width) if ending else []
    return "\n".join((heading(message), *indented))


def heading(message: Message) -> str:
    """Return icon, title and, unless the title says it already, the tone's word: `🔴 Sample · Outflow · severe`."""
    title = title_with_tone(message)
    if message.sample:
        with written_in(message.language):
            # Translators: {title} is that of an example that describes no real event.
            title = tr("Sample · {title}", title=title)
    return f"{icon(message.tone)} {title}"


def icon(tone: Tone) -> str:
    """Return the tone's icon without the selector that makes terminals disagree about its width."""
    return tone.icon.removesuffix("\N{VARIATION SELECTOR-16}")


def line_text(line: Line, now: datetime) -> str:
    """Return a line as one text, its moments as UTC clock times."""
    return _text(line, lambda at, relative: moment_text(at, now, relative=relative))


def moment_text(at: datetime, now: datetime, *, relative: bool) -> str:
    """Return a moment: `14:05 UTC` today, with the date on other days, and how long ago where that is asked."""
    clock_time = f"{at:%H:%M} UTC" if at.date() == now.date() else clock(at)
    return f"{clock_time} ({ago(at, now)})" if relative else clock_time


def field_text(field: Field, now: datetime) -> str:
    """Return a field as `name: value`."""
    return f"{clean(field.name)}: {line_text(field.value, now)}"


def chart_text(chart: Chart) -> str:
    """Return a chart as a sparkline with its lowest, highest and newest value; nothing for a chart without points."""
    bars = chart_bars(chart, width=CHART_WIDTH)
    return f"{clean(chart.title)} {bars} {chart_figures(chart)}" if bars else ""


def actions_text(actions: tuple[Action, ...]) -> str:
    """Return the actions as what one may type next."""
    if not actions:
        return ""
    # Translators: below an answer in a terminal; {commands} are what one may type next.
    return tr("try: {commands}", commands=" · ".join(f"/{clean(action.command)}" for action in actions))


def document_text(document: Document) -> str:
    """Return a file as text for a terminal: line breaks stay, nothing in it can move the cursor."""
    return "".join(f"{clean(row)}\n" for row in document.text.splitlines())


def message_to_json(message: Message) -> dict[str, Any]:
    """Return the message as plain values for `json.dumps`: texts without markup, times in ISO 8601."""
    return {
        "title": clean(message.title),
        "tone": message.tone.value,
        "sample": message.sample,
        "lines": [_iso_text(line) for line in message.lines],
        "fields": [{"name": clean(field.name), "value": _iso_text(field.value)} for field in message.fields],
        "chart": _chart_json(message.chart) if message.chart else None,
        "table": {"header": list(message.table.header), "rows": [list(row) for row in message.table.rows]}
        if message.table
        else None,
        "footer": _iso_text(message.footer),
        "actions": [
            {"label": clean(action.label), "command": f"/{clean(action.command)}"} for action in message.actions
        ],
        "totals": [_total_json(total) for total in message.totals],
        **({"document": _document_json(message.document)} if message.document else {}),
    }


def _document_json(document: Document) -> dict[str, str]:
    return {"name": document.name, "media_type": document.media_type, "text": document.text}


def _chart_json(chart: Chart) -> dict[str, Any]:
    points = [[at.isoformat(), value] for at, value in zip(chart.times, chart.values, strict=True)]
    return {"title": clean(chart.title), "unit": chart.unit, "points": points}


def _total_json(total: ShownTotal) -> dict[str, Any]:
    return {
        "exchange": total.exchange,
        "as_of": total.as_of.isoformat(),
        "reserves_usd": total.reserves_usd,
        "total_usd": total.total_usd,
        "checked": total.is_checked,
        "complete": not total.missing,
        "missing": [
            {"name": clean(part.name), "usd": part.usd, "since": part.since.isoformat()} for part in total.missing
        ],
        "newest": {"as_of": total.newest_as_of.isoformat(), "reserves_usd": total.newest_reserves_usd}
        if total.newest_as_of
        else None,
    }


def _iso_text(line: Line) -> str:
    return _text(line, lambda at, _: at.isoformat())


def _text(line: Line, show: Callable[[datetime, bool], str]) -> str:
    return "".join(show(span.at, span.relative) if span.at else clean(span.text) for span in line)


def _wrapped(text: str, width: int) -> list[str]:
    # The rest of a wrapped line is indented twice, so that it does not look like a line of its own.
    return wrap(text, width, initial_indent=_INDENT, subsequent_indent=_INDENT * 2)
