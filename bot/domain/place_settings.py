"""What a place has set for everything that is posted and answered in it, beside its subscriptions.

Every setting has a name and a text form, the one that people type and that exports have: `quiet` and `22:00-07:00`.
`PlaceSettings.from_fields({"timezone": "Europe/Paris", "quiet": "22:00-07:00"})` has the defaults in all others, and
`as_fields` is its inverse.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time
from enum import StrEnum
from typing import Any
from unicodedata import combining, normalize
from zoneinfo import ZoneInfo

from bot.domain.errors import BadArgument, echo
from bot.domain.local_time import DigestSchedule, QuietHours, Weekday
from bot.domain.severity import Severity
from bot.domain.time_zones import UTC_NAME, zone_named, zone_rules
from bot.language.languages import LANGUAGES, Language, supported_language
from bot.language.translation import tr


class PlaceSetting(StrEnum):
    """The settings of a place by their names, in the order in which they are shown."""

    TIMEZONE = "timezone"
    LANGUAGE = "language"
    QUIET = "quiet"
    SOUND = "sound"
    DIGEST = "digest"
    ANSWERS = "answers"
    NOTICES = "notices"
    PEGS = "pegs"
    RECOVERED = "recovered"
    APPROVAL = "approval"
    DRILLS = "drills"
    PUBLISH = "publish"


AUTOMATIC = "auto"
"""What a place has that set no language: an answer goes by the asker's app, everything else is in English.

And no severity for the sound: then each message says itself whether it is worth one.
"""


class AnswerAudience(StrEnum):
    """Who sees the answer to a member's command: the place, or the member alone."""

    PUBLIC = "public"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class PlaceSettings:
    """The settings of a place; each has the value that it has at first.

    `timezone` is an IANA name. `language` is `AUTOMATIC` or the code of a language. `quiet` None: no quiet hours.
    `digest` None: no digest. `notices`: whether data notices are posted, `pegs`: whether alerts about stablecoins are.
    `recovered`: whether a reply says that an incident is over. `drills`: whether members may begin withdrawal drills,
    and answers show what drills found. `publish`: whether alerts in an announcement channel of Discord are published to
    those who follow it. `approval`: whether a moderator releases the first post of an incident;
    `approver` is the id of who switched that on, which is no setting of its own and is in no fields.
    `sound` is `AUTOMATIC` or the severity from which on alerts sound.
    """

    timezone: str = UTC_NAME
    quiet: QuietHours | None = None
    digest: DigestSchedule | None = None
    answers: AnswerAudience = AnswerAudience.PUBLIC
    language: str = AUTOMATIC
    notices: bool = True
    pegs: bool = True
    recovered: bool = True
    drills: bool = True
    publish: bool = False
    approval: bool = False
    approver: str = ""
    sound: str = AUTOMATIC

    @property
    def zone(self) -> ZoneInfo:
        """Return the rules of the place's time zone; UTC where this system knows the zone no more."""
        return zone_rules(self.timezone)

    def is_quiet_at(self, now: datetime) -> bool:
        """Return whether a moment is in the quiet hours."""
        return self.quiet is not None and self.quiet.cover(now, self.zone)

    def next_digest_after(self, moment: datetime) -> datetime | None:
        """Return when the next digest is due, None where there is none."""
        return self.digest.next_after(moment, self.zone) if self.digest else None

    def value_of(self, setting: PlaceSetting) -> str:
        """Return a setting in its text form: `weekly mon 08:00`."""
        return _written(getattr(self, setting.value))

    def with_value(self, setting: PlaceSetting, text: str) -> "PlaceSettings":
        """Return the settings with one changed to what a text says; raise BadArgument with a sentence that helps."""
        return replace(self, **{setting.value: _READ[setting](text.strip())})

    def approved_by(self, editor: str, before: "PlaceSettings") -> "PlaceSettings":
        """Return the settings with who is asked: `editor`, if they have just switched approval on."""
        if not self.approval:
            return replace(self, approver="")
        return self if before.approval else replace(self, approver=editor)

    def as_fields(self) -> dict[str, str]:
        """Return every setting by its name in its text form."""
        return {setting.value: self.value_of(setting) for setting in PlaceSetting}

    def changed_fields(self) -> dict[str, str]:
        """Return, as `as_fields` does, the settings that differ from what they are at first."""
        at_first = PlaceSettings().as_fields()
        return {name: value for name, value in self.as_fields().items() if value != at_first[name]}

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> "PlaceSettings":
        """Return the settings that fields describe; raise BadArgument for an unknown name and a wrong value."""
        settings = cls()
        for name, text in fields.items():
            if name not in tuple(PlaceSetting):
                raise BadArgument(unknown_setting(name))
            settings = settings.with_value(PlaceSetting(name), text)
        return settings


def unknown_setting(name: str) -> str:
    """Return the sentence about a setting that does not exist."""
    return tr("There is no setting “{name}”. The settings are {names}.", name=echo(name), names=", ".join(PlaceSetting))


