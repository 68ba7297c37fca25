"""CEX.IO: https://trade.cex.io/docs/#rest-public-api-calls-currencies-info, asked with POST and an empty object.

A currency has one switch, whatever its networks.
"""

from collections.abc import Iterator, Sequence

import msgspec

from bot.domain.withdrawal_reading import ALL_NETWORKS
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, rows_of, state_if


class _CexioCurrency(msgspec.Struct, rename="camel"):
    currency: str
    wallet_withdrawal: bool
    fiat: bool


class _CexioBody(msgspec.Struct):
    ok: str
    data: Sequence[msgspec.Raw] = ()


_BODY = msgspec.json.Decoder(_CexioBody)
_CURRENCY = msgspec.json.Decoder(_CexioCurrency)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.ok, "ok")
    for currency in rows_of(_CURRENCY, answer.data):
        if not currency.fiat:
            yield WithdrawalRow(currency.currency, ALL_NETWORKS, state_if(currency.wallet_withdrawal))


CEXIO = WithdrawalAdapter(
    exchange="cex.io",
    name="CEX.IO",
    setting="cexio_url",
    base="https://trade.cex.io",
    path="/api/spot/rest-public/get_currencies_info",
    method="POST",
    content=b"{}",
    parse=_parse,
)
