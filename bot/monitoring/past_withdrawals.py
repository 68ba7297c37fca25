"""What was known of an exchange's withdrawals at a past time: for a state that is built again from stored readings.

Guards judge a step otherwise while two majors are closed. Live they are given what is known then; after a restart the
readings of months are gone through again, and each needs what was known at its own time. The store has what is known
now and every change. USDT over Tron is open now, closed at 08:20 and opened at 14:00: so it was open at 08:00 and
closed at noon, since 08:20. What never changed was always as it is.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from bot.detection.withdrawals.network_state import as_unknown
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkWithdrawals, WithdrawalTransition

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # of what was so before the first change that is known

_Networks = Mapping[tuple[str, str], NetworkWithdrawals]


class PastWithdrawals:
    """One exchange's withdrawals over time: what is `known` of it now, and its `transitions`, oldest first."""

    def __init__(self, known: ExchangeWithdrawals, transitions: Sequence[WithdrawalTransition]) -> None:
        self._changed_at = [transition.at for transition in transitions]
        networks = _first_networks(known, transitions)
        self._known = [_with_networks(known, networks)]
        for transition in transitions:
            networks = _after(networks, transition)
            self._known.append(_with_networks(known, networks))

    def at(self, moment: datetime) -> ExchangeWithdrawals:
        """Return what was known at a time, as a poll would have confirmed it then."""
        return replace(self._known[bisect_right(self._changed_at, moment)], as_of=moment, polled_at=moment)


def _first_networks(known: ExchangeWithdrawals, transitions: Sequence[WithdrawalTransition]) -> _Networks:
    networks = {(status.asset, status.network): status for status in known.networks}
    for transition in reversed(transitions):
        key = transition.asset, transition.network
        networks[key] = NetworkWithdrawals(*key, transition.before, _LONG_AGO, _LONG_AGO, began_unseen=True)
    return networks


def _after(networks: _Networks, transition: WithdrawalTransition) -> _Networks:
    key = transition.asset, transition.network
    before = replace(networks[key], confirmed_at=transition.at)
    if transition.after is WithdrawalState.UNKNOWN:
        return {**networks, key: as_unknown(before)}
    goes_on = before.known_state is transition.after
    since = before.began_at if goes_on else transition.at
    return {**networks, key: NetworkWithdrawals(*key, transition.after, since, transition.at)}


def _with_networks(known: ExchangeWithdrawals, networks: _Networks) -> ExchangeWithdrawals:
    return replace(known, networks=tuple(networks[key] for key in sorted(networks)))
