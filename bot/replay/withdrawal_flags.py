"""What can be withdrawn from the exchanges of an episode at a moment: everything, but for what was published otherwise.

Example: in `binance-2022` USDC is closed over all of its networks on 13 December from 08:20 to 16:20 UTC, and at every
other time, and at every other exchange, all assets are open. That nothing else was closed is assumed, not published.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from bot.domain.exchange import exchange_id
from bot.domain.networks import MAIN_NETWORKS, network_name
from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.replay.episode import Episode
from bot.replay.episodes.exchanges import UNMEASURED

_NETWORKS = {**MAIN_NETWORKS, "SOL": ("SOLANA",), "XRP": ("XRPL",), "TRX": ("TRON",)}


def withdrawal_flags(episode: Episode, exchange: str, now: datetime) -> Sequence[WithdrawalFlag] | None:
    """Return the flags of an exchange, by its id; None for one that is not in the episode's list."""
    if exchange not in _listed(episode):
        return None
    states = {(asset, network): WithdrawalState.OPEN for asset, networks in _NETWORKS.items() for network in networks}
    for change in sorted(episode.withdrawal_changes, key=lambda change: change.at):
        if change.exchange == exchange and change.at <= now:
            state = WithdrawalState.OPEN if change.is_open else WithdrawalState.CLOSED
            states[change.asset, network_name(change.asset, change.network)] = state
    return [WithdrawalFlag(asset, network, state) for (asset, network), state in states.items()]


def _listed(episode: Episode) -> Collection[str]:
    return {*(exchange.id for exchange in episode.exchanges), *(exchange_id(str(row["name"])) for row in UNMEASURED)}
