"""The rows of Upbit's web page."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_delayed, is_open, short_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    rows = [
        _row(asset, short_name(flag), "working" if is_open(flag) else "paused", is_slow=is_delayed(flag))
        for asset, networks in by_asset(flags)
        for flag in networks
    ]
    return [*rows, _row("DGF13", "ETH", "deposit_only"), _row("REP", "ETH", "unsupported")]


def _row(asset: str, network: str, state: str, *, is_slow: bool = False) -> dict[str, Any]:
    return {
        "currency": asset,
        "wallet_state": state,
        "block_state": "delayed" if is_slow else "normal",
        "block_height": 800000,
        "block_updated_at": "2026-10-05T12:20:00.928+00:00",
        "message": None,
        "net_type": network,
    }


UPBIT_TWIN = WithdrawalTwin(
    exchange="upbit",
    setting="upbit_url",
    path="/api/v1/status/wallet",
    write=_write,
)
