"""Bitget's list of coins, whose booleans are words."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_delayed, is_open, protocol_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    coins = [
        _coin(
            asset, [_chain(protocol_name(flag), can_leave=is_open(flag), is_slow=is_delayed(flag)) for flag in networks]
        )
        for asset, networks in by_asset(flags)
    ]
    dead = _coin("NEIROETH", [_chain("ERC20", can_leave=False, is_slow=False)])
    return {"code": "00000", "msg": "success", "requestTime": "1746195617812", "data": [*coins, dead]}


def _coin(asset: str, chains: Sequence[Any]) -> dict[str, Any]:
    return {"coinId": "1456", "coin": asset, "transfer": "false", "chains": chains, "areaCoin": "no"}


def _chain(name: str, *, can_leave: bool, is_slow: bool) -> dict[str, Any]:
    return {
        "chain": name,
        "needTag": "false",
        "withdrawable": "true" if can_leave else "false",
        "rechargeable": "true",
        "withdrawFee": "1",
        "extraWithdrawFee": "0",
        "depositConfirm": "12",
        "withdrawConfirm": "64",
        "minDepositAmount": "0.06",
        "minWithdrawAmount": "60",
        "browserUrl": "https://example.com/tx/",
        "contractAddress": "",
        "withdrawStep": "0",
        "withdrawMinScale": "8",
        "congestion": "congested" if is_slow else "normal",
    }


BITGET_TWIN = WithdrawalTwin(
    exchange="bitget",
    setting="bitget_url",
    path="/api/v2/spot/public/coins",
    write=_write,
)
