"""What the upstream saw of an episode: what every exchange really held, changed by the faults of that hour."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bot.replay.episode import Episode
from bot.replay.faults import FaultKind, ObservationFault
from bot.replay.generator import Amounts, Prices, generate_states

_WITHOUT_RECORD = frozenset({FaultKind.NO_RECORD, FaultKind.UNLISTED})
_WITHOUT_CHAIN = frozenset({FaultKind.CHAIN_ABSENT, FaultKind.CHAIN_NULL})


class Observation(NamedTuple):
    """What one run recorded of one exchange: units and USD prices. A slot that holds nothing is left out."""

    amounts: Amounts
    prices: Prices


@dataclass(frozen=True, slots=True)
class UpstreamRun:
    """One run of the upstream over all exchanges, by our ids.

    `observations` lacks an exchange of which no record was written. `null_chains` have null sections in its body,
    `unlisted` exchanges are not in the list, `claimed_inflows` are 24 h inflows that the list makes up (shares of
    reserves).
    """

    at: datetime
    observations: Mapping[str, Observation]
    null_chains: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unlisted: frozenset[str] = frozenset()
    claimed_inflows: Mapping[str, float] = field(default_factory=dict)


def upstream_runs(episode: Episode) -> Iterator[UpstreamRun]:
    """Yield every run of the upstream, oldest first."""
    previous: Mapping[str, Observation] = {}
    for state in generate_states(episode):
        faults = [fault for fault in episode.faults if fault.since <= state.at < fault.until]
        observations = {
            exchange_id: _apply_faults(
                Observation(amounts, state.prices),
                [fault for fault in faults if fault.exchange == exchange_id],
                previous.get(exchange_id),
            )
            for exchange_id, amounts in state.amounts.items()
        }
        recorded = {exchange_id: observation for exchange_id, observation in observations.items() if observation}
        previous = {**previous, **recorded}
        yield UpstreamRun(
            state.at,
            recorded,
            {fault.exchange: frozenset([fault.target]) for fault in faults if fault.kind is FaultKind.CHAIN_NULL},
            frozenset(fault.exchange for fault in faults if fault.kind is FaultKind.UNLISTED),
            {fault.exchange: fault.factor for fault in faults if fault.kind is FaultKind.INFLOW_CLAIMED},
        )


def _apply_faults(
    observation: Observation, faults: Sequence[ObservationFault], previous: Observation | None
) -> Observation | None:
    """Return what the faults leave of an observation, None where no record is written."""
    amounts = {slot: amount for slot, amount in observation.amounts.items() if amount > 0}
    prices = observation.prices
    for fault in faults:
        if fault.kind in _WITHOUT_RECORD:
            return None
        if fault.kind is FaultKind.REPEATED:
            return previous
        if fault.kind in _WITHOUT_CHAIN:
            amounts = {slot: amount for slot, amount in amounts.items() if slot.chain != fault.target}
        if fault.kind is FaultKind.SHRUNK:
            amounts = {
                slot: amount * (fault.factor if fault.target in {"", slot.chain} else 1.0)
                for slot, amount in amounts.items()
            }
        if fault.kind is FaultKind.PRICE_ODD:
            prices = {**prices, fault.target: prices[fault.target] * fault.factor}
    return Observation(amounts, prices)
