"""Gate's list of currencies."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_delayed, is_open, short_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    coins = [_coin(asset, [_chain(flag) for flag in networks]) for asset, networks in by_asset(flags)]
    dead = {"name": "ETH", "addr": "", "withdraw_disabled": True, "withdraw_delayed": False, "deposit_disabled": True}
    return [*coins, _coin("DGF13", [dead]), _coin("LUNC3L", [dead], delisted=True)]


def _coin(asset: str, chains: Sequence[Any], *, delisted: bool = False) -> dict[str, Any]:
    return {
        "currency": asset,
        "name": asset.title(),
        "delisted": delisted,
        "withdraw_disabled": chains[0]["withdraw_disabled"],
        "withdraw_delayed": chains[0]["withdraw_delayed"],
        "deposit_disabled": chains[0]["deposit_disabled"],
        "trade_disabled": delisted,
        "fixed_rate": "",
        "chain": chains[0]["name"],
        "chains": chains,
    }


def _chain(flag: WithdrawalFlag) -> dict[str, Any]:
    return {
        "name": short_name(flag),
        "addr": "",
        "withdraw_disabled": not is_open(flag),
        "withdraw_delayed": is_delayed(flag),
        "deposit_disabled": False,
    }


GATE_TWIN = WithdrawalTwin(
    exchange="gate",
    setting="gate_url",
    path="/api/v4/spot/currencies",
    write=_write,
)
