"""KuCoin's list of currencies."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open, protocol_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    coins = [
        _coin(asset, [_chain(protocol_name(flag), is_enabled=is_open(flag)) for flag in networks])
        for asset, networks in by_asset(flags)
    ]
    return {"code": "200000", "data": [*coins, _coin("CSP", [_chain("ERC20", is_enabled=False)]), _coin("KCSX", None)]}


def _coin(asset: str, chains: Sequence[Any] | None) -> dict[str, Any]:
    return {
        "currency": asset,
        "name": asset,
        "fullName": asset.title(),
        "precision": 8,
        "confirms": None,
        "contractAddress": None,
        "isMarginEnabled": False,
        "isDebitEnabled": False,
        "chains": chains,
    }


def _chain(name: str, *, is_enabled: bool) -> dict[str, Any]:
    return {
        "chainName": name,
        "chainId": name.lower(),
        "withdrawalMinSize": "10",
        "depositMinSize": None,
        "withdrawFeeRate": "0",
        "withdrawalMinFee": "5",
        "isWithdrawEnabled": is_enabled,
        "isDepositEnabled": True,
        "confirms": 12,
        "preConfirms": 12,
        "withdrawPrecision": 8,
        "maxWithdraw": None,
        "maxDeposit": None,
        "needTag": False,
        "contractAddress": "",
    }


KUCOIN_TWIN = WithdrawalTwin(
    exchange="kucoin",
    setting="kucoin_url",
    path="/api/v3/currencies",
    write=_write,
)
