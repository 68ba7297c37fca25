"""Binance's web page: the rows of its signed interface in an envelope of their own."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_delayed, is_open, short_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    return {"code": "000000", "message": None, "messageDetail": None, "success": True, "data": binance_coins(flags)}


def binance_coins(flags: Sequence[WithdrawalFlag]) -> list[dict[str, Any]]:
    """Return the coins, as both of Binance's interfaces write them."""
    coins = [_coin(asset, [_network(flag) for flag in networks]) for asset, networks in by_asset(flags)]
    closed = _network(WithdrawalFlag("DGF13", "ETHEREUM", WithdrawalState.CLOSED))
    dead = _coin("DGF13", [closed])
    return [*coins, dead, dead | {"coin": "REP", "trading": False}, dead | {"coin": "EUR", "isLegalMoney": True}]


def _coin(asset: str, networks: Sequence[Any]) -> dict[str, Any]:
    return {
        "coin": asset,
        "depositAllEnable": True,
        "withdrawAllEnable": any(network["withdrawEnable"] for network in networks),
        "name": asset.title(),
        "isLegalMoney": False,
        "trading": True,
        "networkList": networks,
    }


def _network(flag: WithdrawalFlag) -> dict[str, Any]:
    return {
        "network": short_name(flag),
        "coin": flag.asset,
        "networkDisplay": short_name(flag),
        "withdrawIntegerMultiple": "0.00000001",
        "isDefault": True,
        "depositEnable": True,
        "withdrawEnable": is_open(flag),
        "depositDesc": "",
        "withdrawDesc": "" if is_open(flag) else "The wallet is under maintenance.",
        "name": f"{flag.network.title()} ({short_name(flag)})",
        "withdrawFee": "0.55",
        "withdrawMin": "1.1",
        "withdrawMax": "10000000000",
        "minConfirm": "12",
        "estimatedArrivalTime": "5",
        "busy": is_delayed(flag),
        "contractAddress": "",
    }


BINANCE_WEB_TWIN = WithdrawalTwin(
    exchange="binance",
    setting="binance_web_url",
    path="/bapi/capital/v1/public/capital/getNetworkCoinAll",
    write=_write,
)
