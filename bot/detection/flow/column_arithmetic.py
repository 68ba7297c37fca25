"""Sums and products over columns of figures, behind one interface with two implementations.

`PlainArithmetic` works on lists: it needs no dependency and is fast enough for the live bot.
`bot.backtest.numpy_arithmetic` does the same with numpy for backtests over years. An example of what they are used
for: amounts before (10, 5), amounts now (9, 5) and prices before (2, 100) give `dot(now, prices) - dot(before,
prices)` = 518 − 520: a flow of −2 USD.
"""

from array import array
from collections.abc import Sequence
from itertools import repeat
from operator import gt, mul, sub, truediv
from typing import Protocol, TypeVar

from typing_extensions import override

from bot.detection.flow.slot_groups import SlotGroups

V = TypeVar("V")
"""A column of figures, in whatever form an arithmetic keeps it."""


class Arithmetic(Protocol[V]):
    """The operations on columns that flows are computed with. All columns of one call have the same length."""

    def column(self, figures: "array[float]") -> V:
        """Return figures as a column."""
        ...

    def placed(self, column: V, places: Sequence[int], size: int) -> V:
        """Return a column of length `size` with the figures at their places, and 0 everywhere else."""
        ...

    def figures(self, column: V) -> list[float]:
        """Return a column's figures as a list."""
        ...

    def minimum(self, column: V) -> float:
        """Return the smallest figure, 0 for an empty column."""
        ...

    def total(self, column: V) -> float:
        """Return the sum, with the signs."""
        ...

    def absolute_total(self, column: V) -> float:
        """Return the sum of the figures without their signs: 7 for (3, −4)."""
        ...

    def dot(self, left: V, right: V) -> float:
        """Return the sum of the products."""
        ...

    def times(self, left: V, right: V) -> V:
        """Return the products, figure by figure."""
        ...

    def minus(self, left: V, right: V) -> V:
        """Return the differences left − right, figure by figure."""
        ...

    def over(self, left: V, right: V) -> V:
        """Return the quotients left / right, figure by figure; no divisor may be 0."""
        ...

    def any_exceeds(self, column: V, base: V, fraction: float) -> bool:
        """Return whether any figure, without its sign, is larger than that fraction of the base's figure."""
        ...

    def group_totals(self, groups: SlotGroups, column: V) -> list[float]:
        """Return the sum of each group, by its number."""
        ...


class PlainArithmetic(Arithmetic[list[float]]):
    """Arithmetic on lists.

    The loops run inside `map` and `sum`, with functions of `operator`: several times faster than a generator
    expression, and these are the innermost loops of every signal.
    """

    @override
    def column(self, figures: "array[float]") -> list[float]:
        # A list holds ready-made floats; an array makes a new one each time it is read, and columns are read many
        # times.
        return figures.tolist()

    @override
    def placed(self, column: list[float], places: Sequence[int], size: int) -> list[float]:
        whole = [0.0] * size
        for place, figure in zip(places, column, strict=True):
            whole[place] = figure
        return whole

    @override
    def figures(self, column: list[float]) -> list[float]:
        return column

    @override
    def minimum(self, column: list[float]) -> float:
        return min(column, default=0.0)

    @override
    def total(self, column: list[float]) -> float:
        return sum(column)

    @override
    def absolute_total(self, column: list[float]) -> float:
        return sum(map(abs, column))

    @override
    def dot(self, left: list[float], right: list[float]) -> float:
        products: float = sum(map(mul, left, right))
        return products

    @override
    def times(self, left: list[float], right: list[float]) -> list[float]:
        return list(map(mul, left, right))

    @override
    def minus(self, left: list[float], right: list[float]) -> list[float]:
        return list(map(sub, left, right))

    @override
    def over(self, left: list[float], right: list[float]) -> list[float]:
        return list(map(truediv, left, right))

    @override
    def any_exceeds(self, column: list[float], base: list[float], fraction: float) -> bool:
        # Multiplied, not divided: a base of 0 needs no case of its own, and `any` stops at the first hit.
        return any(map(gt, map(abs, column), map(mul, base, repeat(fraction))))

    @override
    def group_totals(self, groups: SlotGroups, column: list[float]) -> list[float]:
        totals = [column[place] for place in groups.first_places]
        for place, number in groups.further_places:
            totals[number] += column[place]
        return totals


PLAIN_ARITHMETIC = PlainArithmetic()
