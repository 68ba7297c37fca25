"""From polls of exchanges to what is known of their withdrawals.

    result = after_polls(known, readings)   # readings of one round of polls, of one exchange or of several
    store(result.changed); store_history(result.transitions)

Example: Gate, HTX and KuCoin are polled at 12:00. USDT over Tron, open until then, is closed at all three: pending. At
12:05 it still is: closed since 12:00, three transitions to keep, and an event of the network that all three are part
of. At 12:10 Gate does not answer, nor at 12:15; at 12:20, the third time, everything at Gate is unknown. Had it
answered with something that cannot be read, it would be unknown at 12:10.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.detection.withdrawals.guards.closed_share import with_closed_share
from bot.detection.withdrawals.guards.network_events import with_network_events
from bot.detection.withdrawals.network_state import after_flag, as_unknown, transition
from bot.detection.withdrawals.thresholds import FORGOTTEN_AFTER, KEPT_TRANSITIONS, SILENT_POLLS
from bot.domain.errors import SourceFault
from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalReading, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkWithdrawals, WithdrawalTransition

_SILENT = frozenset(
    {
        SourceFault.TIMEOUT,
        SourceFault.UNREACHABLE,
        SourceFault.RATE_LIMITED,
        SourceFault.BLOCKED,
        SourceFault.SERVER_ERROR,
        SourceFault.UNKNOWN_SLUG,
        SourceFault.CUT_SHORT,
    }
)
"""Faults that are no answer. All others are an answer that cannot be read, and say at once that nothing is known."""


@dataclass(frozen=True, slots=True)
class PolledWithdrawals:
    """What is known of every exchange after a round of polls.

    `changed` are the exchanges of which anything changed, to be stored and judged; it may name one that was not polled,
    which has become part of a network event. `transitions` are the new ones of each exchange, oldest first.
    """

    known: Mapping[str, ExchangeWithdrawals]
    changed: tuple[str, ...] = ()
    transitions: Mapping[str, tuple[WithdrawalTransition, ...]] = field(default_factory=dict)


def after_polls(known: Mapping[str, ExchangeWithdrawals], readings: Sequence[WithdrawalReading]) -> PolledWithdrawals:
    """Return what is known after readings, in any order; one that is not newer than the last changes nothing."""
    if not readings:
        return PolledWithdrawals(known)
    after = dict(known)
    transitions: dict[str, tuple[WithdrawalTransition, ...]] = {}
    for reading in sorted(readings, key=lambda reading: reading.as_of):
        id_ = reading.exchange
        before = after.get(id_, ExchangeWithdrawals(id_))
        if before.polled_at and reading.as_of <= before.polled_at:
            continue
        after[id_], changes = after_poll(before, reading)
        if changes:
            transitions[id_] = (*transitions.get(id_, ()), *changes)
    after = with_network_events(after, max(reading.as_of for reading in readings))
    changed = tuple(id_ for id_, withdrawals in after.items() if withdrawals is not known.get(id_))
    return PolledWithdrawals(after, changed, transitions)


def after_poll(
    known: ExchangeWithdrawals, reading: WithdrawalReading
) -> tuple[ExchangeWithdrawals, tuple[WithdrawalTransition, ...]]:
    """Return one exchange after a newer reading, and what has changed by it."""
    after = _without_answer(known, reading) if reading.fault else _answered(known, reading)
    before = {(status.asset, status.network): status for status in known.networks}
    changes = [transition(before.get((status.asset, status.network)), status) for status in after.networks]
    transitions = tuple(change for change in changes if change)
    return replace(after, transitions=(*known.transitions, *transitions)[-KEPT_TRANSITIONS:]), transitions


def _without_answer(known: ExchangeWithdrawals, reading: WithdrawalReading) -> ExchangeWithdrawals:
    silent_polls = known.silent_polls + 1
    failed = replace(
        known,
        source=reading.source,
        standing=reading.standing,
        fault=reading.fault,
        detail=reading.detail,
        silent_polls=silent_polls,
        polled_at=reading.as_of,
    )
    if reading.fault in _SILENT and silent_polls < SILENT_POLLS:
        return failed
    # What was announced is not known any more either: an old announcement must not excuse what comes.
    unknown = tuple(as_unknown(status) for status in known.networks if not _is_forgotten(status, reading.as_of))
    return replace(failed, networks=unknown, closed_share=None, share_jumped_since=None, system=None, maintenance=())


def _answered(known: ExchangeWithdrawals, reading: WithdrawalReading) -> ExchangeWithdrawals:
    answered = replace(
        known,
        source=reading.source,
        standing=reading.standing,
        as_of=reading.as_of,
        polled_at=reading.as_of,
        networks=_networks_after(known.networks, reading),
        system=reading.system,
        maintenance=reading.maintenance,
        fault=None,
        detail=reading.detail,
        silent_polls=0,
        part_faults=reading.part_faults,
        interval=reading.interval,
    )
    return with_closed_share(answered, reading.closed_share, reading.as_of)


def _networks_after(known: Iterable[NetworkWithdrawals], reading: WithdrawalReading) -> tuple[NetworkWithdrawals, ...]:
    before = {(status.asset, status.network): status for status in known}
    flags, contradicted = _flags(reading.flags)
    told = [after_flag(before.get(key), flag, reading.as_of) for key, flag in flags.items()]
    untold = [status for key, status in before.items() if key not in flags]
    kept = [
        # What a reading says both ways it does not say at all.
        status if (status.asset, status.network) in contradicted else _not_told(status, reading)
        for status in untold
        if not _is_forgotten(status, reading.as_of)
    ]
    return tuple(sorted((*told, *kept), key=lambda status: (status.asset, status.network)))


def _flags(
    flags: Iterable[WithdrawalFlag],
) -> tuple[dict[tuple[str, str], WithdrawalFlag], frozenset[tuple[str, str]]]:
    """Return the flags by asset and network, and apart from them those that contradict each other."""
    by_network: dict[tuple[str, str], WithdrawalFlag] = {}
    contradicted: set[tuple[str, str]] = set()
    for flag in flags:
        key = flag.asset, flag.network
        if by_network.setdefault(key, flag) != flag:
            contradicted.add(key)
    return {key: flag for key, flag in by_network.items() if key not in contradicted}, frozenset(contradicted)


def _not_told(status: NetworkWithdrawals, reading: WithdrawalReading) -> NetworkWithdrawals:
    """Return a network that an answer does not mention: vanished, or perhaps in the part that could not be read."""
    if not reading.part_faults:
        return as_unknown(status)
    silent = replace(status, silent_polls=status.silent_polls + 1)
    return as_unknown(silent) if silent.silent_polls >= SILENT_POLLS else silent


def _is_forgotten(status: NetworkWithdrawals, at: datetime) -> bool:
    return status.state is WithdrawalState.UNKNOWN and at - status.since >= FORGOTTEN_AFTER
