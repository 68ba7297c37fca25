"""FTX's list of coins, as it was until November 2022: one flag for all networks of a coin."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open

_METHODS = {"BITCOIN": "btc", "ETHEREUM": "eth", "TRON": "trx", "SOLANA": "sol"}


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    coins = [_coin(asset, networks) for asset, networks in by_asset(flags)]
    dead = _coin("DGF13", []) | {"canWithdraw": False, "methods": ["erc20"]}
    dollar = _coin("USD", []) | {"fiat": True, "canWithdraw": True}
    return {"success": True, "result": [*coins, dead, dollar]}


def _coin(asset: str, networks: Sequence[WithdrawalFlag]) -> dict[str, Any]:
    return {
        "id": asset,
        "name": asset.title(),
        "canDeposit": True,
        "canWithdraw": any(map(is_open, networks)),
        "hasTag": asset == "XRP",
        "fiat": False,
        "isToken": asset in {"USDT", "USDC"},
        "usdFungible": asset == "USDC",
        "methods": [_METHODS.get(flag.network, flag.network.lower()) for flag in networks],
        "collateral": True,
        "collateralWeight": 0.95,
    }


FTX_TWIN = WithdrawalTwin(exchange="ftx", setting="ftx_url", path="/api/coins", write=_write)
