"""What numpy works out is what plain Python does, up to rounding."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backtest.vectors import Vector, Vectors
from bot.detection.flow.arithmetic import PLAIN_ARITHMETIC

figures = st.floats(-1e12, 1e12).map(lambda one: round(one, 3))
pairs = st.lists(st.tuples(figures, figures), max_size=20)
FAST = Vectors()


def columns(drawn: list[tuple[float, float]]) -> tuple[list[list[float]], list[Vector]]:
    sides = [array("d", [pair[side] for pair in drawn]) for side in (0, 1)]
    return [PLAIN_ARITHMETIC.column(side) for side in sides], [FAST.column(side) for side in sides]


@given(pairs)
def test_sums_and_products_are_the_same(drawn: list[tuple[float, float]]) -> None:
    (one, other), (left, right) = columns(drawn)
    error = 1e-9 * sum(abs(a * b) + abs(a) for a, b in drawn)

    assert FAST.figures(left) == PLAIN_ARITHMETIC.figures(one)
    assert FAST.minimum(left) == PLAIN_ARITHMETIC.minimum(one)
    assert FAST.total(left) == pytest.approx(PLAIN_ARITHMETIC.total(one), rel=1e-9, abs=error)
    assert FAST.absolute_total(left) == pytest.approx(PLAIN_ARITHMETIC.absolute_total(one), rel=1e-9, abs=error)
    assert FAST.dot(left, right) == pytest.approx(PLAIN_ARITHMETIC.dot(one, other), rel=1e-9, abs=error)
    assert FAST.figures(FAST.times(left, right)) == PLAIN_ARITHMETIC.times(one, other)
    assert FAST.figures(FAST.minus(left, right)) == PLAIN_ARITHMETIC.minus(one, other)


@given(pairs.map(lambda drawn: [(one, other or 1.0) for one, other in drawn]))
def test_quotients_are_the_same(drawn: list[tuple[float, float]]) -> None:
    (one, other), (left, right) = columns(drawn)
    assert FAST.figures(FAST.over(left, right)) == PLAIN_ARITHMETIC.over(one, other) == [a / b for a, b in drawn]


@given(pairs, st.sampled_from((0.25, 0.3, 1.0)))
def test_the_same_figures_exceed_a_part_of_their_base(drawn: list[tuple[float, float]], part: float) -> None:
    (one, other), (left, right) = columns(drawn)
    base = PLAIN_ARITHMETIC.times(other, other)

    assert FAST.any_exceeds(left, FAST.times(right, right), part) is PLAIN_ARITHMETIC.any_exceeds(one, base, part)
    assert PLAIN_ARITHMETIC.any_exceeds(one, base, part) is any(abs(a) > part * (b * b) for a, b in drawn)


@given(pairs)
def test_groups_and_places_are_the_same(drawn: list[tuple[float, float]]) -> None:
    (one, _), (left, _) = columns(drawn)
    groups = array("q", [int(abs(b)) % 3 for _, b in drawn])
    places = tuple(range(2 * len(one), len(one), -1))

    assert FAST.group_totals(groups, 3, left) == pytest.approx(
        PLAIN_ARITHMETIC.group_totals(groups, 3, one), rel=1e-9, abs=1e-3
    )
    size = 2 * len(one) + 2
    assert FAST.figures(FAST.placed(left, places, size)) == PLAIN_ARITHMETIC.placed(one, places, size)
    assert [PLAIN_ARITHMETIC.placed(one, places, size)[place] for place in places] == one


def test_columns_share_the_memory_of_a_reading() -> None:
    held = array("d", [1.0, 2.0])
    column = FAST.column(held)
    held[1] = 3.0
    assert FAST.figures(column) == [1.0, 3.0]
