"""Sums and products over columns of figures by numpy: a backtest of years takes half the time."""

from array import array
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bot.detection.flow.slot_groups import SlotGroups

Vector = npt.NDArray[np.float64]


class NumpyArithmetic:
    """Implements `Arithmetic` of bot/detection/flow. Columns share the memory of what they were made of."""

    def column(self, figures: "array[float]") -> Vector:
        """Return figures as a column."""
        return np.asarray(figures, dtype=np.float64)

    def placed(self, column: Vector, places: Sequence[int], size: int) -> Vector:
        """Return a column of `size` with figures at their places, 0 everywhere else."""
        whole = np.zeros(size)
        whole[list(places)] = column
        return whole

    def figures(self, column: Vector) -> list[float]:
        """Return a column's figures."""
        figures: list[float] = column.tolist()
        return figures

    def minimum(self, column: Vector) -> float:
        """Return the smallest figure, 0 when there is none."""
        return float(np.minimum.reduce(column)) if column.size else 0.0

    def total(self, column: Vector) -> float:
        """Return the sum."""
        return float(np.add.reduce(column))

    def absolute_total(self, column: Vector) -> float:
        """Return the sum of the figures without their signs."""
        return float(np.add.reduce(np.abs(column)))

    def dot(self, left: Vector, right: Vector) -> float:
        """Return the sum of the products."""
        return float(left.dot(right))

    def times(self, left: Vector, right: Vector) -> Vector:
        """Return the products."""
        return left * right

    def minus(self, left: Vector, right: Vector) -> Vector:
        """Return the differences."""
        return left - right

    def over(self, left: Vector, right: Vector) -> Vector:
        """Return the quotients; no divisor is 0."""
        return left / right

    def any_exceeds(self, column: Vector, base: Vector, part: float) -> bool:
        """Return whether any figure, without its sign, is more than a part of its base."""
        return bool(np.count_nonzero(np.abs(column) > base * part))

    def group_totals(self, groups: SlotGroups, column: Vector) -> list[float]:
        """Return the sum of each group, by its number."""
        sums: list[float] = np.bincount(np.asarray(groups.group_of_place), weights=column).tolist()
        return sums
