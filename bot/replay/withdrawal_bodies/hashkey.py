"""HashKey Global's description of itself, of which the coins are a part."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open

_NAMES = {"BITCOIN": "Bitcoin", "ETHEREUM": "Ethereum", "TRON": "Tron", "SOLANA": "Solana"}


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    coins = [
        _coin(asset, [_chain(_NAMES.get(flag.network, flag.network), is_allowed=is_open(flag)) for flag in networks])
        for asset, networks in by_asset(flags)
    ]
    dead = _coin("DGF13", [_chain("Ethereum", is_allowed=True)]) | {"allowWithdraw": False}
    return {"timezone": "UTC", "serverTime": "1752214000000", "symbols": [], "coins": [*coins, dead]}


def _coin(asset: str, chains: Sequence[Any]) -> dict[str, Any]:
    return {
        "orgId": "9001",
        "coinId": asset,
        "coinName": asset,
        "coinFullName": asset.title(),
        "allowWithdraw": any(chain["allowWithdraw"] for chain in chains),
        "allowDeposit": True,
        "tokenType": "CHAIN_TOKEN",
        "chainTypes": chains,
    }


def _chain(name: str, *, is_allowed: bool) -> dict[str, Any]:
    return {
        "chainType": name,
        "withdrawFee": "0",
        "minWithdrawQuantity": "0.002",
        "maxWithdrawQuantity": "0",
        "minDepositQuantity": "0.0005",
        "allowDeposit": True,
        "allowWithdraw": is_allowed,
    }


HASHKEY_TWIN = WithdrawalTwin(
    exchange="hashkey-global",
    setting="hashkey_url",
    path="/api/v1/exchangeInfo",
    write=_write,
)
