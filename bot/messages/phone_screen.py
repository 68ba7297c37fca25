"""How many lines a message takes on a phone, and making one with a long table fit on its screen.

A screen of 390 px shows 26 lines of 40 columns below a chat's title. An answer of 31 lines with a table of eight rows
gets three rows and "… and 6 more". Were that too much still, its chart would go, then its last lines, and for its
fields' sake the table, and at last fields: cards put first what matters most. A terminal and programs get it all.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from bot.messages.length_limits import keep_fields, keep_lines, keep_rows
from bot.messages.model import Line, Message
from bot.messages.number_format import ago
from bot.messages.plain_text import bind_units, display_width

SCREEN_LINES = 26
LINE_COLUMNS = 40  # of the proportional font of both apps; a fixed-width block has 34
_MOMENT = "2022-12-13 14:05 UTC"  # as long as any
_DISCORD_MOMENT = "13 December 2022 14:05"  # as the app writes it
_NOW = datetime(2022, 12, 13, 14, 5, tzinfo=UTC)
_AGE = timedelta(minutes=12)  # in words as long as any
_PIECE = re.compile(r" |[\u2e80-\u9fff\uff00-\uff60]|[^ \u2e80-\u9fff\uff00-\uff60]+")
"""A blank, an ideograph or a word: between any two of them a line may end."""
_LEAST_LINES = 3
_CHART_LINES = 3  # its title, the bars and the figures


def on_one_screen(message: Message, *, names_apart: bool = False) -> Message:
    """Return a message whose table may be cut in chats with as many rows, and the chart, as fit on a phone.

    `names_apart` says that the platform writes the name of a field above its value.
    """

    def excess(candidate: Message) -> int:
        return screen_lines(candidate, names_apart=names_apart) - SCREEN_LINES

    table = message.table
    if table is None or table.chat_rows is None:
        return message
    rows = min(len(table.rows), table.chat_rows)
    shown = message
    for candidate in (message, replace(message, chart=None)):
        too_many = max(0, excess(keep_rows(candidate, rows)))
        shown = keep_rows(candidate, min(rows, max(table.least_rows, rows - too_many)))
        if excess(shown) <= 0:
            return shown
    whole, count = shown, len(shown.lines)
    while excess(shown) > 0 and count > _LEAST_LINES:
        count -= 1
        shown = keep_lines(whole, count)
    if excess(shown) > 0 and shown.fields:
        shown = keep_rows(shown, 1)
    whole, count = shown, len(shown.fields)
    while excess(shown) > 0 and count:
        count -= 1
        shown = keep_fields(whole, count) if count else replace(whole, fields=())
    return shown


def naming_what_fits(card_naming: Callable[[int], Message], most: int) -> Message:
    """Return a card that names as many of each kind as fit on a phone, `most` at most and one at least.

    `card_naming` makes the card with up to so many: one with eight changes of two lines each names four of them where
    five sentences stand below.
    """
    cards = (card_naming(named) for named in range(most, 1, -1))
    return next((card for card in cards if screen_lines(card) <= SCREEN_LINES), None) or card_naming(1)


def screen_lines(message: Message, *, names_apart: bool = False) -> int:
    """Return how many lines a message takes on a phone: wrapped ones are counted, and the empty ones between blocks.

    Where names of fields stand apart, as on Discord, there are no empty lines.
    """
    time = _DISCORD_MOMENT if names_apart else _MOMENT
    blocks = [block for block in _blocks(message, time) if block]
    return sum(blocks) + (len(message.fields) if names_apart else len(blocks) - 1)


def _blocks(message: Message, time: str) -> Iterator[int]:
    """Yield the lines of each block, with `time` for each moment; one that is absent has none."""
    yield _wrapped_lines(f"{message.tone.icon} {message.title}") + sum(
        _line_count(line, time) for line in message.lines
    )
    yield sum(_wrapped_lines(f"{field.name}: {_text(field.value, time)}") for field in message.fields)
    yield _CHART_LINES if message.chart else 0
    yield len(message.table.rows) + 1 if message.table else 0
    yield _line_count(message.footer, time)


def _line_count(line: Line, time: str) -> int:
    return _wrapped_lines(_text(line, time)) if line else 0


def _text(line: Line, time: str) -> str:
    age = f" ({ago(_NOW - _AGE, _NOW)})"
    return "".join(f"{time}{age if span.relative or span.live else ''}" if span.at else span.text for span in line)


# The same sentences come again while lines are left out one by one, and in the answer to whoever asks next.
@lru_cache(maxsize=1024)
def _wrapped_lines(text: str) -> int:
    """Return how many lines a text takes that is wrapped at its blanks, and in Chinese between any two letters."""
    count, used, blanks = 1, 0, 0
    for piece in _PIECE.findall(bind_units(text)):
        if piece == " ":
            blanks += 1 if used else 0
            continue
        width = display_width(piece)
        if used and used + blanks + width > LINE_COLUMNS:
            count, used, blanks = count + 1, 0, 0
        used, blanks = used + blanks + width, 0
        if used > LINE_COLUMNS:  # a word longer than a line is broken wherever the line ends
            count, used = count + (used - 1) // LINE_COLUMNS, (used - 1) % LINE_COLUMNS + 1
    return count
