"""What exchanges answer to a key, as their documentation and the docstrings of ccxt 4.5.90 have it."""

import json
from typing import Any

import pytest

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import WithdrawalState
from tests.sources.withdrawals.exchanges_with_keys import INTERFACES

OPEN, CLOSED = WithdrawalState.OPEN, WithdrawalState.CLOSED
MEXC_NETWORK = {
    "coin": "QANX",
    "depositDesc": None,
    "depositEnable": True,
    "minConfirm": "0",
    "name": "QANplatform",
    "withdrawFee": "42.000000000000000000",
    "withdrawIntegerMultiple": None,
    "sameAddress": False,
    "contract": "0xAAA7A10a8ee237ea61E8AC46C50A8Db8bCC1baaa",
}
# Verbatim values, shortened to the keys that matter and a few others; of ccxt unless an address is named.
NETWORKS: dict[str, tuple[Any, list[tuple[str, str, WithdrawalState]]]] = {
    "okx": (
        {
            "code": "0",
            "data": [
                {
                    "canDep": True,
                    "canWd": True,
                    "ccy": "USDT",
                    "chain": "USDT-TRC20",
                    "mainNet": False,
                    "minFee": "0.8",
                },
                {"canDep": True, "canWd": True, "ccy": "USDT", "chain": "USDT-ERC20", "mainNet": False, "minFee": "8"},
            ],
            "msg": "",
        },
        [("USDT", "TRC20", OPEN), ("USDT", "ERC20", OPEN)],
    ),
    "bybit": (
        {
            "retCode": 0,
            "retMsg": "",
            "result": {
                "rows": [
                    {
                        "name": "BTC",
                        "coin": "BTC",
                        "remainAmount": "150",
                        "chains": [
                            {
                                "chainType": "BTC",
                                "confirmation": "10000",
                                "withdrawFee": "0.0005",
                                "depositMin": "0.0005",
                                "withdrawMin": "0.001",
                                "chain": "BTC",
                                "chainDeposit": "1",
                                "chainWithdraw": "1",
                                "minAccuracy": "8",
                            }
                        ],
                    }
                ]
            },
            "retExtInfo": {},
            "time": 1672194582264,
        },
        [("BTC", "BTC", OPEN)],
    ),
    "mexc": (
        [
            {
                "coin": "QANX",
                "name": "QANplatform",
                "networkList": [
                    MEXC_NETWORK | {"network": "BEP20(BSC)", "withdrawEnable": False},
                    MEXC_NETWORK | {"network": "ERC20", "withdrawEnable": True},
                ],
            },
            # https://www.mexc.com/api-docs/spot-v3/wallet-endpoints#query-the-currency-information
            {
                "coin": "EOS",
                "Name": "EOS",
                "networkList": [{"coin": "EOS", "network": "EOS", "withdrawEnable": False, "netWork": "EOS"}],
            },
        ],
        [("QANX", "BEP20(BSC)", CLOSED), ("QANX", "ERC20", OPEN), ("EOS", "EOS", CLOSED)],
    ),
    "bingx": (
        {
            "code": "0",
            "timestamp": "1779364918914",
            "data": [
                {
                    "coin": "BTC",
                    "name": "BTC",
                    "networkList": [
                        {"name": "BTC", "network": "BTC", "withdrawEnable": True, "needTagOrMemo": "false"},
                        {"name": "BTC", "network": "BEP20", "withdrawEnable": True, "displayName": "BTCBEP20"},
                    ],
                }
            ],
        },
        [("BTC", "BTC", OPEN), ("BTC", "BEP20", OPEN)],
    ),
    "crypto-com": (
        {
            "id": "1747502328559",
            "method": "private/get-currency-networks",
            "code": "0",
            "result": {
                "update_time": "1747502281000",
                "currency_map": {
                    "USDT": {
                        "full_name": "Tether USD",
                        "default_network": "ETH",
                        "network_list": [
                            {"network_id": "ETH", "withdrawal_fee": "10.00000000", "withdraw_enabled": True},
                            {"network_id": "CRONOS", "withdrawal_fee": "0.18000000", "withdraw_enabled": True},
                        ],
                    }
                },
            },
        },
        [("USDT", "ETH", OPEN), ("USDT", "CRONOS", OPEN)],
    ),
    "binance": (
        [
            {
                "coin": "LINK",
                "depositAllEnable": True,
                "withdrawAllEnable": True,
                "name": "ChainLink",
                "free": "0",
                "isLegalMoney": False,
                "trading": True,
                "networkList": [
                    {"network": "BSC", "coin": "LINK", "withdrawEnable": False, "isDefault": False},
                    {"network": "ETH", "coin": "LINK", "withdrawEnable": True, "isDefault": True},
                ],
            }
        ],
        [("LINK", "BSC", CLOSED), ("LINK", "ETH", OPEN)],
    ),
}
# https://developers.binance.com/docs/wallet/account/api-key-permission
BINANCE_KEY = {
    "ipRestrict": False,
    "createTime": 1698645219000,
    "enableReading": True,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "enableMargin": False,
    "enableFutures": False,
    "permitsUniversalTransfer": False,
    "enableVanillaOptions": False,
    "enableFixApiTrade": False,
    "enableFixReadOnly": True,
    "enableSpotAndMarginTrading": False,
    "enablePortfolioMarginTrading": False,
}
# https://bybit-exchange.github.io/docs/v5/user/apikey-info
BYBIT_KEY = {
    "id": "13770661",
    "note": "readwrite api key",
    "apiKey": "XXXXXX",
    "readOnly": 0,
    "secret": "",
    "permissions": {
        "ContractTrade": ["Order", "Position"],
        "Spot": ["SpotTrade"],
        "Wallet": ["AccountTransfer", "SubMemberTransfer"],
        "Options": ["OptionsTrade"],
        "Derivatives": [],
        "NFT": [],
    },
    "ips": ["*"],
    "type": 1,
}


