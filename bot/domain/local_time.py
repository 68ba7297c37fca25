"""Times of day in a place's time zone: quiet hours, and when the next digest is due; right when clocks change as well.

A local time becomes a moment by the rules of calendars (https://www.rfc-editor.org/rfc/rfc5545#section-3.3.5): one that
comes twice in autumn means the first of the two, one that is skipped in spring is as long after midnight as it would
have been. Example, Europe/Paris: on 2026-10-25 the clock shows 02:30 at 00:30 UTC and at 01:30 UTC, and 02:30 is
00:30 UTC. On 2026-03-29 it goes from 02:00 to 03:00 at 01:00 UTC, and 02:30 is 01:30 UTC, when it shows 03:30.

So quiet hours begin and end once a night, whatever the clock shows in between.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_WEEK = 7 * _DAY


class Weekday(StrEnum):
    """The days of the week in the order of `date.weekday`."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Every day from one local time to another, over midnight where `end` is the earlier one; they differ."""

    start: time
    end: time

    def cover(self, now: datetime, zone: ZoneInfo) -> bool:
        """Return whether a moment lies in them: from `start` on, and before `end`."""
        today = now.astimezone(zone).date()
        return any(self._cover(now, first_day, zone) for first_day in (today - _DAY, today))

    def _cover(self, now: datetime, first_day: date, zone: ZoneInfo) -> bool:
        last_day = first_day if self.start < self.end else first_day + _DAY
        return moment_of(first_day, self.start, zone) <= now < moment_of(last_day, self.end, zone)


@dataclass(frozen=True, slots=True)
class DigestSchedule:
    """A local time every day, or on one day of every week."""

    at: time
    weekday: Weekday | None = None

    @property
    def period(self) -> timedelta:
        """Return the time from one digest to the next, 1 or 7 days; an hour more or less where clocks change."""
        return _WEEK if self.weekday else _DAY

    def next_after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return when the next digest is due, in UTC, which is always after `moment`."""
        day = moment.astimezone(zone).date()
        while not self._is_on(day) or (due := moment_of(day, self.at, zone)) <= moment:
            day += _DAY
        return due

    def _is_on(self, day: date) -> bool:
        return self.weekday is None or tuple(Weekday)[day.weekday()] is self.weekday


def moment_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the moment, in UTC, at which a clock of this zone shows a time of day; see the module for changes."""
    return datetime.combine(day, at, zone).astimezone(UTC)
