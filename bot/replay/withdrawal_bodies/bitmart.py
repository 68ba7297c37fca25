"""BitMart's rows, which have the network in the name of an asset that is on several."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open, protocol_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    rows = [
        _row(f"{asset}-{protocol_name(flag)}" if len(networks) > 1 else asset, flag)
        for asset, networks in by_asset(flags)
        for flag in networks
    ]
    dead = _row("DGF13", WithdrawalFlag("DGF13", "ETHEREUM", WithdrawalState.CLOSED))
    return {"code": 1000, "message": "OK", "trace": "886fb6ae", "data": {"currencies": [*rows, dead]}}


def _row(currency: str, flag: WithdrawalFlag) -> dict[str, Any]:
    return {
        "currency": currency,
        "name": currency,
        "contract_address": None,
        "network": protocol_name(flag),
        "withdraw_enabled": is_open(flag),
        "deposit_enabled": True,
        "withdraw_minsize": "10",
        "withdraw_minfee": None,
        "withdraw_fee": "1",
        "withdraw_fee_estimate": "1",
    }


BITMART_TWIN = WithdrawalTwin(
    exchange="bitmart",
    setting="bitmart_url",
    path="/account/v1/currencies",
    write=_write,
)
