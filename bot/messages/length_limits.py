"""Makes a message fit a platform's limits: what is left out is counted in the message, and no markup is ever cut.

`trim` applies the limits of single parts (a title, a field), `fit` the limit of the whole. A table of 50 rows of which
ten fit becomes nine rows and a last one, `… and 41 more`, in the language in force: that of the message.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.language.translation import tr, tr_count
from bot.messages.model import Field, Line, Message, Span, Table, line
from bot.messages.plain_text import shorten

_LONG_TEXT = 1000
"""Characters. No text of ours is as long; what is comes from outside and must not push figures out of a message."""
_SHORT_TEXTS = (300, 100, 40, 12)
"""Characters that texts are shortened to, one after the other, once nothing more can be left out."""


@dataclass(frozen=True, slots=True)
class MessageLimits:
    """The most a platform takes of each part; None: as much as there is.

    Lengths are in the unit of `measure`. A moment in time counts as `moment` units, whatever it will be shown as.
    """

    title: int | None = None
    lines: int | None = None
    fields: int | None = None
    field_name: int | None = None
    field_value: int | None = None
    rows: int | None = None
    footer: int | None = None
    actions: int | None = None
    moment: int = 40
    measure: Callable[[str], int] = len


def trim(message: Message, limits: MessageLimits) -> Message:
    """Return the message with every part within its own limit; surplus parts become “… and N more”."""
    title = message.title if limits.title is None else shorten(message.title, limits.title, measure=limits.measure)
    # Actions are cut without a word: a card puts the most useful first, and all of them can be typed as well.
    trimmed = replace(
        message,
        title=title,
        fields=tuple(_trim_field(field, limits) for field in message.fields),
        footer=shorten_line(message.footer, limits.footer, limits),
        actions=message.actions[: limits.actions],
    )
    # Lines come last: leaving out all rows or fields adds a line that says so.
    for keep_at_most, limit in ((keep_rows, limits.rows), (keep_fields, limits.fields), (keep_lines, limits.lines)):
        trimmed = trimmed if limit is None else keep_at_most(trimmed, limit)
    return trimmed


def fit(message: Message, size: Callable[[Message], int], limit: int) -> Message:
    """Return the message, made smaller until `size` of it is within the limit.

    Texts beyond 1000 characters are shortened first, then rows, fields and lines are left out, last first, then what
    is left is shortened. The size must not grow when parts go. What cannot be made to fit comes back at its smallest.
    """
    for candidate in _smaller_versions(message, size, limit):
        if size(candidate) <= limit:
            return candidate
        message = candidate
    return message


def keep_rows(message: Message, count: int) -> Message:
    """Return the message with at most `count` rows in its table, the last of them saying how many are left out."""
    table = message.table
    if table is None or len(table.rows) <= count:
        return message
    if count < 2:  # noqa: PLR2004 — a row of the table and the one that counts the rest
        left_out = tr_count("… and {count} more row", "… and {count} more rows", len(table.rows))
        return replace(message, table=None, lines=(*message.lines, line(left_out)))
    note = (tr("… and {count} more", count=len(table.rows) - count + 1), *("" for _ in table.header[1:]))
    return replace(message, table=replace(table, rows=(*table.rows[: count - 1], note), chat_rows=None))


def keep_fields(message: Message, count: int) -> Message:
    """Return the message with at most `count` fields, the last of them saying how many are left out."""
    left_out = len(message.fields) - count + 1
    if left_out <= 1:
        return message
    if count < 1:
        nothing_left = tr_count("… and {count} more figure", "… and {count} more figures", len(message.fields))
        return replace(message, fields=(), lines=(*message.lines, line(nothing_left)))
    note = Field("…", line(tr("and {count} more", count=left_out)), inline=False)
    return replace(message, fields=(*message.fields[: count - 1], note))


def keep_lines(message: Message, count: int) -> Message:
    """Return the message with at most `count` lines, the last of them saying how many are left out."""
    left_out = len(message.lines) - max(count, 1) + 1
    if left_out <= 1:
        return message
    note = line(tr_count("… and {count} more line", "… and {count} more lines", left_out))
    return replace(message, lines=(*message.lines[: max(count, 1) - 1], note))


def shorten_line(text: Line, limit: int | None, limits: MessageLimits | None = None) -> Line:
    """Return as much of a line as fits, in the units of the limits; moments stay whole or go whole."""
    limits = limits or MessageLimits()
    if limit is None or sum(_length(span, limits) for span in text) <= limit:
        return text
    whole_count, room = 0, limit - 1  # one unit is for the `…`
    while (length := _length(text[whole_count], limits)) <= room:
        whole_count, room = whole_count + 1, room - length
    span = text[whole_count]
    # The `…` gets a span of its own: inside the last one it would be bold or code with it.
    beginning = "" if span.at else shorten(span.text, room + 1, measure=limits.measure).removesuffix("…")
    return (*text[:whole_count], *((replace(span, text=beginning),) if beginning else ()), Span("…"))


def _smaller_versions(message: Message, size: Callable[[Message], int], limit: int) -> Iterator[Message]:
    """Yield the message as it is and then with less and less, the least important part going first."""
    yield message
    message = _shorten_texts(message, _LONG_TEXT)
    yield message
    # Details go first: rows of a table, then figures, and sentences last, as they say what it is about.
    row_count = len(message.table.rows) if message.table else 0
    for keep_at_most, part_count in (
        (keep_rows, row_count),
        (keep_fields, len(message.fields)),
        (keep_lines, len(message.lines)),
    ):
        message = _most_that_fits(message, keep_at_most, range(part_count), size, limit)
        yield message
    message = replace(message, chart=None)
    yield message
    for longest in _SHORT_TEXTS:
        message = _shorten_texts(message, longest)
        yield message


def _most_that_fits(
    message: Message,
    keep_at_most: Callable[[Message, int], Message],
    counts: Sequence[int],
    size: Callable[[Message], int],
    limit: int,
) -> Message:
    """Return the message with the largest of the ascending counts that fits, or with the smallest when none does."""
    if not counts:
        return message
    # Binary search, because measuring a message means rendering it: 7 renderings for 100 rows.
    low, high = 0, len(counts)
    while low < high:
        middle = (low + high) // 2
        if size(keep_at_most(message, counts[middle])) <= limit:
            low = middle + 1
        else:
            high = middle
    return keep_at_most(message, counts[max(low - 1, 0)])


def _trim_field(field: Field, limits: MessageLimits) -> Field:
    name = field.name
    if limits.field_name is not None:
        name = shorten(name, limits.field_name, measure=limits.measure)
    return replace(field, name=name, value=shorten_line(field.value, limits.field_value, limits))


def _shorten_texts(message: Message, longest: int) -> Message:
    return replace(
        message,
        title=shorten(message.title, longest),
        lines=tuple(shorten_line(text, longest) for text in message.lines),
        fields=tuple(
            _trim_field(field, MessageLimits(field_name=longest, field_value=longest)) for field in message.fields
        ),
        footer=shorten_line(message.footer, longest),
        table=message.table and _shorten_cells(message.table, longest),
    )


def _shorten_cells(table: Table, longest: int) -> Table:
    return replace(table, rows=tuple(tuple(shorten(cell, longest) for cell in row) for row in table.rows))


def _length(span: Span, limits: MessageLimits) -> int:
    return limits.moment if span.at else limits.measure(span.text)
