"""What the times and titles of announced maintenance have in common, whoever announces it.

Example: OKX writes "1621328400000", Kraken "2026-05-11T09:00:00Z"; both are a time. "0", "" and a time in the year
58000 are none: that nobody knows when it ends is said, and not guessed.
"""

from collections.abc import Iterable
from datetime import UTC, datetime

from bot.domain.withdrawal_reading import Maintenance

MOST_ANNOUNCEMENTS = 20
"""Of one source; Kraken, which announces most, has had eight at once."""

_LONGEST_TITLE = 120  # characters; a title is one line of a message on a phone
_FIRST_YEAR, _LAST_YEAR = 2009, 2100  # the first is that of Bitcoin; what is outside is a placeholder


def time_of_milliseconds(value: object) -> datetime | None:
    """Return the time that a number of milliseconds since 1970 stands for, None for anything else."""
    try:
        return _plausible(datetime.fromtimestamp(int(str(value)) / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def time_of_text(value: object) -> datetime | None:
    """Return the time of a text in ISO 8601, None for anything else; without an offset it is taken for UTC."""
    try:
        moment = datetime.fromisoformat(str(value))
        return _plausible(moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def plain_title(title: object) -> str:
    """Return a title on one line, without anything invisible, and cut where it is too long for a message."""
    printable = "".join(character if character.isprintable() else " " for character in str(title)[: 4 * _LONGEST_TITLE])
    text = " ".join(printable.split())
    return text if len(text) <= _LONGEST_TITLE else f"{text[: _LONGEST_TITLE - 1]}…"


def told_once(maintenance: Iterable[Maintenance]) -> tuple[Maintenance, ...]:
    """Return maintenance without what another interface tells again; the last one knows most.

    Of a maintenance Kraken's system status has title and times, its status page the assets and networks as well.
    """
    return tuple({(entry.title, entry.begins_at): entry for entry in maintenance}.values())


def _plausible(moment: datetime) -> datetime | None:
    return moment if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None
