"""How many lines a message takes on a phone, and making one with a long table fit on its screen.

A screen of 390 px shows 26 lines of 40 columns below a chat's title. An answer of 31 lines with a table of eight rows
gets three rows and "… and 6 more". Were that too much still, its chart would go, and then its last lines: cards put
first what matters most. A terminal and programs get it all.
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.messages.length_limits import keep_lines, keep_rows
from bot.messages.model import Line, Message
from bot.messages.plain_text import bind_units, display_width

SCREEN_LINES = 26
LINE_COLUMNS = 40  # of the proportional font of both apps; a fixed-width block has 34
_MOMENT_COLUMNS, _AGE_COLUMNS = len("2022-12-13 14:05 UTC"), len(" (12 min ago)")
_LEAST_LINES = 3
_CHART_LINES = 3  # its title, the bars and the figures


def on_one_screen(message: Message) -> Message:
    """Return a message whose table may be cut in chats with as many rows, and the chart, as fit on a phone."""
    table = message.table
    if table is None or table.chat_rows is None:
        return message
    shown = keep_rows(message, table.chat_rows)
    if (excess := screen_lines(shown) - SCREEN_LINES) > 0:
        rows = min(len(table.rows), table.chat_rows)
        shown = keep_rows(message, min(rows, max(table.least_rows, rows - excess)))
    if screen_lines(shown) > SCREEN_LINES:
        shown = replace(shown, chart=None)
    whole, count = shown, len(shown.lines)
    while screen_lines(shown) > SCREEN_LINES and count > _LEAST_LINES:
        count -= 1
        shown = keep_lines(whole, count)
    return shown


def screen_lines(message: Message) -> int:
    """Return how many lines a message takes on a phone, wrapped lines and the empty ones between its blocks counted."""
    blocks = [block for block in _blocks(message) if block]
    return sum(blocks) + len(blocks) - 1


def _blocks(message: Message) -> Iterator[int]:
    """Yield the lines of each block, as Telegram shows them; Discord has a line more for each field, and no gaps."""
    yield _wrapped_lines(f"{message.tone.icon} {message.title}") + sum(map(_line_count, message.lines))
    yield sum(_wrapped_lines(f"{field.name}: {_text(field.value)}") for field in message.fields)
    yield _CHART_LINES if message.chart else 0
    yield len(message.table.rows) + 1 if message.table else 0
    yield _line_count(message.footer)


def _line_count(line: Line) -> int:
    return _wrapped_lines(_text(line)) if line else 0


def _text(line: Line) -> str:
    return "".join(
        "x" * (_MOMENT_COLUMNS + (_AGE_COLUMNS if span.relative else 0)) if span.at else span.text for span in line
    )


def _wrapped_lines(text: str) -> int:
    """Return how many lines a text takes that is wrapped at its blanks."""
    count, used = 1, 0
    for word in bind_units(text).split(" "):
        width = display_width(word)
        if used and used + 1 + width > LINE_COLUMNS:
            count, used = count + 1, 0
        used += width + (1 if used else 0)
        if used > LINE_COLUMNS:  # a word longer than a line is broken wherever the line ends
            count, used = count + (used - 1) // LINE_COLUMNS, (used - 1) % LINE_COLUMNS + 1
    return count
