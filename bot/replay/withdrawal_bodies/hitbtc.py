"""HitBTC's currencies by symbol."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open, protocol_name, short_name

_PROTOCOLS = ("ERC20", "TRC20")


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    coins = {asset: _coin(asset, [_network(flag) for flag in networks]) for asset, networks in by_asset(flags)}
    dead = _coin("DFC", [_network(WithdrawalFlag("DFC", "ETHEREUM", WithdrawalState.CLOSED))])
    return {**coins, "DFC": dead, "EDO": dead | {"delisted": True}}


def _coin(asset: str, networks: Sequence[Any]) -> dict[str, Any]:
    return {
        "full_name": asset.title(),
        "crypto": True,
        "payin_enabled": True,
        "payout_enabled": any(network["payout_enabled"] for network in networks),
        "transfer_enabled": False,
        "precision_transfer": "0.00000001",
        "delisted": False,
        "networks": networks,
    }


def _network(flag: WithdrawalFlag) -> dict[str, Any]:
    protocol = protocol_name(flag)
    return {
        "code": short_name(flag),
        "network_name": flag.network.title(),
        "network": short_name(flag),
        "protocol": protocol.replace("20", "-20") if protocol in _PROTOCOLS else "",
        "default": True,
        "payin_enabled": True,
        "payout_enabled": is_open(flag),
        "precision_payout": "0.000000000000000001",
        "payout_fee": "277000.0000000000",
        "payin_confirmations": "2",
        "contract_address": "",
    }


HITBTC_TWIN = WithdrawalTwin(
    exchange="hitbtc",
    setting="hitbtc_url",
    path="/api/3/public/currency",
    write=_write,
)
