"""What the guards remember of one exchange from one reading to the next, so that windows stay comparable.

The rules are in `bot/detection/guards`; these are only their values. They follow from the readings alone, and are made
again from those of the last 125 days after a restart, so nothing of them is stored.

Example: on 1 March 10,000 BTC of one chain vanish while everything else is flat. The state has a `Jump` of −10,000 BTC
from then on: a window that contains 1 March does not count it as an outflow.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.jump import Jump
from bot.domain.reading import Holding, Reading, Slot


@dataclass(frozen=True, slots=True)
class LaterFlow:
    """The net flow, in USD and positive for deposits, from the reading before to the one at `at`, asset by asset."""

    at: datetime
    usd: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class OddPrice:
    """An asset whose implied price, USD by units, is taken for wrong from `since` until before `until`.

    `price` is the last one that was right. A price is `doubtful` when no other exchange holds the asset to compare
    with: it was wrong if the next reading returns to the old price, and right if it stays.
    """

    asset: str
    price: float
    since: datetime
    until: datetime | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class LostPart:
    """A part of the reserves that the source did not tell in the readings from `since` until before `until`.

    `name` is a chain, or an asset on one ("ETH on Ethereum"); `until` is None as long as it is missing. `holdings` are
    what was there when it was last told, and `last` is the reading that did. `is_drained_next` says that a part which
    the next reading lacks as well has left: a token that drops out of the answer while the rest of its chain is there
    was emptied; no reading before `waits_until` says so of one that is still away when its chain is back.
    """

    name: str
    since: datetime
    holdings: Mapping[Slot, Holding] = field(compare=False, repr=False)
    last: Reading = field(compare=False, repr=False)
    until: datetime | None = None
    is_drained_next: bool = False
    waits_until: datetime | None = None

    def lacks(self, at: datetime) -> bool:
        """Return whether a reading of this time lacks the part."""
        return self.since <= at and (self.until is None or at < self.until)

    def total_usd(self, *, without: Collection[str]) -> float:
        """Return what it held in USD when it was last told, leaving out the assets named in `without`."""
        return sum(held.usd for slot, held in self.holdings.items() if slot.asset not in without)


@dataclass(frozen=True, slots=True)
class RenamedSlot:
    """A slot that the source calls by a new name from `at` on: `renamed` is what `original` was before.

    `price` is what a unit was worth in USD under the old name, where the source gave the new one no value at first.
    """

    original: Slot
    renamed: Slot
    at: datetime
    price: float | None = None


@dataclass(frozen=True, slots=True)
class Redenomination:
    """An asset of which `factor` units from `at` on are what one unit was before, at a price that is as much lower."""

    asset: str
    factor: float
    at: datetime


@dataclass(frozen=True, slots=True)
class LargeStep:
    """The net flow from one reading to the next, as a share of reserves, negative = outflow."""

    at: datetime
    share: float


@dataclass(frozen=True, slots=True)
class GuardState:
    """What the guards remember about one exchange as of its newest reading.

    It follows from the readings alone: after a restart it is made again from those that are stored. `jumps` are steps
    that may be no flow, oldest first, and `later_flows` (24 h) what moved since, while there is a jump that may count
    after all. `lost_parts` are missing or were. `odd_prices`, `renamed_slots` and `redenominations` say how readings
    are to be understood. `large_steps` (90 days) are the largest moves, by which a new one is measured.
    """

    jumps: tuple[Jump, ...] = ()
    later_flows: tuple[LaterFlow, ...] = ()
    lost_parts: tuple[LostPart, ...] = ()
    odd_prices: tuple[OddPrice, ...] = ()
    renamed_slots: tuple[RenamedSlot, ...] = ()
    redenominations: tuple[Redenomination, ...] = ()
    large_steps: tuple[LargeStep, ...] = ()
