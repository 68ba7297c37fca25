"""Poloniex's list of currencies."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open, short_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    coins = [
        _coin(asset, [_network(asset, short_name(flag), is_enabled=is_open(flag)) for flag in networks])
        for asset, networks in by_asset(flags)
    ]
    dead = _coin("DGF13", [_network("DGF13", "ETH", is_enabled=False)])
    return [*coins, dead, dead | {"coin": "REP", "delisted": True}]


def _coin(asset: str, networks: Sequence[Any]) -> dict[str, Any]:
    return {
        "id": 668,
        "coin": asset,
        "delisted": False,
        "tradeEnable": True,
        "name": asset.title(),
        "networkList": networks,
        "supportCollateral": False,
        "supportBorrow": False,
    }


def _network(asset: str, blockchain: str, *, is_enabled: bool) -> dict[str, Any]:
    return {
        "id": 668,
        "coin": asset,
        "name": asset.title(),
        "currencyType": "address",
        "blockchain": blockchain,
        "withdrawalEnable": is_enabled,
        "depositEnable": True,
        "depositAddress": None,
        "withdrawMin": "5.00000000",
        "decimals": 6,
        "withdrawFee": "3.00000000",
        "minConfirm": 30,
        "contractAddress": None,
    }


POLONIEX_TWIN = WithdrawalTwin(
    exchange="poloniex",
    setting="poloniex_url",
    path="/v2/currencies",
    write=_write,
)