def _written(value: Any) -> str:
    match value:
        case bool():
            return "on" if value else "off"
        case None:
            return "off"
        case QuietHours(start, end):
            return f"{start:%H:%M}-{end:%H:%M}"
        case DigestSchedule(at, weekday):
            return f"weekly {weekday} {at:%H:%M}" if weekday else f"daily {at:%H:%M}"
        case _:
            return str(value)


_TIME = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?")
_QUIET = re.compile(r"(?P<start>[\d:]+)\s*(?:-|–|—|to|\s)\s*(?P<end>[\d:]+)")
_DIGEST = re.compile(r"(?:(?P<rhythm>daily|weekly)\s*)?(?P<weekday>[a-z]{3,9})?\s*(?P<at>[\d:]+)?")


def _read_time(text: str) -> time:
    match = _TIME.fullmatch(text)
    hour, minute = (int(match["hour"]), int(match["minute"] or 0)) if match else (24, 0)
    if hour > 23 or minute > 59:  # noqa: PLR2004 — of a clock
        raise BadArgument(
            tr("“{text}” isn't a time of day. Use the 24-hour clock, for example 08:00 or 22:30.", text=echo(text))
        )
    return time(hour, minute)


def _read_quiet(text: str) -> QuietHours | None:
    if text.lower() == "off":
        return None
    match = _QUIET.fullmatch(text.lower())
    if not match:
        raise BadArgument(tr("“{text}” isn't a time span. Use one such as 22:00-07:00, or off.", text=echo(text)))
    quiet = QuietHours(_read_time(match["start"]), _read_time(match["end"]))
    if quiet.start == quiet.end:
        raise BadArgument(tr("Quiet hours need a beginning and a different end, for example 22:00-07:00, or off."))
    return quiet


def _read_digest(text: str) -> DigestSchedule | None:
    if text.lower() == "off":
        return None
    match = _DIGEST.fullmatch(text.lower())
    weekday = _weekday(match["weekday"]) if match and match["weekday"] else None
    is_weekly = bool(match and match["rhythm"] == "weekly")
    if not match or not match["at"] or not match["rhythm"] or is_weekly is not bool(weekday):
        raise BadArgument(
            tr("“{text}” isn't a time for a digest. Use daily 08:00, weekly mon 08:00, or off.", text=echo(text))
        )
    return DigestSchedule(_read_time(match["at"]), weekday)


def _weekday(word: str) -> Weekday | None:
    """Return the day that a word of three letters or more begins to spell, in English."""
    names = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    return next((day for day, name in zip(Weekday, names, strict=True) if name.startswith(word)), None)


def _read_answers(text: str) -> AnswerAudience:
    try:
        return AnswerAudience(text.lower())
    except ValueError:
        raise BadArgument(tr("“{text}” is not possible. Answers are public or private.", text=echo(text))) from None


def _read_switch(text: str) -> bool:
    if text.lower() not in {"on", "off"}:
        raise BadArgument(tr("“{text}” is not possible. This is on or off.", text=echo(text)))
    return text.lower() == "on"


def _read_sound(text: str) -> str:
    word = text.lower()
    if word == AUTOMATIC:
        return AUTOMATIC
    if word not in tuple(Severity):
        raise BadArgument(
            tr(
                "“{text}” is not possible. Sound is auto or a severity: {severities}.",
                text=echo(text),
                severities=", ".join(Severity),
            )
        )
    return Severity(word)


def _read_language(text: str) -> str:
    wanted = _comparable(text)
    if wanted == AUTOMATIC:
        return AUTOMATIC
    named = (code for code, language in LANGUAGES.items() if wanted in _names(language))
    if code := supported_language(text) or next(named, ""):
        return code
    there_are = " · ".join(f"{code} {language.name}" for code, language in LANGUAGES.items())
    raise BadArgument(
        tr("“{text}” is not possible. Languages: auto · {languages}.", text=echo(text), languages=there_are)
    )


def is_known_language(text: str) -> bool:
    """Return whether a setting's text names a language that there is, or `auto`."""
    try:
        _read_language(text)
    except BadArgument:
        return False
    return True


def _names(language: Language) -> tuple[str, ...]:
    """Return what a language is called by itself, with and without its country."""
    whole = _comparable(language.name)
    return whole, whole.partition(" (")[0]


def _comparable(text: str) -> str:
    """Return a text without capitals and accents, which not every keyboard has: `espanol`."""
    return "".join(letter for letter in normalize("NFKD", text.casefold()) if not combining(letter))


_READ: Mapping[PlaceSetting, Callable[[str], Any]] = {
    PlaceSetting.TIMEZONE: zone_named,
    PlaceSetting.LANGUAGE: _read_language,
    PlaceSetting.QUIET: _read_quiet,
    PlaceSetting.SOUND: _read_sound,
    PlaceSetting.DIGEST: _read_digest,
    PlaceSetting.ANSWERS: _read_answers,
    PlaceSetting.NOTICES: _read_switch,
    PlaceSetting.PEGS: _read_switch,
    PlaceSetting.RECOVERED: _read_switch,
    PlaceSetting.APPROVAL: _read_switch,
    PlaceSetting.DRILLS: _read_switch,
    PlaceSetting.PUBLISH: _read_switch,
}
