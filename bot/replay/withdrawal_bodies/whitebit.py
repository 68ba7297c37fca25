"""WhiteBIT's assets by symbol, where a network is open while it is listed for withdrawals."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open, protocol_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    assets = {asset: _asset(asset, networks) for asset, networks in by_asset(flags)}
    dead = _asset("DGF13", [WithdrawalFlag("DGF13", "ERC20", WithdrawalState.CLOSED)])
    dollars = _asset("USD", []) | {"providers": {"deposits": ["ADVCASH"], "withdraws": ["ADVCASH"]}}
    return {**assets, "DGF13": dead, "USD": dollars}


def _asset(asset: str, flags: Sequence[WithdrawalFlag]) -> dict[str, Any]:
    networks = [protocol_name(flag) for flag in flags]
    withdraws = [protocol_name(flag) for flag in flags if is_open(flag)]
    return {
        "name": asset.title(),
        "unified_cryptoasset_id": "1",
        "can_withdraw": bool(withdraws),
        "can_deposit": True,
        "min_withdraw": "0.0003",
        "max_withdraw": "0",
        "maker_fee": "0.1",
        "taker_fee": "0.1",
        "min_deposit": "0.0001",
        "max_deposit": "0",
        "networks": {"deposits": networks, "withdraws": withdraws, "default": networks[0] if networks else asset},
        "confirmations": dict.fromkeys(networks, "2"),
        "limits": {
            "deposit": {network: {"min": "0.0001"} for network in networks},
            "withdraw": {network: {"min": "0.0003"} for network in withdraws},
        },
        "currency_precision": "8",
        "is_memo": False,
    }


WHITEBIT_TWIN = WithdrawalTwin(
    exchange="whitebit",
    setting="whitebit_url",
    path="/api/v4/public/assets",
    write=_write,
)
