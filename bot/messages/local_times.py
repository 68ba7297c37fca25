"""Shows the times of a message in a place's zone: `2022-12-13 15:05 (14:05 UTC)` in Paris.

For platforms on which a bot writes times as text. Discord shows every reader their own.
"""

from dataclasses import replace
from datetime import datetime

from bot.domain.time_zones import UTC_NAME, zone_rules
from bot.messages.model import Line, Message, Span


def in_local_time(message: Message, timezone: str) -> Message:
    """Return a message whose moments are shown in a zone, given by its IANA name, with UTC beside it."""
    if timezone == UTC_NAME:
        return message
    return replace(
        message,
        lines=tuple(_local_line(line, timezone) for line in message.lines),
        fields=tuple(replace(field, value=_local_line(field.value, timezone)) for field in message.fields),
        footer=_local_line(message.footer, timezone),
    )


def _local_line(line: Line, timezone: str) -> Line:
    return tuple(_local_span(span, span.at, timezone) if span.at else span for span in line)


def _local_span(span: Span, at: datetime, timezone: str) -> Span:
    # `zone` tells the span from one of the same moment elsewhere: equal moments are equal in whichever zone.
    return replace(span, at=at.astimezone(zone_rules(timezone)), zone=timezone)
