"""Holdings kept as columns: a year of an exchange's days in a few megabytes."""

from array import array
from collections.abc import ItemsView, Iterator, Mapping, Sequence, ValuesView
from itertools import repeat

from bot.domain.reading import Holding, Slot


class Holdings(Mapping[Slot, Holding]):
    """A mapping that makes its keys and values when asked.

    As a dict, one holding takes seven times the memory, and making them by the hundred thousand sets off the
    garbage collector on the event loop. `slots` may be shared by many; `positions` say which of them are held here,
    each once, and the other columns have as many rows.
    """

    __slots__ = ("_amounts", "_positions", "_rows", "_slots", "_usd")

    def __init__(
        self, slots: Sequence[Slot], positions: "array[int]", amounts: "array[float]", usd: "array[float]"
    ) -> None:
        self._slots = slots
        self._positions = positions
        self._amounts = amounts
        self._usd = usd
        self._rows: dict[Slot, int] | None = None

    def __len__(self) -> int:
        return len(self._positions)

    def __iter__(self) -> Iterator[Slot]:
        return map(self._slots.__getitem__, self._positions)

    def __getitem__(self, slot: Slot) -> Holding:
        if self._rows is None:  # only what is looked into pays for an index
            self._rows = {slot: row for row, slot in enumerate(self)}
        row = self._rows[slot]
        return Holding(self._amounts[row], self._usd[row])

    def items(self) -> ItemsView[Slot, Holding]:
        """Return the pairs; going over them needs no index."""
        return _Pairs(self)

    def values(self) -> ValuesView[Holding]:
        """Return the holdings; going over them needs no index."""
        return _Held(self)

    def held(self) -> Iterator[Holding]:
        """Yield the holdings in the order of the columns, made at half the price of calling the class."""
        return map(tuple.__new__, repeat(Holding), zip(self._amounts, self._usd, strict=True))

    def pairs(self) -> Iterator[tuple[Slot, Holding]]:
        """Yield the pairs in the order of the columns."""
        return zip(self, self.held(), strict=True)

    def __repr__(self) -> str:
        return f"Holdings({dict(self)})"


class _Pairs(ItemsView[Slot, Holding]):
    """The items of `Holdings`, row by row."""

    __slots__ = ()

    _mapping: Holdings

    def __iter__(self) -> Iterator[tuple[Slot, Holding]]:
        return self._mapping.pairs()


class _Held(ValuesView[Holding]):
    """The values of `Holdings`, row by row."""

    __slots__ = ()

    _mapping: Holdings

    def __iter__(self) -> Iterator[Holding]:
        return self._mapping.held()
