"""Sums and products over columns of figures, in plain Python: quick enough for what is live, and nothing to import."""

from array import array
from collections.abc import Sequence
from itertools import repeat
from operator import gt, mul, sub, truediv
from typing import Protocol, TypeVar

V = TypeVar("V")
"""A column of figures, as an arithmetic keeps it."""


class Arithmetic(Protocol[V]):
    """What the columns need of whoever calculates; all columns of one call are of one length."""

    def column(self, figures: "array[float]") -> V:
        """Return figures as a column."""
        ...

    def placed(self, column: V, places: Sequence[int], size: int) -> V:
        """Return a column of `size` with figures at their places, 0 everywhere else."""
        ...

    def figures(self, column: V) -> list[float]:
        """Return a column's figures."""
        ...

    def least(self, column: V) -> float:
        """Return the smallest figure, 0 when there is none."""
        ...

    def total(self, column: V) -> float:
        """Return the sum."""
        ...

    def size(self, column: V) -> float:
        """Return the sum of the figures without their signs."""
        ...

    def dot(self, one: V, other: V) -> float:
        """Return the sum of the products."""
        ...

    def times(self, one: V, other: V) -> V:
        """Return the products."""
        ...

    def minus(self, one: V, other: V) -> V:
        """Return the differences."""
        ...

    def over(self, one: V, other: V) -> V:
        """Return the quotients; no divisor is 0."""
        ...

    def any_exceeds(self, column: V, base: V, part: float) -> bool:
        """Return whether any figure, without its sign, is more than a part of its base."""
        ...

    def sums(self, groups: Sequence[int], number: int, column: V) -> list[float]:
        """Return the sum of each of a number of groups; `groups` says to which one each figure belongs."""
        ...


class PlainArithmetic:
    """Arithmetic on lists."""

    def column(self, figures: "array[float]") -> list[float]:
        """Return figures as a column."""
        return figures.tolist()

    def placed(self, column: list[float], places: Sequence[int], size: int) -> list[float]:
        """Return a column of `size` with figures at their places, 0 everywhere else."""
        whole = [0.0] * size
        for place, figure in zip(places, column, strict=True):
            whole[place] = figure
        return whole

    def figures(self, column: list[float]) -> list[float]:
        """Return a column's figures."""
        return column

    def least(self, column: list[float]) -> float:
        """Return the smallest figure, 0 when there is none."""
        return min(column, default=0.0)

    def total(self, column: list[float]) -> float:
        """Return the sum."""
        return sum(column)

    def size(self, column: list[float]) -> float:
        """Return the sum of the figures without their signs."""
        return sum(map(abs, column))

    def dot(self, one: list[float], other: list[float]) -> float:
        """Return the sum of the products."""
        found: float = sum(map(mul, one, other))
        return found

    def times(self, one: list[float], other: list[float]) -> list[float]:
        """Return the products."""
        return list(map(mul, one, other))

    def minus(self, one: list[float], other: list[float]) -> list[float]:
        """Return the differences."""
        return list(map(sub, one, other))

    def over(self, one: list[float], other: list[float]) -> list[float]:
        """Return the quotients; no divisor is 0."""
        return list(map(truediv, one, other))

    def any_exceeds(self, column: list[float], base: list[float], part: float) -> bool:
        """Return whether any figure, without its sign, is more than a part of its base."""
        return any(map(gt, map(abs, column), map(mul, base, repeat(part))))

    def sums(self, groups: Sequence[int], number: int, column: list[float]) -> list[float]:
        """Return the sum of each of a number of groups; `groups` says to which one each figure belongs."""
        found = [0.0] * number
        for group, figure in zip(groups, column, strict=True):
            found[group] += figure
        return found


PLAIN_ARITHMETIC = PlainArithmetic()
