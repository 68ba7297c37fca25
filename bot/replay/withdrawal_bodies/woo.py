"""WOO X's rows, whose booleans are “1” and “0”."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open, protocol_name, short_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    rows = [_row(flag) for _, networks in by_asset(flags) for flag in networks]
    dead = _row(WithdrawalFlag("DGF13", "ETHEREUM", WithdrawalState.CLOSED))
    return {"rows": [*rows, dead], "success": True}


def _row(flag: WithdrawalFlag) -> dict[str, Any]:
    return {
        "protocol": protocol_name(flag),
        "network": short_name(flag),
        "token": flag.asset,
        "name": f"{flag.network.title()} ({protocol_name(flag)})",
        "minimum_withdrawal": "10.00000000",
        "withdrawal_fee": "2.00000000",
        "allow_deposit": "1",
        "allow_withdraw": "1" if is_open(flag) else "0",
    }


WOO_TWIN = WithdrawalTwin(
    exchange="woo-x",
    setting="woo_url",
    path="/v1/public/token_network",
    write=_write,
)
