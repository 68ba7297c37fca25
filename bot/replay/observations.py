"""What the upstream saw of an episode: the truth of each run, bent by the episode's faults."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bot.replay.episode import Episode
from bot.replay.faults import FaultKind, ObservationFault
from bot.replay.generator import Amounts, Prices, snapshots

_UNRECORDED = frozenset({FaultKind.SILENT, FaultKind.GONE})
_CHAIN_LOST = frozenset({FaultKind.CHAIN_ABSENT, FaultKind.CHAIN_NULL})


class Observation(NamedTuple):
    """What one run recorded of one exchange: units and USD prices. What is not held is not there."""

    amounts: Amounts
    prices: Prices


@dataclass(frozen=True, slots=True)
class UpstreamRun:
    """One run of the upstream over all exchanges, by our ids.

    `sights` lacks an exchange of which no record was written. `null_chains` have null sections in its body, `gone`
    exchanges are not in the list, `claims` are 24 h inflows that the list makes up (shares of reserves).
    """

    at: datetime
    sights: Mapping[str, Observation]
    null_chains: Mapping[str, frozenset[str]] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    claims: Mapping[str, float] = field(default_factory=dict)


def upstream_runs(episode: Episode) -> Iterator[UpstreamRun]:
    """Yield every run of the upstream, oldest first."""
    before: Mapping[str, Observation] = {}
    for seen in snapshots(episode):
        faults = [fault for fault in episode.faults if fault.since <= seen.at < fault.until]
        sights = {
            exchange: _bent(
                Observation(amounts, seen.prices),
                [fault for fault in faults if fault.exchange == exchange],
                before.get(exchange),
            )
            for exchange, amounts in seen.amounts.items()
        }
        recorded = {exchange: sight for exchange, sight in sights.items() if sight}
        before = {**before, **recorded}
        yield UpstreamRun(
            seen.at,
            recorded,
            {fault.exchange: frozenset([fault.of]) for fault in faults if fault.kind is FaultKind.CHAIN_NULL},
            frozenset(fault.exchange for fault in faults if fault.kind is FaultKind.GONE),
            {fault.exchange: fault.by for fault in faults if fault.kind is FaultKind.INFLOW_CLAIMED},
        )


def _bent(sight: Observation, faults: Sequence[ObservationFault], before: Observation | None) -> Observation | None:
    """Return what the faults leave of a sight, None where no record is written."""
    amounts = {slot: amount for slot, amount in sight.amounts.items() if amount > 0}
    prices = sight.prices
    for fault in faults:
        if fault.kind in _UNRECORDED:
            return None
        if fault.kind is FaultKind.REPEATED:
            return before
        if fault.kind in _CHAIN_LOST:
            amounts = {slot: amount for slot, amount in amounts.items() if slot.chain != fault.of}
        if fault.kind is FaultKind.SHRUNK:
            amounts = {slot: amount * fault.by for slot, amount in amounts.items()}
        if fault.kind is FaultKind.PRICE_ODD:
            prices = {**prices, fault.of: prices[fault.of] * fault.by}
    return Observation(amounts, prices)
