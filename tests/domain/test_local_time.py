from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.local_time import DigestSchedule, QuietHours, Weekday, moment_of

PARIS = ZoneInfo("Europe/Paris")
NIGHT = QuietHours(time(22), time(7))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "is_quiet"),
    [
        ("2026-06-10 19:59:59", False),  # 21:59:59 in Paris
        ("2026-06-10 20:00", True),
        ("2026-06-10 23:30", True),  # past midnight there
        ("2026-06-11 04:59:59", True),
        ("2026-06-11 05:00", False),
        ("2026-01-10 20:30", False),  # 21:30: in winter an hour later in UTC
        ("2026-01-10 21:00", True),
    ],
)
def test_quiet_hours_go_over_midnight_by_the_places_clock(now: str, *, is_quiet: bool) -> None:
    assert NIGHT.cover(utc(now), PARIS) is is_quiet


@pytest.mark.parametrize(("now", "is_quiet"), [("12:59", False), ("13:00", True), ("14:59", True), ("15:00", False)])
def test_quiet_hours_may_be_at_daytime(now: str, *, is_quiet: bool) -> None:
    siesta = QuietHours(time(13), time(15))
    assert siesta.cover(utc(f"2026-06-10 {now}"), ZoneInfo("UTC")) is is_quiet


@pytest.mark.parametrize(
    ("start", "end", "begins", "ends"),
    [
        # In spring the clock goes from 02:00 to 03:00 at 01:00 UTC.
        (time(22), time(7), "2026-03-28 21:00", "2026-03-29 05:00"),
        (time(22), time(2, 30), "2026-03-28 21:00", "2026-03-29 01:30"),
        (time(2, 30), time(7), "2026-03-29 01:30", "2026-03-29 05:00"),
        # In autumn it shows 02:00 to 03:00 twice, from 00:00 UTC and from 01:00 UTC on.
        (time(22), time(7), "2026-10-24 20:00", "2026-10-25 06:00"),
        (time(22), time(2, 30), "2026-10-24 20:00", "2026-10-25 00:30"),
        (time(2, 30), time(7), "2026-10-25 00:30", "2026-10-25 06:00"),
    ],
)
def test_quiet_hours_begin_and_end_once_where_clocks_change(start: time, end: time, begins: str, ends: str) -> None:
    quiet = QuietHours(start, end)
    quarters = [utc(begins) + timedelta(minutes=15 * step) for step in range(-16, 96)]
    expected = [utc(begins) <= now < utc(ends) for now in quarters if now < utc(ends) + timedelta(hours=6)]
    assert [quiet.cover(now, PARIS) for now in quarters][: len(expected)] == expected


def test_quiet_hours_inside_the_hour_that_is_skipped_are_left_out_that_night() -> None:
    skipped = QuietHours(time(2, 15), time(3, 10))  # 02:15 is 03:15 that night
    minutes = [utc("2026-03-29 00:00") + timedelta(minutes=minute) for minute in range(180)]
    assert not any(skipped.cover(now, PARIS) for now in minutes)


@pytest.mark.parametrize(
    ("schedule", "after", "due"),
    [
        (DigestSchedule(time(8)), "2026-06-10 05:59", "2026-06-10 06:00"),
        (DigestSchedule(time(8)), "2026-06-10 06:00", "2026-06-11 06:00"),
        (DigestSchedule(time(8)), "2026-10-24 06:00", "2026-10-25 07:00"),  # 25 hours later
        (DigestSchedule(time(2, 30)), "2026-10-25 00:00", "2026-10-25 00:30"),  # the first of the two
        (DigestSchedule(time(2, 30)), "2026-10-25 00:30", "2026-10-26 01:30"),
        (DigestSchedule(time(2, 30)), "2026-03-28 23:00", "2026-03-29 01:30"),  # 03:30, for 02:30 is skipped
        (DigestSchedule(time(8), Weekday.MONDAY), "2026-06-10 05:59", "2026-06-15 06:00"),
        (DigestSchedule(time(8), Weekday.MONDAY), "2026-06-15 06:00", "2026-06-22 06:00"),
        (DigestSchedule(time(0, 30), Weekday.MONDAY), "2026-06-14 22:15", "2026-06-14 22:30"),  # Monday in Paris
    ],
)
def test_the_next_digest_is_at_the_places_hour(schedule: DigestSchedule, after: str, due: str) -> None:
    assert schedule.next_after(utc(after), PARIS) == utc(due)


@given(
    st.times(timezones=st.none()),
    st.sampled_from([None, *Weekday]),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 — bounds are naive
    st.sampled_from(["Europe/Paris", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_digests_follow_each_other_at_the_same_hour(
    at: time, weekday: Weekday | None, now: datetime, name: str
) -> None:
    schedule, zone = DigestSchedule(at.replace(second=0, microsecond=0), weekday), ZoneInfo(name)
    first = schedule.next_after(now, zone)
    second = schedule.next_after(first, zone)
    change = timedelta(hours=1)
    assert now < first <= now + schedule.period + change
    assert schedule.period - change <= second - first <= schedule.period + change


def test_a_time_of_day_is_a_moment_in_utc() -> None:
    assert moment_of(date(2026, 6, 10), time(8), PARIS) == utc("2026-06-10 06:00")
    assert moment_of(date(2026, 6, 10), time(8), PARIS).tzinfo is UTC
