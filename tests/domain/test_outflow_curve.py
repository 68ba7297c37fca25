from datetime import timedelta

from bot.domain.outflow_curve import OutflowCurve
from tests.builders import DAY, HOUR, NOON

CURVE = OutflowCurve("A run", NOON, (0 * DAY, DAY, 2 * DAY), (0.0, -0.05, -0.02))


def test_what_had_moved_is_what_the_last_reading_before_showed() -> None:
    assert [CURVE.at(span) for span in (timedelta(0), DAY - HOUR, DAY, DAY + HOUR, 2 * DAY)] == [
        0.0, 0.0, -0.05, -0.05, -0.02,
    ]  # fmt: skip


def test_outside_of_its_time_nothing_is_known() -> None:
    assert CURVE.at(2 * DAY + HOUR) is None
    assert CURVE.at(-HOUR) is None


def test_the_worst_may_be_over() -> None:
    assert (CURVE.worst, CURVE.length) == (-0.05, 2 * DAY)
