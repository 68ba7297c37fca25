"""BitMart: https://developer-pro.bitmart.com/en/spot/#get-currencies, a row for each network.

An asset on more than one network has the network in its name: "USDT-TRC20" is USDT over TRC20.
"""

from collections.abc import Iterator, Sequence

import msgspec

from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, rows_of, state_if


class _BitmartCurrency(msgspec.Struct):
    currency: str
    network: str
    withdraw_enabled: bool


class _BitmartCurrencies(msgspec.Struct):
    currencies: Sequence[msgspec.Raw] = ()


class _BitmartBody(msgspec.Struct):
    code: int
    data: _BitmartCurrencies = msgspec.field(default_factory=_BitmartCurrencies)


_BODY = msgspec.json.Decoder(_BitmartBody)
_CURRENCY = msgspec.json.Decoder(_BitmartCurrency)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.code, 1000)
    for row in rows_of(_CURRENCY, answer.data.currencies):
        yield WithdrawalRow(row.currency.partition("-")[0], row.network, state_if(row.withdraw_enabled))


BITMART = WithdrawalAdapter(
    exchange="bitmart",
    name="BitMart",
    setting="bitmart_url",
    base="https://api-cloud.bitmart.com",
    path="/account/v1/currencies",
    parse=_parse,
)
