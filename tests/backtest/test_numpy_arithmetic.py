"""What numpy works out is what plain Python does, up to rounding."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backtest.numpy_arithmetic import NumpyArithmetic, Vector
from bot.detection.flow.column_arithmetic import PLAIN_ARITHMETIC
from bot.detection.flow.slot_groups import SlotGroups

figures = st.floats(-1e12, 1e12).map(lambda figure: round(figure, 3))
pairs = st.lists(st.tuples(figures, figures), max_size=20)
FAST = NumpyArithmetic()


def columns(drawn: list[tuple[float, float]]) -> tuple[list[list[float]], list[Vector]]:
    sides = [array("d", [pair[side] for pair in drawn]) for side in (0, 1)]
    return [PLAIN_ARITHMETIC.column(side) for side in sides], [FAST.column(side) for side in sides]


@given(pairs)
def test_sums_and_products_are_the_same(drawn: list[tuple[float, float]]) -> None:
    (plain_left, plain_right), (fast_left, fast_right) = columns(drawn)
    error = 1e-9 * sum(abs(a * b) + abs(a) for a, b in drawn)

    assert FAST.figures(fast_left) == PLAIN_ARITHMETIC.figures(plain_left)
    assert FAST.minimum(fast_left) == PLAIN_ARITHMETIC.minimum(plain_left)
    assert FAST.total(fast_left) == pytest.approx(PLAIN_ARITHMETIC.total(plain_left), rel=1e-9, abs=error)
    assert FAST.absolute_total(fast_left) == pytest.approx(
        PLAIN_ARITHMETIC.absolute_total(plain_left), rel=1e-9, abs=error
    )
    assert FAST.dot(fast_left, fast_right) == pytest.approx(
        PLAIN_ARITHMETIC.dot(plain_left, plain_right), rel=1e-9, abs=error
    )
    assert FAST.figures(FAST.times(fast_left, fast_right)) == PLAIN_ARITHMETIC.times(plain_left, plain_right)
    assert FAST.figures(FAST.minus(fast_left, fast_right)) == PLAIN_ARITHMETIC.minus(plain_left, plain_right)


@given(pairs.map(lambda drawn: [(left, right or 1.0) for left, right in drawn]))
def test_quotients_are_the_same(drawn: list[tuple[float, float]]) -> None:
    (plain_left, plain_right), (fast_left, fast_right) = columns(drawn)
    assert (
        FAST.figures(FAST.over(fast_left, fast_right))
        == PLAIN_ARITHMETIC.over(plain_left, plain_right)
        == [a / b for a, b in drawn]
    )


@given(pairs, st.sampled_from((0.25, 0.3, 1.0)))
def test_the_same_figures_exceed_a_part_of_their_base(drawn: list[tuple[float, float]], part: float) -> None:
    (plain_left, plain_right), (fast_left, fast_right) = columns(drawn)
    base = PLAIN_ARITHMETIC.times(plain_right, plain_right)

    assert FAST.any_exceeds(fast_left, FAST.times(fast_right, fast_right), part) is PLAIN_ARITHMETIC.any_exceeds(
        plain_left, base, part
    )
    assert PLAIN_ARITHMETIC.any_exceeds(plain_left, base, part) is any(abs(a) > part * (b * b) for a, b in drawn)


@given(pairs)
def test_groups_and_places_are_the_same(drawn: list[tuple[float, float]]) -> None:
    (plain_left, _), (fast_left, _) = columns(drawn)
    groups = SlotGroups()
    for _, right in drawn:
        groups.add(f"group {int(abs(right)) % 3}")
    places = tuple(range(2 * len(plain_left), len(plain_left), -1))

    totals = PLAIN_ARITHMETIC.group_totals(groups, plain_left)
    assert totals == [sum(plain_left[place] for place in places) for places in groups.members]
    assert FAST.group_totals(groups, fast_left) == pytest.approx(totals, rel=1e-9, abs=1e-3)
    size = 2 * len(plain_left) + 2
    assert FAST.figures(FAST.placed(fast_left, places, size)) == PLAIN_ARITHMETIC.placed(plain_left, places, size)
    assert [PLAIN_ARITHMETIC.placed(plain_left, places, size)[place] for place in places] == plain_left


def test_columns_share_the_memory_of_a_reading() -> None:
    held = array("d", [1.0, 2.0])
    column = FAST.column(held)
    held[1] = 3.0
    assert FAST.figures(column) == [1.0, 3.0]
