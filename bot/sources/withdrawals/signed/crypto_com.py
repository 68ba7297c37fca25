"""Crypto.com with a key of the master account: all currencies. It does not tell what a key may do.

https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#private-get-currency-networks
"""

from collections.abc import Iterator

import msgspec

from bot.domain.withdrawal_reading import SourceStanding
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, named_rows_of, state_if
from bot.sources.withdrawals.signed.answers import check_accepted
from bot.sources.withdrawals.signed.interface import SignedInterface
from bot.sources.withdrawals.signing.crypto_com import sign_crypto_com

# Key or signature, time, address: https://exchange-docs.crypto.com/exchange/v1/rest-ws/index.html#response-and-reason-codes
_KEY_CODES = frozenset(("40101", "40102", "40103"))


class _CryptoComNetwork(msgspec.Struct):
    network_id: str
    withdraw_enabled: bool


class _CryptoComCurrency(msgspec.Struct):
    network_list: list[_CryptoComNetwork]


class _CryptoComResult(msgspec.Struct):
    currency_map: dict[str, msgspec.Raw] = {}


class _CryptoComAnswer(msgspec.Struct):
    code: int | str
    message: str = ""
    result: _CryptoComResult = msgspec.field(default_factory=_CryptoComResult)


_ANSWER, _CURRENCY = msgspec.json.Decoder(_CryptoComAnswer), msgspec.json.Decoder(_CryptoComCurrency)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _ANSWER.decode(body)
    check_accepted(answer.code, answer.message, _KEY_CODES)
    for symbol, currency in named_rows_of(_CURRENCY, answer.result.currency_map):
        for network in currency.network_list:
            yield WithdrawalRow(symbol, network.network_id, state_if(network.withdraw_enabled))


CRYPTO_COM_SIGNED = SignedInterface(
    "cryptocom",
    sign_crypto_com,
    WithdrawalAdapter(
        exchange="crypto-com",
        name="Crypto.com",
        setting="cryptocom_url",
        base="https://api.crypto.com",
        path="/exchange/v1/private/get-currency-networks",
        method="POST",
        standing=SourceStanding.KEY,
        parse=_parse,
    ),
)
