from datetime import timedelta

import pytest

from bot.domain.drill import Drill, DrillOutcome
from tests.builders import NOON

LATER = NOON + timedelta(minutes=11)


@pytest.mark.parametrize(
    ("outcome", "finished_at", "took"),
    [
        (DrillOutcome.ARRIVED, LATER, timedelta(minutes=11)),
        (DrillOutcome.REFUSED, LATER, None),
        (DrillOutcome.ARRIVED, None, None),
        (None, None, None),
    ],
)
def test_only_what_arrived_took_a_time(
    outcome: DrillOutcome | None, finished_at: object, took: timedelta | None
) -> None:
    finished = LATER if finished_at else None
    drill = Drill("ann", "traders", NOON, outcome=outcome, finished_at=finished)

    assert drill.took == took
    assert drill.last_press == (finished or NOON)
