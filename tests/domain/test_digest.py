from datetime import datetime, timedelta

import pytest

from bot.domain.digest import DueDigest
from tests.builders import DAY, HERE, NOON

WEEK = 7 * DAY


@pytest.mark.parametrize(
    ("told", "left_out", "period", "since"),
    [
        (None, None, DAY, NOON - DAY),  # the first one
        (NOON - DAY, None, DAY, NOON - DAY),
        (NOON - timedelta(hours=23), None, DAY, NOON - timedelta(hours=23)),  # clocks have changed
        (NOON - 90 * DAY, None, DAY, NOON - DAY),  # switched off for a while
        (NOON - 2 * DAY, None, WEEK, NOON - 2 * DAY),  # daily until now
        (NOON - 2 * DAY, NOON - DAY, DAY, NOON - 2 * DAY),
        (None, NOON - DAY, DAY, NOON - 2 * DAY),
        (NOON - 90 * DAY, NOON - 80 * DAY, DAY, NOON - 28 * DAY),
    ],
)
def test_a_digest_begins_where_the_last_one_ended(
    told: datetime | None, left_out: datetime | None, period: timedelta, since: datetime
) -> None:
    assert DueDigest(HERE, NOON, told, left_out).since(period) == since
