"""A record of changes in place of polls: what a backtest reads from a file, and a store keeps of the past.

Example: the record of FTX says "8 November 11:37, USDT over Tron: closed". From then on it is closed, without a second
poll that has to agree, and stays so until another line says otherwise. Everything after that (which majors are closed,
network events, what an outflow becomes) is the same code as for polls.
"""

from collections.abc import Iterable
from dataclasses import replace

from bot.detection.withdrawals.network_state import as_unknown
from bot.detection.withdrawals.thresholds import KEPT_TRANSITIONS
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkWithdrawals, WithdrawalTransition


def with_recorded_changes(known: ExchangeWithdrawals, changes: Iterable[WithdrawalTransition]) -> ExchangeWithdrawals:
    """Return what is known of an exchange after recorded changes, oldest first; what repeats the state is none."""
    networks = {(status.asset, status.network): status for status in known.networks}
    transitions = list(known.transitions)
    as_of = known.as_of
    for change in changes:
        key = change.asset, change.network
        status = networks.get(key)
        as_of = change.at
        if status and status.state is change.after:
            continue
        networks[key] = _after(status, change)
        transitions.append(replace(change, before=status.state if status else change.before))
    return replace(
        known,
        as_of=as_of,
        polled_at=as_of,
        networks=tuple(networks[key] for key in sorted(networks)),
        transitions=tuple(transitions[-KEPT_TRANSITIONS:]),
    )


def _after(status: NetworkWithdrawals | None, change: WithdrawalTransition) -> NetworkWithdrawals:
    if status and change.after is WithdrawalState.UNKNOWN:
        return as_unknown(replace(status, confirmed_at=change.at))
    return NetworkWithdrawals(change.asset, change.network, change.after, change.at, change.at)
