"""What is known of an exchange's withdrawals, for tests that name only what matters to them."""

from datetime import datetime, timedelta

from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkWithdrawals, WithdrawalTransition
from tests.builders import NOON


def known(exchange: str, *networks: NetworkWithdrawals, at: datetime = NOON) -> ExchangeWithdrawals:
    """Return what is known of an exchange that last answered at a time."""
    return ExchangeWithdrawals(exchange, exchange.title(), as_of=at, networks=networks)


def network(
    asset: str,
    name: str,
    state: WithdrawalState = WithdrawalState.OPEN,
    *,
    since: datetime = NOON - timedelta(days=9),
    at: datetime = NOON,
) -> NetworkWithdrawals:
    """Return an asset on a network, in a state since a time, as the newest poll said as well."""
    return NetworkWithdrawals(asset, name, state, since, at)


def closing(at: datetime, asset: str = "USDT", name: str = "TRON") -> WithdrawalTransition:
    """Return that an open asset closed on a network."""
    return WithdrawalTransition(at, asset, name, WithdrawalState.OPEN, WithdrawalState.CLOSED)


def opening(at: datetime, asset: str = "USDT", name: str = "TRON") -> WithdrawalTransition:
    """Return that a closed asset opened on a network."""
    return WithdrawalTransition(at, asset, name, WithdrawalState.CLOSED, WithdrawalState.OPEN)
