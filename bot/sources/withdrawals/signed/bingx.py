"""BingX with a key: all coins, and the rights of the key, which are numbers.

- https://bingx-api.github.io/docs-v3/#/en/Account%20and%20Wallet/Wallet%20Deposits%20and%20Withdrawals
- https://bingx-api.github.io/docs-v3/#/en/Account%20and%20Wallet/Sub-account%20Management
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import SourceStanding
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow
from bot.sources.withdrawals.signed.answers import check_accepted, rows_of_coins
from bot.sources.withdrawals.signed.interface import Rights, RightsAdapter, SignedInterface
from bot.sources.withdrawals.signing.signed_query import signed_query

# Signature, right, key, address: https://bingx-api.github.io/docs/#/en-us/spot/introduce
_KEY_CODES = frozenset(("100001", "100004", "100413", "100419"))
_READING = 2
_RIGHTS: Mapping[int, str] = {
    1: "spot trading",
    3: "perpetual futures trading",
    4: "universal transfer",
    5: "withdraw",
    7: "transfer between sub-accounts",
}


class _BingxCoins(msgspec.Struct):
    code: int | str
    msg: str = ""
    data: list[msgspec.Raw] = []


class _BingxPermissions(msgspec.Struct):
    permissions: list[int] = []


class _BingxKey(msgspec.Struct):
    """The rights stand in `data` or, as the documentation's example has it, at the top."""

    code: int | str = 0
    msg: str = ""
    data: _BingxPermissions | None = None
    permissions: list[int] = []


_COINS_DECODER, _KEY = msgspec.json.Decoder(_BingxCoins), msgspec.json.Decoder(_BingxKey)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _COINS_DECODER.decode(body)
    check_accepted(answer.code, answer.msg, _KEY_CODES)
    return rows_of_coins(answer.data)


def _rights(body: bytes) -> Rights:
    answer = _KEY.decode(body)
    check_accepted(answer.code, answer.msg, _KEY_CODES)
    numbers = answer.data.permissions if answer.data else answer.permissions
    if _READING not in numbers:
        raise SourceError(SourceFault.BAD_SHAPE, "the key may not even read, by its rights")
    return tuple(_RIGHTS.get(number, f"right {number}") for number in numbers if number != _READING)


BINGX_SIGNED = SignedInterface(
    "bingx",
    signed_query("X-BX-APIKEY", valid_for=timedelta(seconds=5)),  # which is as long as BingX allows
    WithdrawalAdapter(
        exchange="bingx",
        name="BingX",
        setting="bingx_url",
        base="https://open-api.bingx.com",
        path="/openApi/wallets/v1/capital/config/getall",
        standing=SourceStanding.KEY,
        parse=_parse,
    ),
    RightsAdapter(
        exchange="bingx",
        name="BingX",
        setting="bingx_url",
        base="https://open-api.bingx.com",
        path="/openApi/v1/account/apiPermissions",
        parse=_rights,
    ),
)