def okx(perm: str) -> object:
    return {"code": "0", "data": [{"uid": "1", "acctLv": "2", "perm": perm}], "msg": ""}


def bybit(**changes: object) -> object:
    return {"retCode": 0, "retMsg": "", "result": BYBIT_KEY | changes, "retExtInfo": {}, "time": 1697525990798}


def rights(exchange: str, body: object) -> tuple[str, ...]:
    adapter = INTERFACES[exchange].rights
    assert adapter
    return adapter.parse(json.dumps(body).encode())


@pytest.mark.parametrize("exchange", NETWORKS)
def test_an_answer_has_a_row_for_each_network(exchange: str) -> None:
    body, rows = NETWORKS[exchange]

    assert list(INTERFACES[exchange].networks.parse(json.dumps(body).encode())) == rows


@pytest.mark.parametrize(
    ("exchange", "body", "expected"),
    [
        ("binance", BINANCE_KEY, ()),
        ("binance", BINANCE_KEY | {"enableWithdrawals": True}, ("enableWithdrawals",)),
        ("binance", BINANCE_KEY | {"permitsUniversalTransfer": True}, ("permitsUniversalTransfer",)),
        ("binance", BINANCE_KEY | {"enableSomethingNew": True}, ("enableSomethingNew",)),
        ("bybit", bybit(readOnly=1), ()),
        (
            "bybit",
            bybit(),
            ("Order", "Position", "SpotTrade", "AccountTransfer", "SubMemberTransfer", "OptionsTrade"),
        ),
        ("bybit", bybit(permissions={"Spot": [], "Wallet": None}), ("write",)),
        ("okx", okx("read_only"), ()),
        ("okx", okx("read_only,trade"), ("trade",)),
        ("okx", okx("trade, withdraw"), ("trade", "withdraw")),
        ("okx", okx("something_new"), ("something_new",)),
        ("bingx", {"apiKey": "x", "permissions": [2], "ipAddresses": []}, ()),
        ("bingx", {"code": 0, "data": {"permissions": [2, 5]}}, ("withdraw",)),
        ("bingx", {"code": 0, "data": {"permissions": [2, 9]}}, ("right 9",)),
    ],
)
def test_what_a_key_may_do_besides_reading(exchange: str, body: object, expected: tuple[str, ...]) -> None:
    assert rights(exchange, body) == expected


@pytest.mark.parametrize(
    ("exchange", "body"),
    [
        ("binance", {}),
        ("binance", {name: on for name, on in BINANCE_KEY.items() if name != "enableWithdrawals"}),
        ("binance", BINANCE_KEY | {"enableFutures": "false"}),
        ("bybit", bybit(readOnly=2)),
        ("okx", okx("")),
        ("okx", okx("read_only,")),
        ("okx", {"code": "0", "data": [], "msg": ""}),
        ("bingx", {"code": 0, "data": {"permissions": []}}),
        ("bingx", {"code": 0, "msg": "", "data": None}),
    ],
)
def test_rights_that_are_not_told_as_documented_are_unknown(exchange: str, body: object) -> None:
    with pytest.raises(SourceError) as error:
        rights(exchange, body)
    assert error.value.fault in {SourceFault.BAD_SHAPE, SourceFault.EMPTY}


@pytest.mark.parametrize(
    ("exchange", "body", "fault", "detail"),
    [
        (
            "okx",
            {"code": "50119", "msg": "API key doesn't exist"},
            SourceFault.KEY_NOT_ACCEPTED,
            "code 50119: API key doesn't exist",
        ),
        (
            "okx",
            {"code": "50011", "msg": "Too Many Requests", "data": []},
            SourceFault.SERVER_ERROR,
            "code 50011: Too Many Requests",
        ),
        (
            "bybit",
            {"retCode": 33004, "retMsg": "apikey expired", "result": {}},
            SourceFault.KEY_NOT_ACCEPTED,
            "code 33004: apikey expired",
        ),
        (
            "bybit",
            {"retCode": 10006, "retMsg": "Too many visits!", "result": {}},
            SourceFault.SERVER_ERROR,
            "code 10006: Too many visits!",
        ),
        (
            "bingx",
            {"code": 100419, "msg": "IP does not match IP whitelist"},
            SourceFault.KEY_NOT_ACCEPTED,
            "code 100419: IP does not match IP whitelist",
        ),
        (
            "bingx",
            {"code": 100421, "msg": "Null timestamp or timestamp mismatch"},
            SourceFault.KEY_NOT_ACCEPTED,
            "code 100421: Null timestamp or timestamp mismatch",
        ),
        (
            "bingx",
            {"code": 100503, "msg": "Server busy"},
            SourceFault.SERVER_ERROR,
            "code 100503: Server busy",
        ),
        (
            "crypto-com",
            {"id": 1, "code": 10001, "message": "SYS_ERROR"},
            SourceFault.SERVER_ERROR,
            "code 10001: SYS_ERROR",
        ),
    ],
)
def test_a_refusal_with_http_200_has_the_exchanges_own_words(
    exchange: str, body: object, fault: SourceFault, detail: str
) -> None:
    """Only what is about the key is held against it; too many requests or a busy server are over soon."""
    with pytest.raises(SourceError) as error:
        list(INTERFACES[exchange].networks.parse(json.dumps(body).encode()))
    assert (error.value.fault, error.value.detail) == (fault, detail)
