"""Worlds to state the invariants over: what was really there, what a source made of it, and the readings of that.

An exchange of $100 B on four chains. Customers move up to `noise` of every slot in and out, and whole outflows may
leave; on top of that come the events of the source. All is drawn small, so that a failing example can be read.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import accumulate
from random import Random

from bot.domain.reading import Holding, Reading, Slot
from tests.builders import HOUR, NOON
from tests.detection.invariants.source_events import Absurd, ChainMissing, Held, Path, SourceEvent, Told, Zero

TRON_USDT, ETHEREUM_USDT = Slot("Tron", "USDT"), Slot("Ethereum", "USDT")
BITCOIN_BTC, ETHEREUM_ETH, BASE_ETH, BASE_USDC = (
    Slot("Bitcoin", "BTC"),
    Slot("Ethereum", "ETH"),
    Slot("Base", "ETH"),
    Slot("Base", "USDC"),
)
WORTH = {
    TRON_USDT: 24e9, ETHEREUM_USDT: 14e9, BITCOIN_BTC: 32e9, ETHEREUM_ETH: 20e9, BASE_ETH: 6e9, BASE_USDC: 4e9,
}  # fmt: skip
PRICES = {"USDT": 1.0, "USDC": 1.0, "BTC": 20_000.0, "ETH": 1_000.0}
SLOTS = tuple(WORTH)
CHAINS = tuple(dict.fromkeys(slot.chain for slot in SLOTS))
ASSETS = tuple(PRICES)
EXCHANGE = "example"
PAST = (384.0, 168.0, 96.0, 24.0, 24.0, 12.0, 12.0)
"""Hours between the first readings of a world, 30 days, so that from then on every window has a reading to start from
for half a day and more."""


@dataclass(frozen=True)
class Outflow:
    """A part of everything leaves in equal steps, from every slot alike, but `spared` and what is on no `chains`."""

    part: float
    first: int
    steps: int = 1
    unevenness: tuple[float, ...] = (1.0, 0.8, 1.2, 0.9, 1.1, 1.0)

    def left(self, step: int, slot: Slot) -> float:
        """Return which part of what was there at the start of the outflow leaves a slot in one step."""
        is_under_way = self.first <= step < self.first + self.steps
        return self.unevenness[SLOTS.index(slot)] * self.part / self.steps if is_under_way else 0.0


@dataclass(frozen=True)
class World:
    """What was there, reading by reading, and what the source made of it.

    `hours` lie between a reading and the one before (the first of them before the second reading). `noise` is the part
    of a slot that customers move in or out per reading at most, drawn from `seed`, `drift` the same of prices. `moves`
    are those of customers across chains.
    """

    hours: tuple[float, ...]
    events: tuple[SourceEvent, ...] = ()
    moves: tuple[SourceEvent, ...] = ()
    outflows: tuple[Outflow, ...] = ()
    noise: float = 0.002
    drift: float = 0.0
    seed: int = 0
    scale: float = 1.0
    exchange: str = field(default=EXCHANGE, repr=False)

    @cached_property
    def times(self) -> list[datetime]:
        """Return when the readings were true."""
        return [NOON + hours * HOUR for hours in accumulate(self.hours, initial=0.0)]

    @cached_property
    def true(self) -> Path:
        """Return what was really there at each reading."""
        random = Random(self.seed)  # noqa: S311 — a world, no secret
        amounts = {slot: self.scale * usd / PRICES[slot.asset] for slot, usd in WORTH.items()}
        at_start, prices = dict(amounts), dict(PRICES)
        path: Path = []
        for step in range(len(self.hours) + 1):
            for slot in SLOTS if step else ():
                left = sum(outflow.left(step, slot) for outflow in self.outflows) * at_start[slot]
                amounts[slot] = max(0.0, amounts[slot] * (1 + random.uniform(-self.noise, self.noise)) - left)
            for asset in ("BTC", "ETH") if step else ():
                prices[asset] *= 1 + random.uniform(-self.drift, self.drift)
            path.append({slot: Held(amount, prices[slot.asset]) for slot, amount in amounts.items()})
        for move in self.moves:
            move.apply(path)
        return path

    @cached_property
    def told(self) -> Path:
        """Return what the source says at each reading."""
        return self.told_with(self.events)

    def told_with(self, events: Sequence[SourceEvent]) -> Path:
        """Return what the source would say with only these events."""
        path = [dict(told) for told in self.true]
        for event in events:
            event.apply(path)
        return path

    @cached_property
    def readings(self) -> list[Reading]:
        """Return the readings of what the source says."""
        return [self._reading(at, told) for at, told in zip(self.times, self.told, strict=True)]

    def _reading(self, at: datetime, told: Told) -> Reading:
        held = {slot: Holding(holding.amount, holding.usd) for slot, holding in told.items()}
        return Reading(self.exchange, "defillama", at, at, held)

    def index(self, at: datetime) -> int:
        """Return the number of the reading of a time."""
        return self.times.index(at)

    @cached_property
    def last_told(self) -> Path:
        """Return what was told last of every slot at each reading: what is missing or absurd as it was before."""
        bad = [
            {slot for event in self.events if (slot := _impossible_slot(event, step)) is not None}
            for step in range(len(self.told))
        ]
        path: Path = []
        for told, impossible in zip(self.told, bad, strict=True):
            before = path[-1] if path else {}
            path.append({**before, **{slot: held for slot, held in told.items() if slot not in impossible}})
        return path

    @cached_property
    def last_positive(self) -> Path:
        """Return the same, with every amount of exactly 0 taken for a missing value."""
        path: Path = []
        for told in self.last_told:
            before = path[-1] if path else {}
            path.append({slot: held if held.amount > 0 else before.get(slot, held) for slot, held in told.items()})
        return path

    def missing_chains(self, step: int) -> frozenset[str]:
        """Return the chains that a reading lacks."""
        return frozenset(CHAINS) - {slot.chain for slot in self.told[step]}


def _impossible_slot(event: SourceEvent, step: int) -> Slot | None:
    return event.slot if isinstance(event, Absurd) and event.first <= step < event.until else None


def zeroed_slots(events: Collection[SourceEvent], step: int) -> frozenset[Slot]:
    """Return the slots that a reading tells as exactly 0."""
    return frozenset(event.slot for event in events if isinstance(event, Zero) and event.first <= step < event.until)


def of_asset(told: Told, asset: str) -> float:
    """Return the units of an asset over all chains."""
    return sum(held.amount for slot, held in told.items() if slot.asset == asset)


def are_missing(events: Collection[SourceEvent]) -> bool:
    """Return whether a chain is missing at some time."""
    return any(isinstance(event, ChainMissing) for event in events)
