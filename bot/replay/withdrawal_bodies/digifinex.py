"""DigiFinex's rows: numbers for booleans, and no chain for a coin with a single one."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open, protocol_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    rows = [
        _row(asset, protocol_name(flag), status=int(is_open(flag)))
        for asset, networks in by_asset(flags)
        for flag in networks
    ]
    return {"data": [*rows, _row("DGF13", "", status=0)], "code": 200}


def _row(asset: str, chain: str, *, status: int) -> dict[str, Any]:
    return {
        "deposit_status": 1,
        "min_deposit_amount": 10,
        "withdraw_fee_rate": 0,
        "min_withdraw_amount": 10,
        "min_withdraw_fee": 5,
        "currency": asset,
        "withdraw_fee_currency": asset,
        "withdraw_status": status,
        "chain": chain,
    }


DIGIFINEX_TWIN = WithdrawalTwin(
    exchange="digifinex",
    setting="digifinex_url",
    path="/v3/currencies",
    write=_write,
)
