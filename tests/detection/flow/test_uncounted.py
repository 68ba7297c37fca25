"""What is not counted in a window, by asset: the moves of jumps that are no flow."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.detection.flow.uncounted import jumps_within, uncounted_units
from bot.domain.jump import JumpPart, Move, Verdict
from tests.builders import DAY, HOUR, NOON, jump

THEN = NOON - DAY
TICK = timedelta(microseconds=1)


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
    assert jumps_within([moved], Verdict.WAITING, THEN, NOON) == ([moved] if is_in_it else [])


@pytest.mark.parametrize(
    ("verdict", "left_out"),
    [
        (Verdict.COUNTED, False),
        (Verdict.DOUBTED, False),
        (Verdict.NOT_COUNTED, True),
        (Verdict.RETURNED, True),
        (Verdict.WAITING, True),
    ],
)
def test_everything_but_what_counts_is_left_out(
    verdict: Verdict,
    left_out: bool,  # noqa: FBT001 — a table's column
) -> None:
    assert uncounted_units([jump(verdict=verdict)], THEN, NOON) == ({"BTC": -28.0} if left_out else {})


@pytest.mark.parametrize("verdict", Verdict)
def test_or_what_has_the_verdicts_that_are_asked_for(verdict: Verdict) -> None:
    found = uncounted_units([jump(verdict=verdict)], THEN, NOON, {Verdict.DOUBTED, Verdict.WAITING})

    assert found == ({"BTC": -28.0} if verdict in {Verdict.DOUBTED, Verdict.WAITING} else {})


def test_the_parts_of_all_jumps_add_up_by_asset() -> None:
    both = (JumpPart("BTC", -1.0, (Move(NOON, -1.0),)), JumpPart("ETH", -5.0, (Move(NOON, -5.0),)))
    first = replace(jump(verdict=Verdict.NOT_COUNTED), parts=both)
    came = [jump("BTC", 3.0, verdict=Verdict.NOT_COUNTED), jump("ETH", 5.0, verdict=Verdict.RETURNED)]

    assert uncounted_units([first, *came], THEN, NOON) == {"BTC": 2.0}


@pytest.mark.parametrize("verdict", Verdict)
def test_jumps_are_found_by_their_verdict(verdict: Verdict) -> None:
    jumps = [jump(verdict=each) for each in Verdict]

    assert [found.verdict for found in jumps_within(jumps, verdict, THEN, NOON)] == [verdict]


def test_a_jump_that_turned_in_the_window_is_in_it() -> None:
    away_again = replace(jump(at=THEN - HOUR, turned=NOON), verdict=Verdict.WAITING)

    assert jumps_within([away_again], Verdict.WAITING, THEN, NOON) == [away_again]
    assert jumps_within([away_again], Verdict.WAITING, NOON, NOON + DAY) == []
