"""What is not counted in a window, by asset: the moves of jumps that are no flow."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.detection.flow.uncounted import uncounted_units, waiting_jumps
from bot.domain.jump import JumpPart, Move, Verdict
from tests.builders import DAY, HOUR, NOON, jump

THEN = NOON - DAY
TICK = timedelta(microseconds=1)
OTHER_VERDICTS = [verdict for verdict in Verdict if verdict is not Verdict.WAITING]


@pytest.mark.parametrize(
    ("since", "until", "units"),
    [
        (NOON - DAY, NOON + 3 * DAY, {"BTC": -8.0}),
        (NOON - DAY, NOON + DAY, {"BTC": -28.0}),
        (NOON + DAY, NOON + 3 * DAY, {"BTC": 20.0}),
        (NOON + 2 * DAY, NOON + 3 * DAY, {}),
    ],
)
def test_each_window_leaves_out_the_moves_that_are_in_it(
    since: datetime, until: datetime, units: dict[str, float]
) -> None:
    """28 BTC left on one day (not counted), 20 of them came back two days later."""
    moves = (Move(NOON, -28.0), Move(NOON + 2 * DAY, 20.0))
    left = replace(jump(verdict=Verdict.NOT_COUNTED), parts=(JumpPart("BTC", -28.0, moves),))

    assert uncounted_units([left], since, until) == units


@pytest.mark.parametrize(("at", "is_in_it"), [(THEN, False), (THEN + TICK, True), (NOON, True), (NOON + TICK, False)])
def test_a_move_at_the_start_is_in_the_base_already_and_one_at_the_end_is_in_the_window(
    at: datetime,
    is_in_it: bool,  # noqa: FBT001 — a table's column
) -> None:
    moved = jump(at=at, verdict=Verdict.WAITING)

    assert uncounted_units([moved], THEN, NOON) == ({"BTC": -28.0} if is_in_it else {})
    assert waiting_jumps([moved], THEN, NOON) == ([moved] if is_in_it else [])


@pytest.mark.parametrize(
    ("verdict", "units", "with_waiting", "left_out"),
    [
        (Verdict.COUNTED, -28.0, True, False),
        (Verdict.NOT_COUNTED, -28.0, True, True),
        (Verdict.NOT_COUNTED, -28.0, False, True),
        (Verdict.RETURNED, -28.0, True, True),
        (Verdict.RETURNED, -28.0, False, True),
        (Verdict.WAITING, -28.0, True, True),
        (Verdict.WAITING, -28.0, False, False),
        (Verdict.WAITING, 28.0, True, True),
        (Verdict.WAITING, 28.0, False, True),
    ],
)
def test_everything_but_what_counts_is_left_out_and_drops_that_wait_may_count(
    verdict: Verdict,
    units: float,
    with_waiting: bool,  # noqa: FBT001 — a table's column
    left_out: bool,  # noqa: FBT001 — as above
) -> None:
    moved = jump("BTC", units, verdict=verdict)

    found = uncounted_units([moved], THEN, NOON, with_waiting=with_waiting)

    assert found == ({"BTC": units} if left_out else {})


def test_the_parts_of_all_jumps_add_up_by_asset() -> None:
    both = (JumpPart("BTC", -1.0, (Move(NOON, -1.0),)), JumpPart("ETH", -5.0, (Move(NOON, -5.0),)))
    first = replace(jump(verdict=Verdict.NOT_COUNTED), parts=both)
    came = [jump("BTC", 3.0, verdict=Verdict.NOT_COUNTED), jump("ETH", 5.0, verdict=Verdict.RETURNED)]

    assert uncounted_units([first, *came], THEN, NOON) == {"BTC": 2.0}


@pytest.mark.parametrize("verdict", OTHER_VERDICTS)
def test_only_jumps_without_a_verdict_wait(verdict: Verdict) -> None:
    assert waiting_jumps([jump(verdict=verdict)], THEN, NOON) == []


def test_a_jump_that_turned_in_the_window_waits_in_it() -> None:
    away_again = replace(jump(at=THEN - HOUR, turned=NOON), verdict=Verdict.WAITING)

    assert waiting_jumps([away_again], THEN, NOON) == [away_again]
    assert waiting_jumps([away_again], NOON, NOON + DAY) == []
