"""The four majors at one exchange as they are judged: each over its main networks, with what the guards say of it.

Example: BTC open, ETH closed by an event of its network, USDT closed under announced maintenance, USDC closed for two
months. One is held against the exchange, USDT, and for one severity less.
"""

from dataclasses import replace
from datetime import datetime

from bot.detection.withdrawals.guards.dead_assets import is_dead
from bot.detection.withdrawals.guards.maintenance import is_announced
from bot.detection.withdrawals.guards.network_events import is_excusable, is_of_event
from bot.detection.withdrawals.thresholds import MAX_AGE, SILENT_POLLS
from bot.domain.assets import MAJORS
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, Majors, MajorWithdrawals, last_closing

_OPEN = frozenset({WithdrawalState.OPEN, WithdrawalState.DELAYED})


def judged_majors(withdrawals: ExchangeWithdrawals, at: datetime) -> Majors:
    """Return BTC, ETH, USDT and USDC, in this order, as they are known at a time.

    What was answered too long ago is unknown by then: a poller that stands still keeps nothing closed.
    """
    is_old = is_too_old(withdrawals, at)
    majors = (_judged(withdrawals, withdrawals.major(asset), at) for asset in MAJORS)
    return tuple(_as_unknown(major, withdrawals.as_of) if is_old else major for major in majors)


def is_too_old(withdrawals: ExchangeWithdrawals, at: datetime) -> bool:
    """Return whether what was answered last, if anything, is not known any more.

    Example: asked every five minutes, after 45 minutes; asked every hour (WITHDRAWAL_INTERVAL=1h), after three hours.
    """
    return withdrawals.as_of is None or at - withdrawals.as_of > max(MAX_AGE, SILENT_POLLS * withdrawals.interval)


def _judged(withdrawals: ExchangeWithdrawals, major: MajorWithdrawals, at: datetime) -> MajorWithdrawals:
    if WithdrawalState.CLOSED not in {major.state, major.last_known}:
        return major
    closed = tuple(
        status for status in withdrawals.judged_networks(major.asset) if status.known_state is WithdrawalState.CLOSED
    )
    return replace(
        major,
        # Any of them: without the event the asset could be withdrawn over that network.
        network_event=next(filter(None, (is_of_event(withdrawals, status) for status in closed)), "")
        if withdrawals.events and is_excusable(withdrawals, at)
        else "",
        # All of them: over what was not announced it should be possible to withdraw.
        in_maintenance=all(
            any(
                is_announced(work, status.asset, status.network, at, closed_since=status.began_at)
                for work in withdrawals.maintenance
            )
            for status in closed
        ),
        is_dead=is_dead(last_closing(closed).began_at, at),
        is_opening=any(status.pending in _OPEN for status in closed),
    )


def _as_unknown(major: MajorWithdrawals, last_known_at: datetime | None) -> MajorWithdrawals:
    if major.state is WithdrawalState.UNKNOWN:
        return major
    return replace(major, state=WithdrawalState.UNKNOWN, since=last_known_at, last_known=major.state)
