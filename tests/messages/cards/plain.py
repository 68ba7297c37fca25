"""A message as plain text, made for reading in tests."""

from collections.abc import Iterator

from bot.messages.model import Line, Message, Span
from bot.messages.number_format import clock


def said(message: Message) -> str:
    """Return everything a message says, one block a line."""
    return "\n".join(_blocks(message))


def plain(line: Line) -> str:
    """Return a line with its moments as clock times, `(ago)` and `(live)` behind those that ask for their age."""
    return "".join(f"{clock(span.at)}{_age(span)}" if span.at else span.text for span in line)


def _age(span: Span) -> str:
    return " (ago)" if span.relative else " (live)" if span.live else ""


def _blocks(message: Message) -> Iterator[str]:
    yield message.title
    yield from map(plain, message.lines)
    yield from (f"{field.name}: {plain(field.value)}" for field in message.fields)
    if message.table:
        yield from (" | ".join(row) for row in (message.table.header, *message.table.rows))
    yield plain(message.footer)
    yield from (action.label for action in message.actions)
