"""HTX's list of currencies and chains: in lower case, and with empty display names for some chains."""

from collections.abc import Sequence
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin, by_asset, is_open, protocol_name


def _write(flags: Sequence[WithdrawalFlag]) -> object:
    coins = [
        _coin(asset, [_chain(asset, protocol_name(flag), is_allowed=is_open(flag)) for flag in networks])
        for asset, networks in by_asset(flags)
    ]
    dead = _coin("sxp", [_chain("sxp", "ERC20", is_allowed=False)])
    delisted = _coin("ftt", [_chain("ftt", "ERC20", is_allowed=False)]) | {"instStatus": "delisted"}
    return {"code": 200, "data": [*coins, dead, delisted]}


def _coin(asset: str, chains: Sequence[Any]) -> dict[str, Any]:
    return {"currency": asset.lower(), "assetType": "1", "chains": chains, "instStatus": "normal"}


def _chain(asset: str, protocol: str, *, is_allowed: bool) -> dict[str, Any]:
    has_protocol = protocol in {"ERC20", "TRC20"}
    chain = {
        "chain": f"{protocol}{asset}".lower() if has_protocol else protocol.lower(),
        "displayName": "" if protocol == "TRC20" else protocol,
        "isDynamic": False,
        "numOfConfirmations": 12,
        "numOfFastConfirmations": 12,
        "depositStatus": "allowed",
        "minDepositAmt": "0.23",
        "withdrawStatus": "allowed" if is_allowed else "prohibited",
        "minWithdrawAmt": "0.23",
        "withdrawPrecision": 8,
        "maxWithdrawAmt": "227000.000000000000000000",
        "withdrawQuotaPerDay": "227000.000000000000000000",
        "withdrawQuotaPerYear": None,
        "withdrawQuotaTotal": None,
        "withdrawFeeType": "fixed",
        "transactFeeWithdraw": "11.1654",
        "addrWithTag": False,
        "addrDepositTag": False,
    }
    return chain | ({"baseChain": protocol[:3], "baseChainProtocol": protocol} if has_protocol else {})


HTX_TWIN = WithdrawalTwin(
    exchange="htx",
    setting="htx_url",
    path="/v2/reference/currencies",
    write=_write,
)
