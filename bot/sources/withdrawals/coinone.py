"""Coinone: https://docs.coinone.co.kr/reference/currencies. A currency has one status, whatever its networks."""

from collections.abc import Iterator, Sequence

import msgspec

from bot.domain.withdrawal_reading import ALL_NETWORKS, WithdrawalState
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, rows_of, state_of

# Only “normal” was ever seen in an answer; “suspended” is assumed. Any other word is unknown, and closes nothing.
_STATES = {"normal": WithdrawalState.OPEN, "suspended": WithdrawalState.CLOSED}


class _CoinoneCurrency(msgspec.Struct):
    symbol: str
    withdraw_status: str


class _CoinoneBody(msgspec.Struct):
    error_code: str
    currencies: Sequence[msgspec.Raw] = ()


_BODY = msgspec.json.Decoder(_CoinoneBody)
_CURRENCY = msgspec.json.Decoder(_CoinoneCurrency)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.error_code, "0")
    for currency in rows_of(_CURRENCY, answer.currencies):
        yield WithdrawalRow(currency.symbol, ALL_NETWORKS, state_of(currency.withdraw_status, _STATES))


COINONE = WithdrawalAdapter(
    exchange="coinone",
    name="Coinone",
    setting="coinone_url",
    base="https://api.coinone.co.kr",
    path="/public/v2/currencies",
    parse=_parse,
)
