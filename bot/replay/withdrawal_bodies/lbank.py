"""LBank's rows, in lower case."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open, protocol_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    rows = [
        _row(asset, protocol_name(flag), is_enabled=is_open(flag))
        for asset, networks in by_asset(flags)
        for flag in networks
    ]
    dead = _row("dgf13", "bep20(bsc)", is_enabled=False)
    return {"msg": "Success", "result": "true", "data": [*rows, dead], "error_code": "0", "ts": "1747973911431"}


def _row(asset: str, chain: str, *, is_enabled: bool) -> dict[str, Any]:
    return {
        "amountScale": "4",
        "chain": chain.lower(),
        "assetCode": asset.lower(),
        "min": "10",
        "transferAmtScale": "4",
        "canWithDraw": is_enabled,
        "fee": "0.0000",
        "minTransfer": "0.0001",
        "type": "1",
    }


LBANK_TWIN = WithdrawalTwin(
    exchange="lbank",
    setting="lbank_url",
    path="/v2/withdrawConfigs.do",
    write=_write,
)
