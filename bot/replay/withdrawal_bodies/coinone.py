"""Coinone's list of currencies, each with one status."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, whole_assets


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    currencies = [_currency(asset, can_leave=can_leave) for asset, can_leave in whole_assets(flags)]
    return {
        "result": "success",
        "error_code": "0",
        "server_time": 1701054555578,
        "currencies": [*currencies, _currency("DGF13", can_leave=False)],
    }


def _currency(symbol: str, *, can_leave: bool) -> dict[str, Any]:
    return {
        "name": symbol.title(),
        "symbol": symbol,
        "deposit_status": "normal",
        "withdraw_status": "normal" if can_leave else "suspended",
        "deposit_confirm_count": 150,
        "max_precision": 8,
        "deposit_fee": "0.0",
        "withdrawal_min_amount": "1.0",
        "withdrawal_fee": "3.0",
    }


COINONE_TWIN = WithdrawalTwin(
    exchange="coinone",
    setting="coinone_url",
    path="/public/v2/currencies",
    write=_write,
)
