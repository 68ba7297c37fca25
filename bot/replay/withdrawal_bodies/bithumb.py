"""Bithumb's rows, with numbers for booleans."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open, short_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    rows = [
        _row(asset, short_name(flag), status=int(is_open(flag)))
        for asset, networks in by_asset(flags)
        for flag in networks
    ]
    return {"status": "0000", "data": [*rows, _row("DGF13", "ETH", status=0)]}


def _row(asset: str, network: str, *, status: int) -> dict[str, Any]:
    return {"currency": asset, "net_type": network, "deposit_status": 1, "withdrawal_status": status}


BITHUMB_TWIN = WithdrawalTwin(
    exchange="bithumb",
    setting="bithumb_url",
    path="/public/assetsstatus/multichain/ALL",
    write=_write,
)
