"""One asset on one network after one more poll: what is believed of it.

Example: USDT over Tron is open. 12:00 closed: still open, closed is pending. 12:05 closed again: closed since 12:00.
12:10 open, 12:15 closed: nothing changed, for one poll that says otherwise is no second opinion of itself. 12:20 the
network is not in the list any more: unknown, last known closed since 12:00. 12:25 and 12:30 closed: closed since 12:00,
because nothing has shown it open meanwhile.
"""

from dataclasses import replace
from datetime import datetime

from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.domain.withdrawals import NetworkWithdrawals, WithdrawalTransition


def after_flag(known: NetworkWithdrawals | None, flag: WithdrawalFlag, at: datetime) -> NetworkWithdrawals:
    """Return what is believed once a poll at `at` has told a flag; `known` is None where it was never told before."""
    before = known or NetworkWithdrawals(flag.asset, flag.network, WithdrawalState.UNKNOWN, at, at)
    if flag.state is WithdrawalState.UNKNOWN:
        return as_unknown(before)
    if flag.state is before.state:
        return replace(before, confirmed_at=at, pending=None, pending_since=None, silent_polls=0)
    if flag.state is not before.pending or before.pending_since is None:
        return replace(before, pending=flag.state, pending_since=at, silent_polls=0)
    return _believed(before, flag.state, before.pending_since, at)


def as_unknown(known: NetworkWithdrawals) -> NetworkWithdrawals:
    """Return a network of which nothing is known any more; what it was stays on record, and is neither open nor closed.

    What was pending is void: it waited for the next poll, and that did not say it.
    """
    if known.state is WithdrawalState.UNKNOWN:
        return replace(known, pending=None, pending_since=None)
    return NetworkWithdrawals(
        known.asset,
        known.network,
        WithdrawalState.UNKNOWN,
        since=known.confirmed_at,
        confirmed_at=known.confirmed_at,
        last_known=known.state,
        known_since=known.since,
        began_unseen=known.began_unseen,
    )


def transition(before: NetworkWithdrawals | None, after: NetworkWithdrawals) -> WithdrawalTransition | None:
    """Return the change from one belief to the next, None where there is none.

    What is known for the first time is no change: it was so before anybody looked.
    """
    if before is None or before.state is after.state or before.known_state is WithdrawalState.UNKNOWN:
        return None
    # When it was first seen, not since when: what is closed again after a gap is closed since before the gap.
    first_seen = None if after.state is WithdrawalState.UNKNOWN else before.pending_since
    return WithdrawalTransition(first_seen or after.since, after.asset, after.network, before.state, after.state)


def _believed(
    before: NetworkWithdrawals, state: WithdrawalState, first_seen: datetime, at: datetime
) -> NetworkWithdrawals:
    # A gap in what is told, during which nothing shows that it changed, does not begin it anew.
    goes_on = before.known_state is state
    return NetworkWithdrawals(
        before.asset,
        before.network,
        state,
        since=before.began_at if goes_on else first_seen,
        confirmed_at=at,
        began_unseen=before.began_unseen if goes_on else before.known_state is WithdrawalState.UNKNOWN,
    )
