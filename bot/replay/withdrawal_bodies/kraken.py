"""Kraken's assets by its own names: XXBT is bitcoin, and ATOM.S a claim on Kraken."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, whole_assets

_NAMES = {"BTC": ("XXBT", "XBT"), "ETH": ("XETH", "ETH"), "XRP": ("XXRP", "XRP")}


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    assets = dict(
        _asset(asset, "enabled" if can_leave else "funding_temporarily_disabled")
        for asset, can_leave in whole_assets(flags)
    )
    dead = dict([_asset("DGF13", "deposit_only"), _asset("ATOM.S", "deposit_only")])
    return {"error": [], "result": {**assets, **dead}}


def _asset(symbol: str, status: str) -> tuple[str, dict[str, Any]]:
    name, altname = _NAMES.get(symbol, (symbol, symbol))
    return name, {
        "aclass": "currency",
        "altname": altname,
        "decimals": 10,
        "display_decimals": 5,
        "margin_rate": 0.01,
        "status": status,
    }


KRAKEN_TWIN = WithdrawalTwin(
    exchange="kraken",
    setting="kraken_url",
    path="/0/public/Assets",
    write=_write,
)
