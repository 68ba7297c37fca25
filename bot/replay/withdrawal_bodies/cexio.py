"""CEX.IO's list of currencies, each with one switch; it is asked with POST."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, whole_assets


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    currencies = [_currency(asset, can_leave=can_leave) for asset, can_leave in whole_assets(flags)]
    dead = [_currency("DGF13", can_leave=False), _currency("EUR", can_leave=False) | {"fiat": True}]
    return {"ok": "ok", "data": [*currencies, *dead]}


def _currency(symbol: str, *, can_leave: bool) -> dict[str, Any]:
    return {
        "currency": symbol,
        "fiat": False,
        "precision": "8",
        "walletPrecision": "6",
        "walletDeposit": True,
        "walletWithdrawal": can_leave,
    }


CEXIO_TWIN = WithdrawalTwin(
    exchange="cex.io",
    setting="cexio_url",
    path="/api/spot/rest-public/get_currencies_info",
    method="POST",
    content=b"{}",
    write=_write,
)
