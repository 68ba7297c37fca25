"""CoinEx's list of deposit and withdrawal configurations."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open, protocol_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    configs = [
        _config(asset, [_chain(protocol_name(flag), is_enabled=is_open(flag)) for flag in networks])
        for asset, networks in by_asset(flags)
    ]
    dead = _config("DGF13", [_chain("ERC20", is_enabled=False)])
    return {"code": 0, "message": "OK", "data": [*configs, dead]}


def _config(asset: str, chains: Sequence[Any]) -> dict[str, Any]:
    return {
        "asset": {
            "ccy": asset,
            "deposit_enabled": True,
            "withdraw_enabled": any(chain["withdraw_enabled"] for chain in chains),
            "inter_transfer_enabled": True,
            "is_st": False,
        },
        "chains": chains,
    }


def _chain(name: str, *, is_enabled: bool) -> dict[str, Any]:
    return {
        "chain": name,
        "min_deposit_amount": "1",
        "min_withdraw_amount": "2",
        "deposit_enabled": True,
        "withdraw_enabled": is_enabled,
        "deposit_delay_minutes": 0,
        "safe_confirmations": 10,
        "irreversible_confirmations": 20,
        "withdrawal_fee": "1",
        "withdrawal_precision": 6,
    }


COINEX_TWIN = WithdrawalTwin(
    exchange="coinex",
    setting="coinex_url",
    path="/v2/assets/all-deposit-withdraw-config",
    write=_write,
)
