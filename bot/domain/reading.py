"""What an exchange held at one moment, and how well a source is doing."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from bot.domain.errors import SourceFault


class Slot(NamedTuple):
    """Where an amount lies: one asset on one chain, spelled as the upstream spells them."""

    chain: str
    asset: str


class Holding(NamedTuple):
    """How much lies there: `amount` in units of the asset, `usd` its value at the time of the reading."""

    amount: float
    usd: float


@dataclass(frozen=True)
class Reading:
    """All holdings of one exchange at one moment.

    `as_of` is when it was true by the source's word, `fetched_at` when we got it; both aware, UTC. It has no slots, so
    that chains and assets, which every answer asks for, are worked out once: a large exchange has hundreds of holdings.
    """

    exchange: str
    source: str
    as_of: datetime
    fetched_at: datetime
    holdings: Mapping[Slot, Holding]

    @cached_property
    def chains(self) -> frozenset[str]:
        """Return the chains that the reading covers."""
        return frozenset(slot.chain for slot in self.holdings)

    def total_usd(self, *, without: Collection[str] = ()) -> float:
        """Return the value of all holdings in USD, leaving out the assets named in `without`."""
        return sum([usd for (_, asset), (_, usd) in self.holdings.items() if asset not in without])

    def by_asset(self) -> Mapping[str, Holding]:
        """Return amounts and values added up over chains, largest value first."""
        return self._by_asset

    @cached_property
    def _by_asset(self) -> Mapping[str, Holding]:
        totals: dict[str, Holding] = {}
        for slot, holding in self.holdings.items():
            amount, usd = totals.get(slot.asset, (0.0, 0.0))
            totals[slot.asset] = Holding(amount + holding.amount, usd + holding.usd)
        return dict(sorted(totals.items(), key=lambda item: -item[1].usd))


@dataclass(frozen=True, slots=True)
class SourceHealth:
    """How one request to an upstream (`defillama/cexs`, `defillama/binance-cex`) has been doing.

    `fault` is None while it works; `failing_since` is the first failure of the present spell.
    """

    source: str
    last_success: datetime | None = None
    failing_since: datetime | None = None
    fault: SourceFault | None = None
    detail: str = ""
