"""MEXC with a key: all coins. It does not tell what a key may do: `canWithdraw` of `/api/v3/account` is the account's.

https://www.mexc.com/api-docs/spot-v3/wallet-endpoints#query-the-currency-information
"""

from collections.abc import Iterator
from datetime import timedelta

from bot.domain.withdrawal_reading import SourceStanding
from bot.sources.withdrawals.adapter import RAW_ROWS, WithdrawalAdapter, WithdrawalRow
from bot.sources.withdrawals.signed.answers import rows_of_coins
from bot.sources.withdrawals.signed.interface import SignedInterface
from bot.sources.withdrawals.signing.signed_query import signed_query


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    return rows_of_coins(RAW_ROWS.decode(body))


MEXC_SIGNED = SignedInterface(
    "mexc",
    signed_query("X-MEXC-APIKEY", valid_for=timedelta(seconds=30)),
    WithdrawalAdapter(
        exchange="mexc",
        name="MEXC",
        setting="mexc_url",
        base="https://api.mexc.com",
        path="/api/v3/capital/config/getall",
        standing=SourceStanding.KEY,
        parse=_parse,
    ),
)
