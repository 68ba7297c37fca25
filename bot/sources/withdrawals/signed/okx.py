"""OKX with a key: a row for each chain of each currency ("USDT", "USDT-TRC20"), and the rights of the key.

- https://www.okx.com/docs-v5/en/#funding-account-rest-api-get-currencies
- https://www.okx.com/docs-v5/en/#trading-account-rest-api-get-account-configuration
"""

from collections.abc import Iterator

import msgspec

from bot.domain.errors import SourceError, SourceFault
from bot.domain.withdrawal_reading import SourceStanding
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, rows_of, state_if
from bot.sources.withdrawals.announcements import plain_title
from bot.sources.withdrawals.signed.answers import check_accepted
from bot.sources.withdrawals.signed.interface import Rights, RightsAdapter, SignedInterface
from bot.sources.withdrawals.signing.okx import sign_okx

# 50100 to 50121 are those of keys: https://www.okx.com/docs-v5/en/#error-code-rest-api
_KEY_CODES = frozenset(str(code) for code in range(50100, 50122))
_READING = "read_only"


class _OkxAnswer(msgspec.Struct):
    code: str
    msg: str = ""
    data: list[msgspec.Raw] = []


class _OkxChain(msgspec.Struct, rename="camel"):
    ccy: str
    chain: str
    can_wd: bool


class _OkxAccount(msgspec.Struct):
    perm: str


_ANSWER, _CHAIN = msgspec.json.Decoder(_OkxAnswer), msgspec.json.Decoder(_OkxChain)
_ACCOUNT = msgspec.json.Decoder(_OkxAccount)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    for row in rows_of(_CHAIN, _data(body)):
        if row.chain:  # that of a national currency, TRY, is empty
            yield WithdrawalRow(row.ccy, row.chain.removeprefix(f"{row.ccy}-"), state_if(row.can_wd))


def _rights(body: bytes) -> Rights:
    """Return what `"perm":"read_only,trade"` names beside reading; raise SourceError for none at all."""
    rights = [right.strip() for row in rows_of(_ACCOUNT, _data(body)) for right in row.perm.split(",")]
    if not all(rights):
        raise SourceError(SourceFault.BAD_SHAPE, "no rights of the key")
    return tuple(plain_title(right) for right in rights if right != _READING)


def _data(body: bytes) -> list[msgspec.Raw]:
    answer = _ANSWER.decode(body)
    check_accepted(answer.code, answer.msg, _KEY_CODES)
    return answer.data


OKX_SIGNED = SignedInterface(
    "okx",
    sign_okx,
    WithdrawalAdapter(
        exchange="okx",
        name="OKX",
        setting="okx_url",
        base="https://www.okx.com",
        path="/api/v5/asset/currencies",
        standing=SourceStanding.KEY,
        parse=_parse,
    ),
    RightsAdapter(
        exchange="okx",
        name="OKX",
        setting="okx_url",
        base="https://www.okx.com",
        path="/api/v5/account/config",
        parse=_rights,
    ),
)
