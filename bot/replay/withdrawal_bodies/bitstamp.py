"""Bitstamp's list of currencies."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open

_SWITCH = {True: "Enabled", False: "Disabled"}


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    currencies = [
        _currency(asset, [_network(flag.network.lower(), is_enabled=is_open(flag)) for flag in networks])
        for asset, networks in by_asset(flags)
    ]
    dead = _currency("DGF13", [_network("ethereum", is_enabled=False)])
    return [*currencies, dead, _currency("EUR", []) | {"type": "fiat"}]


def _currency(asset: str, networks: Sequence[Any]) -> dict[str, Any]:
    return {
        "name": asset.title(),
        "currency": asset,
        "type": "crypto",
        "symbol": asset,
        "decimals": 8,
        "logo": "https://example.com/logo.svg",
        "available_supply": "21000000",
        "deposit": "Enabled",
        "withdrawal": _SWITCH[any(network["withdrawal"] == _SWITCH[True] for network in networks)],
        "networks": networks,
    }


def _network(name: str, *, is_enabled: bool) -> dict[str, Any]:
    return {
        "network": name,
        "withdrawal_decimals": 8,
        "withdrawal_minimum_amount": "0.00020000",
        "deposit": "Enabled",
        "withdrawal": _SWITCH[is_enabled],
    }


BITSTAMP_TWIN = WithdrawalTwin(
    exchange="bitstamp",
    setting="bitstamp_url",
    path="/api/v2/currencies/",
    write=_write,
)
