"""Bitvavo's list of assets, each with one status."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, whole_assets


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    assets = [_asset(asset, "OK" if can_leave else "MAINTENANCE") for asset, can_leave in whole_assets(flags)]
    return [*assets, _asset("DGF13", "MAINTENANCE"), _asset("REP", "DELISTED")]


def _asset(symbol: str, status: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "name": symbol.title(),
        "decimals": 6,
        "depositFee": "0",
        "depositConfirmations": 64,
        "depositStatus": "OK",
        "withdrawalFee": "3.2",
        "withdrawalMinAmount": "3.2",
        "withdrawalStatus": status,
        "networks": ["ETH"],
        "message": "",
    }


BITVAVO_TWIN = WithdrawalTwin(
    exchange="bitvavo",
    setting="bitvavo_url",
    path="/v2/assets",
    write=_write,
)
