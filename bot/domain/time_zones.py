"""The names of the world's time zones, and which of them somebody may have meant.

Example: “europe/paris” and “Paris” are Europe/Paris; “Pariss” is none, and the nearest is Europe/Paris. A name alone
says when clocks change: “UTC+1” does not, which is why offsets are not taken.

The names are those of the IANA database (https://www.iana.org/time-zones), as the package tzdata has them. The rules
behind a name come from the system where it has them, else from that package (https://docs.python.org/3/library/zoneinfo.html).
"""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from bot.domain.errors import BadArgument, echo
from bot.language.name_lists import alternatives, sentences
from bot.language.translation import tr

UTC_NAME = "UTC"
_EXAMPLES = ("Europe/Paris", "America/New_York", "Asia/Singapore")
_OFFSET = re.compile(r"(?:utc|gmt)?\s*[-+−]\d{1,2}(?::?\d{2})?", re.IGNORECASE)
_NEAREST_MAX = 3
_ALIKE = 0.7  # “Pariss” and “Paris” 0.91, “Berln” and “Berlin” 0.91, “Moscov” and “Moscow” 0.83; by judgement


@cache
def zone_names() -> tuple[str, ...]:
    """Return the names of all zones with a place in them, and UTC; sorted."""
    listed = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    # What has no slash is UTC by another name, or of the 1980s; Etc/GMT+3 is three hours *behind* UTC, to everybody's
    # surprise.
    return tuple(sorted({UTC_NAME, *(name for name in listed if "/" in name and not name.startswith("Etc/"))}))


@cache
def zone_rules(name: str) -> ZoneInfo:
    """Return the rules of a zone; those of UTC for a name that this system does not know, stored by a newer one."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return ZoneInfo(UTC_NAME)


class UnknownZone(BadArgument):
    """No time zone has this name; `nearest` are those with similar ones."""

    def __init__(self, typed: str, nearest: Sequence[str]) -> None:
        hint = tr("Did you mean {names}?", names=alternatives(nearest)) if nearest else _examples()
        super().__init__(sentences(tr("No time zone is called “{name}”.", name=echo(typed)), hint))
        self.nearest = nearest


def zone_named(typed: str) -> str:
    """Return the zone that a text names, in full or by its city alone; raise UnknownZone, BadArgument for an offset."""
    wanted = _comparable(typed)
    by_city = [name for name in zone_names() if _city(name) == wanted]
    exact = [name for name in zone_names() if _comparable(name) == wanted] or by_city
    if len(exact) == 1:
        return exact[0]
    if _OFFSET.fullmatch(typed.strip()):
        raise BadArgument(sentences(tr("An offset does not say when clocks change."), _examples()))
    raise UnknownZone(typed, by_city or nearest_zones(typed))


def _examples() -> str:
    return tr("Use a name such as {names}.", names=", ".join(_EXAMPLES))


def nearest_zones(typed: str) -> Sequence[str]:
    """Return up to three zones whose name, or whose city, is spelt much like a text; the nearest first."""
    wanted = _comparable(typed)
    # Three letters are mostly an abbreviation, and CET is not meant as Africa/Ceuta; no zone is longer than 40.
    if len(wanted) < 4 or len(wanted) > 40:  # noqa: PLR2004 — as said
        return ()
    likeness = {name: max(_likeness(wanted, spelling) for spelling in _spellings(name)) for name in zone_names()}
    near = sorted((name for name in likeness if likeness[name] >= _ALIKE), key=lambda name: (-likeness[name], name))
    return near[:_NEAREST_MAX]


def zones_like(typed: str, limit: int) -> Sequence[str]:
    """Return zones that a text may become while it is typed: their city begins so, then they contain it."""
    wanted = _comparable(typed)
    if not wanted:
        return (UTC_NAME, *_EXAMPLES)[:limit]
    beginning = [
        name for name in zone_names() if _city(name).startswith(wanted) or _comparable(name).startswith(wanted)
    ]
    containing = [name for name in zone_names() if wanted in _comparable(name) and name not in beginning]
    return ([*beginning, *containing] or list(nearest_zones(typed)))[:limit]


def _spellings(name: str) -> Iterator[str]:
    yield _comparable(name)
    yield _city(name)


def _likeness(wanted: str, spelling: str) -> float:
    matcher = SequenceMatcher(a=spelling, b=wanted, autojunk=False)
    # The quick bound spares the slow comparison for the 550 names that are nothing alike.
    return matcher.ratio() if matcher.quick_ratio() >= _ALIKE else 0.0


def _city(name: str) -> str:
    return _comparable(name.rpartition("/")[2])


def _comparable(text: str) -> str:
    return text.strip().casefold().replace(" ", "_")
