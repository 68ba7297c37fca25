"""What a source does to the amounts that are really there: each event changes what it tells of a path of holdings.

A path is one `Told` for every reading. Events are applied one after another, so that any of them may overlap: a chain
may be away while an asset on it is counted in other units.

Example: `WalletsChanged(TRON_USDT, ((3, -0.4), (5, 0.4)))` tells 60 % of Tron's USDT in the fourth and the fifth
reading and all of it from the sixth on.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from bot.domain.reading import Slot


class Held(NamedTuple):
    """An amount in units, and the price in USD of one."""

    amount: float
    price: float

    @property
    def usd(self) -> float:
        return self.amount * self.price


NOTHING = Held(0.0, 0.0)
Told = dict[Slot, Held]
Path = list[Told]


def worth(told: Told) -> float:
    """Return what is told, in USD."""
    return sum(held.usd for held in told.values())


class SourceEvent(Protocol):
    """Something that the source does."""

    def apply(self, path: Path) -> None:
        """Change what is told."""
        ...


@dataclass(frozen=True)
class WalletsChanged(SourceEvent):
    """Wallets leave the list of a slot or join it: parts of what it held before the first change, step by step.

    Customers' own moves are in other wallets and go on. A list that flaps is one of many changes, an arrival that
    leaves is a rise with falls after it.
    """

    slot: Slot
    changes: tuple[tuple[int, float], ...]

    def apply(self, path: Path) -> None:
        before = path[self.changes[0][0] - 1].get(self.slot)
        if before is None:
            return
        for step, told in enumerate(path):
            moved = sum(part for first, part in self.changes if first <= step)
            if moved and self.slot in told:
                held = told[self.slot]
                told[self.slot] = Held(max(0.0, held.amount + moved * before.amount), held.price)


@dataclass(frozen=True)
class Listed(SourceEvent):
    """A slot is told that was not there: so much of all reserves at first, and what becomes of it, in parts of that.

    After the last part has left the slot is still told, with an amount of 0.
    """

    slot: Slot
    price_like: Slot
    share: float
    changes: tuple[tuple[int, float], ...]

    def apply(self, path: Path) -> None:
        first, _ = self.changes[0]
        price = path[first - 1][self.price_like].price
        whole = self.share * worth(path[first - 1]) / price
        for step, told in enumerate(path):
            part = sum(part for begin, part in self.changes if begin <= step)
            if step >= first:
                told[self.slot] = Held(max(0.0, whole * part), told[self.price_like].price)


@dataclass(frozen=True)
class Swapped(SourceEvent):
    """Units of an asset go from a chain to another; one leg may be told some readings before the other."""

    source: Slot
    target: Slot
    part: float
    left: int
    came: int

    def apply(self, path: Path) -> None:
        first = min(self.left, self.came)
        units = self.part * path[first - 1][self.source].amount
        for step, told in enumerate(path):
            if step >= self.left:
                told[self.source] = Held(max(0.0, told[self.source].amount - units), told[self.source].price)
            if step >= self.came:
                told[self.target] = Held(told[self.target].amount + units, told[self.target].price)


@dataclass(frozen=True)
class ByOneFactor(SourceEvent):
    """Everything is told at one factor of itself in the readings from `first` until before `until`."""

    factor: float
    first: int
    until: int

    def apply(self, path: Path) -> None:
        for told in path[self.first : self.until]:
            told.update({slot: Held(held.amount * self.factor, held.price) for slot, held in told.items()})


@dataclass(frozen=True)
class Zero(SourceEvent):
    """A slot is told as exactly 0 in the readings from `first` until before `until`."""

    slot: Slot
    first: int
    until: int

    def apply(self, path: Path) -> None:
        for told in path[self.first : self.until]:
            if self.slot in told:
                told[self.slot] = Held(0.0, told[self.slot].price)


@dataclass(frozen=True)
class Absurd(SourceEvent):
    """A slot is told so many times as large as everything else together, from `first` until before `until`."""

    slot: Slot
    times: float
    first: int
    until: int

    def apply(self, path: Path) -> None:
        most = max(map(worth, path))
        for told in path[self.first : self.until]:
            if self.slot in told:
                price = told[self.slot].price
                told[self.slot] = Held(self.times * most / price, price)


@dataclass(frozen=True)
class NewUnits(SourceEvent):
    """From `first` on an asset is counted in other units, `factor` of which are one of before."""

    asset: str
    factor: float
    first: int

    def apply(self, path: Path) -> None:
        for told in path[self.first :]:
            for slot in [slot for slot in told if slot.asset == self.asset]:
                told[slot] = Held(told[slot].amount * self.factor, told[slot].price / self.factor)


@dataclass(frozen=True)
class Renamed(SourceEvent):
    """A slot is called by another name in the readings from `first` until before `until`."""

    slot: Slot
    name: str
    first: int
    until: int

    def apply(self, path: Path) -> None:
        for told in path[self.first : self.until]:
            if self.slot in told:
                told[Slot(self.slot.chain, self.name)] = told.pop(self.slot)


@dataclass(frozen=True)
class RenamedChain(SourceEvent):
    """A chain is called by another name in the readings from `first` until before `until`."""

    chain: str
    name: str
    first: int
    until: int

    def apply(self, path: Path) -> None:
        for told in path[self.first : self.until]:
            for slot in [slot for slot in told if slot.chain == self.chain]:
                told[Slot(self.name, slot.asset)] = told.pop(slot)


@dataclass(frozen=True)
class ChainMissing(SourceEvent):
    """A chain is not told in the readings from `first` until before `until`."""

    chain: str
    first: int
    until: int

    def apply(self, path: Path) -> None:
        for told in path[self.first : self.until]:
            for slot in [slot for slot in told if slot.chain == self.chain]:
                del told[slot]
