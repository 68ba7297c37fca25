"""From which age on a reading is stale, and how its age is said."""

from datetime import timedelta

import pytest

from bot.detection.guards.staleness import staleness_hold
from bot.domain.flow import Hold, HoldReason
from tests.builders import HOUR, NOON, holding


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(), None),
        (3 * HOUR, None),
        (3 * HOUR + timedelta(seconds=1), "newest reading is 3 h old"),
        (5 * HOUR - timedelta(seconds=1), "newest reading is 4 h old"),
        (50 * HOUR, "newest reading is 50 h old"),
    ],
)
def test_a_reading_is_stale_once_it_is_older_than_three_hours(age: timedelta, said: str | None) -> None:
    assert staleness_hold(holding(60), NOON + age) == (Hold(HoldReason.STALE, said) if said else None)
