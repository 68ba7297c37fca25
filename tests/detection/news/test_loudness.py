from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.detection.news.loudness import DAYS_NEEDED, loudness
from bot.domain.headline import Headline, Loudness

_NOW = datetime(2026, 9, 29, 12, tzinfo=UTC)
_READ = [(_NOW - timedelta(days=day)).date() for day in range(40)]


def _headlines(*hours_ago: float) -> list[Headline]:
    return [
        Headline(f"Bybit {number}", f"https://a.org/{number}", _NOW - timedelta(hours=hours), "A", ("bybit",))
        for number, hours in enumerate(hours_ago)
    ]


def _two_a_day(days: int = 30) -> list[Headline]:
    return _headlines(*(24 * day + hour for day in range(1, days + 1) for hour in (1, 2)))


def test_a_loud_day_is_told_beside_what_is_normal() -> None:
    loud = _headlines(*range(12))
    assert loudness([*_two_a_day(), *loud], _READ, _NOW) == Loudness(12, 2.0, 30, _NOW - timedelta(hours=8))


def test_a_quiet_day_is_not_loud() -> None:
    assert loudness(_two_a_day(), _READ, _NOW) == Loudness(0, 2.0, 30, None)
    assert loudness([], _READ, _NOW) == Loudness(0, 0.0, 30, None)


def test_two_headlines_are_never_loud() -> None:
    assert loudness(_headlines(1, 2), _READ, _NOW).loud_since is None
    assert loudness(_headlines(1, 2, 3), _READ, _NOW).loud_since == _NOW - timedelta(hours=1)


def test_nothing_is_normal_before_a_week_is_known() -> None:
    assert loudness(_headlines(*range(12)), _READ[:7], _NOW) == Loudness(12, None, 5, None)
    assert loudness(_headlines(*range(12)), _READ[:9], _NOW).normal == 0.0
    assert DAYS_NEEDED == 7


def test_days_on_which_no_feed_was_read_are_left_out() -> None:
    gap = [_NOW.date() - timedelta(days=day) for day in range(5, 15)]
    read = [day for day in _READ if day not in gap]
    headlines = [headline for headline in _two_a_day() if headline.at.date() not in gap]
    assert loudness(headlines, read, _NOW) == Loudness(0, 2.0, 19, None)


def test_what_is_dated_in_the_future_is_not_counted() -> None:
    assert loudness(_headlines(-1, 1), _READ, _NOW).count == 1


@given(st.lists(st.floats(0, 24 * 31), max_size=60), st.lists(st.sampled_from(_READ), unique=True))
def test_the_loud_time_ends_with_now_and_begins_with_a_headline(hours: Sequence[float], read: Sequence[date]) -> None:
    headlines = _headlines(*hours)
    told = loudness(headlines, read, _NOW)
    assert told.count == sum(hour < 24 for hour in hours)
    assert (told.normal is None) == (told.known_days < DAYS_NEEDED)
    if told.loud_since:
        assert told.count >= 3
        assert told.loud_since in {headline.at for headline in headlines}
