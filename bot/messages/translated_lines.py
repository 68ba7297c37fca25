"""Lines in the language in force: a text of the catalogue whose `**bold**` words and values become spans.

    >>> tr_line("**Peak**: {share}, {time}.", share="−8.1 %", time=moment(at))

is a bold span, a text, a moment and a full stop, whatever order the translation puts them in. Only the text has markup:
two asterisks in a value are two asterisks.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.language.translation import translated, translated_count
from bot.messages.model import Line, Span

_PIECE = re.compile(r"\*\*|\{(?P<name>\w+)\}")

Value = str | int | Span | Line


def tr_line(text: str, /, **values: Value) -> Line:
    """Return a text in the language in force as a line."""
    return _joined(_spans(translated(text), values))


def tr_count_line(singular: str, plural: str, count: int, /, **values: Value) -> Line:
    """Return the text that fits a count, which is `{count}` in it, as a line."""
    return _joined(_spans(translated_count(singular, plural, count), {"count": count, **values}))


def _spans(text: str, values: Mapping[str, Value]) -> Iterator[Span]:
    is_bold, done = False, 0
    for piece in _PIECE.finditer(text):
        yield Span(text[done : piece.start()], bold=is_bold)
        done = piece.end()
        if piece["name"] is None:
            is_bold = not is_bold
        else:
            yield from _value_spans(values[piece["name"]], is_bold=is_bold)
    yield Span(text[done:], bold=is_bold)


def _value_spans(value: Value, *, is_bold: bool) -> Iterator[Span]:
    if isinstance(value, Span):
        yield value
    elif isinstance(value, tuple):
        yield from value
    else:
        yield Span(str(value), bold=is_bold)


def _joined(spans: Iterator[Span]) -> Line:
    """Return the spans without empty ones; neighbours that look the same are one."""
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last and last.at is None and span.at is None and _look(last) == _look(span):
            joined[-1] = replace(span, text=last.text + span.text)
        elif span.text or span.at:
            joined.append(span)
    return tuple(joined)


def _look(span: Span) -> tuple[bool, bool, str]:
    return span.bold, span.code, span.link
