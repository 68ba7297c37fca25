"""Interfaces of exchanges that need a key: who may ask, and what is answered, in the exchanges' own formats.

Example: OKX answers with a row for each chain, `{"ccy": "USDT", "chain": "USDT-TRC20", "canWd": true}`, and tells the
rights of a key as "read_only,trade". MEXC and Crypto.com do not tell them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_bodies.signature_checks import (
    Refusal,
    SignatureCheck,
    bybit_check,
    crypto_com_check,
    okx_check,
    query_check,
)

_SHORT = {"BITCOIN": "BTC", "ETHEREUM": "ETH", "TRON": "TRX", "SOLANA": "SOL"}
_PROTOCOLS = {"BITCOIN": "Bitcoin", "ETHEREUM": "ERC20", "TRON": "TRC20", "SOLANA": "Solana"}
_DEAD = WithdrawalFlag("DGF13", "ETHEREUM", WithdrawalState.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTwin:
    """One exchange: `write` makes the body of its networks, `write_rights` that of the rights of the key that asks.

    Rights are in the exchange's own words: "trade", "enableWithdrawals". With `rights_path` "" none are told.
    """

    exchange: str
    setting: str
    check: SignatureCheck
    path: str
    write: Callable[[Sequence[WithdrawalFlag]], object]
    method: str = "GET"
    rights_path: str = ""
    write_rights: Callable[[Sequence[str]], object] = list


def _listed(flags: Sequence[WithdrawalFlag]) -> list[tuple[str, Sequence[WithdrawalFlag]]]:
    """Return each asset with its networks, the dead one among them; what is unknown is not listed."""
    known = [*(flag for flag in flags if flag.state is not WithdrawalState.UNKNOWN), _DEAD]
    assets = dict.fromkeys(flag.asset for flag in known)
    return [(asset, [flag for flag in known if flag.asset == asset]) for asset in assets]


def _is_open(flag: WithdrawalFlag) -> bool:
    return flag.state is not WithdrawalState.CLOSED


def _binance(flags: Sequence[WithdrawalFlag]) -> object:
    return [
        {
            "coin": asset,
            "depositAllEnable": True,
            "withdrawAllEnable": any(map(_is_open, networks)),
            "name": asset.title(),
            "free": "0",
            "isLegalMoney": False,
            "trading": True,
            "networkList": [
                _coin_network(flag) | {"busy": flag.state is WithdrawalState.DELAYED, "isDefault": True}
                for flag in networks
            ],
        }
        for asset, networks in _listed(flags)
    ]


def _binance_rights(rights: Sequence[str]) -> object:
    names = (
        "enableWithdrawals",
        "enableInternalTransfer",
        "enableMargin",
        "enableFutures",
        "permitsUniversalTransfer",
        "enableVanillaOptions",
        "enableFixApiTrade",
        "enableSpotAndMarginTrading",
        "enablePortfolioMarginTrading",
    )
    switches = {name: name in rights for name in (*names, *rights)}
    return {
        "ipRestrict": False,
        "createTime": 1698645219000,
        "enableReading": True,
        "enableFixReadOnly": True,
    } | switches


def _mexc(flags: Sequence[WithdrawalFlag]) -> object:
    return [
        {
            "coin": asset,
            "Name": asset.title(),
            "networkList": [
                _coin_network(flag)
                | {"network": f"{flag.network.title()}({_PROTOCOLS.get(flag.network, flag.network)})"}
                | {"netWork": _SHORT.get(flag.network, flag.network), "sameAddress": False}
                for flag in networks
            ],
        }
        for asset, networks in _listed(flags)
    ]


def _bingx(flags: Sequence[WithdrawalFlag]) -> object:
    coins = [
        {"coin": asset, "name": asset, "networkList": [_coin_network(flag) for flag in networks]}
        for asset, networks in _listed(flags)
    ]
    return {"code": 0, "timestamp": 1779364918914, "data": coins}


def _bingx_rights(rights: Sequence[str]) -> object:
    numbers = {"spot trading": 1, "perpetual futures trading": 3, "universal transfer": 4, "withdraw": 5}
    permissions = [2, *(numbers[right] for right in rights)]
    return {"code": 0, "msg": "", "data": {"apiKey": "", "permissions": permissions, "ipAddresses": [], "note": ""}}


def _coin_network(flag: WithdrawalFlag) -> dict[str, Any]:
    return {
        "coin": flag.asset,
        "name": flag.network.title(),
        "network": _SHORT.get(flag.network, flag.network),
        "depositEnable": True,
        "withdrawEnable": _is_open(flag),
        "withdrawFee": "0.00004",
        "withdrawMin": "0.000046",
        "withdrawMax": "64.77131128",
    }


def _okx(flags: Sequence[WithdrawalFlag]) -> object:
    rows = [
        {
            "canDep": True,
            "canInternal": True,
            "canWd": _is_open(flag),
            "ccy": asset,
            "chain": f"{asset}-{_PROTOCOLS.get(flag.network, flag.network)}",
            "mainNet": False,
            "minWd": "2",
            "name": asset.title(),
        }
        for asset, networks in _listed(flags)
        for flag in networks
    ]
    national = {"canDep": False, "canInternal": False, "canWd": False, "ccy": "TRY", "chain": "", "name": "TRY"}
    return {"code": "0", "msg": "", "data": [*rows, national]}


def _okx_rights(rights: Sequence[str]) -> object:
    account = {"uid": "44705892343619584", "acctLv": "2", "label": "v5 test", "perm": ",".join(("read_only", *rights))}
    return {"code": "0", "msg": "", "data": [account]}


def _bybit(flags: Sequence[WithdrawalFlag]) -> object:
    rows = [
        {
            "name": asset,
            "coin": asset,
            "remainAmount": "150",
            "chains": [
                {
                    "chainType": flag.network.title(),
                    "chain": _SHORT.get(flag.network, flag.network),
                    "chainDeposit": "1",
                    "chainWithdraw": "1" if _is_open(flag) else "0",
                    "minAccuracy": "8",
                }
                for flag in networks
            ],
        }
        for asset, networks in _listed(flags)
    ]
    return _of_bybit({"rows": rows})


def _bybit_rights(rights: Sequence[str]) -> object:
    key = {
        "id": "13770661",
        "note": "a key",
        "apiKey": "XXXXXX",
        "readOnly": 0 if rights else 1,
        "secret": "",
        "permissions": {"ContractTrade": [], "Spot": [*rights] or ["SpotTrade"], "Wallet": [], "NFT": []},
        "ips": ["*"],
        "type": 1,
    }
    return _of_bybit(key)


def _of_bybit(result: object) -> object:
    return {"retCode": 0, "retMsg": "", "result": result, "retExtInfo": {}, "time": 1672194582264}


def _crypto_com(flags: Sequence[WithdrawalFlag]) -> object:
    currencies = {
        asset: {
            "full_name": asset.title(),
            "default_network": None,
            "network_list": [
                {
                    "network_id": _SHORT.get(flag.network, flag.network),
                    "withdrawal_fee": None,
                    "withdraw_enabled": _is_open(flag),
                    "min_withdrawal_amount": 10.0,
                    "deposit_enabled": True,
                    "confirmation_required": 12,
                }
                for flag in networks
            ],
        }
        for asset, networks in _listed(flags)
    }
    result = {"update_time": 1641151604000, "currency_map": currencies}
    return {"id": 12, "method": "private/get-currency-networks", "code": 0, "result": result}


SIGNED_TWINS: Sequence[SignedTwin] = (
    SignedTwin(
        exchange="binance",
        setting="binance_url",
        check=query_check(
            "X-MBX-APIKEY",
            key=Refusal(401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}),
            time=Refusal(400, {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}),
            signature=Refusal(400, {"code": -1022, "msg": "Signature for this request is not valid."}),
        ),
        path="/sapi/v1/capital/config/getall",
        write=_binance,
        rights_path="/sapi/v1/account/apiRestrictions",
        write_rights=_binance_rights,
    ),
    SignedTwin(
        exchange="bingx",
        setting="bingx_url",
        check=query_check(
            "X-BX-APIKEY",
            key=Refusal(200, {"code": 100413, "msg": "Incorrect apiKey", "timestamp": 1779364918914}),
            time=Refusal(200, {"code": 100421, "msg": "timestamp is invalid", "timestamp": 1779364918914}),
            signature=Refusal(
                200, {"code": 100001, "msg": "Signature verification failed", "timestamp": 1779364918914}
            ),
        ),
        path="/openApi/wallets/v1/capital/config/getall",
        write=_bingx,
        rights_path="/openApi/v1/account/apiPermissions",
        write_rights=_bingx_rights,
    ),
    SignedTwin(
        exchange="bybit",
        setting="bybit_url",
        check=bybit_check,
        path="/v5/asset/coin/query-info",
        write=_bybit,
        rights_path="/v5/user/query-api",
        write_rights=_bybit_rights,
    ),
    SignedTwin(
        exchange="crypto-com",
        setting="cryptocom_url",
        check=crypto_com_check,
        path="/exchange/v1/private/get-currency-networks",
        write=_crypto_com,
        method="POST",
    ),
    SignedTwin(
        exchange="mexc",
        setting="mexc_url",
        check=query_check(
            "X-MEXC-APIKEY",
            key=Refusal(400, {"code": 10072, "msg": "Api key info invalid"}),
            time=Refusal(400, {"code": 700003, "msg": "Timestamp for this request is outside of the recvWindow."}),
            signature=Refusal(400, {"code": 700002, "msg": "Signature for this request is not valid."}),
        ),
        path="/api/v3/capital/config/getall",
        write=_mexc,
    ),
    SignedTwin(
        exchange="okx",
        setting="okx_url",
        check=okx_check,
        path="/api/v5/asset/currencies",
        write=_okx,
        rights_path="/api/v5/account/config",
        write_rights=_okx_rights,
    ),
)
