from datetime import UTC, datetime

import pytest

from bot.domain.withdrawal_reading import Maintenance
from bot.sources.withdrawals.announcements import plain_title, time_of_milliseconds, time_of_text, told_once

NINE = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize("written", ["1778490000000", 1778490000000])
def test_milliseconds_are_a_time(written: object) -> None:
    assert time_of_milliseconds(written) == NINE


@pytest.mark.parametrize("written", ["", "0", 0, None, "soon", -1, 10**15, 10**40, 1e300, "1e5", True, [], {}])
def test_what_is_no_time_is_none(written: object) -> None:
    assert time_of_milliseconds(written) is None


@pytest.mark.parametrize(
    "written", ["2026-05-11T09:00:00Z", "2026-05-11T09:00:00.000Z", "2026-05-11T02:00:00-07:00", "2026-05-11T09:00:00"]
)
def test_a_written_time_is_universal(written: str) -> None:
    assert time_of_text(written) == NINE


@pytest.mark.parametrize("written", ["", None, "soon", "2026-13-01", "0001-01-01T00:00:00+23:59", "9999-12-31", 5, []])
def test_a_text_that_is_no_time_is_none(written: object) -> None:
    assert time_of_text(written) is None


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("  Engine \n upgrade ", "Engine upgrade"),
        ("Engine\u202eupgrade\x00", "Engine upgrade"),
        ("x" * 120, "x" * 120),
        ("x" * 121, "x" * 119 + "…"),
        ("x" * 10_000_000, "x" * 119 + "…"),
        (None, "None"),
    ],
)
def test_a_title_is_one_line(written: object, title: str) -> None:
    assert plain_title(written) == title


def test_a_work_that_is_told_twice_is_the_one_that_names_more() -> None:
    short, named = Maintenance("Upgrade", NINE), Maintenance("Upgrade", NINE, assets=frozenset({"SOL"}))
    other = Maintenance("Upgrade")

    assert told_once([short, other, named]) == (named, other)
