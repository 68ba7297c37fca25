"""Coinbase Exchange's list of currencies."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    currencies = [
        _currency(asset, [_network(flag.network.lower(), is_online=is_open(flag)) for flag in networks])
        for asset, networks in by_asset(flags)
    ]
    dead = _currency("DGF13", [_network("ethereum", is_online=False)])
    return [*currencies, dead, dead | {"id": "REP", "status": "delisted"}]


def _currency(asset: str, networks: Sequence[Any]) -> dict[str, Any]:
    return {
        "id": asset,
        "name": asset.title(),
        "min_size": "0.000001",
        "status": "online",
        "message": "",
        "max_precision": "0.000001",
        "convertible_to": [],
        "details": {"type": "crypto", "symbol": None, "network_confirmations": 14, "sort_order": 0},
        "default_network": networks[0]["id"],
        "supported_networks": networks,
        "display_name": asset,
    }


def _network(name: str, *, is_online: bool) -> dict[str, Any]:
    return {
        "id": name,
        "name": name.title(),
        "status": "online" if is_online else "offline",
        "contract_address": "",
        "min_withdrawal_amount": 1e-06,
        "max_withdrawal_amount": 20000000,
        "network_confirmations": 14,
        "processing_time_seconds": None,
    }


COINBASE_TWIN = WithdrawalTwin(
    exchange="coinbase",
    setting="coinbase_url",
    path="/currencies",
    write=_write,
)
