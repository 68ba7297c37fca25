"""Bitstamp: https://www.bitstamp.net/api/#tag/Market-info/operation/GetCurrencies.

A currency has a switch, and each of its networks one of its own; a withdrawal needs both.
"""

from collections.abc import Iterator

import msgspec

from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import RAW_ROWS, WithdrawalAdapter, WithdrawalRow, narrower, rows_of, state_of

# Only “Enabled” was ever seen in an answer; “Disabled” is assumed. Any other word is unknown, and closes nothing.
_STATES = {"Enabled": WithdrawalState.OPEN, "Disabled": WithdrawalState.CLOSED}


class _BitstampNetwork(msgspec.Struct):
    network: str
    withdrawal: str


class _BitstampCurrency(msgspec.Struct):
    currency: str
    withdrawal: str
    networks: list[_BitstampNetwork] | None = None


_CURRENCY = msgspec.json.Decoder(_BitstampCurrency)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    for currency in rows_of(_CURRENCY, RAW_ROWS.decode(body)):
        for network in currency.networks or ():
            state = narrower(state_of(currency.withdrawal, _STATES), state_of(network.withdrawal, _STATES))
            yield WithdrawalRow(currency.currency, network.network, state)


BITSTAMP = WithdrawalAdapter(
    exchange="bitstamp",
    name="Bitstamp",
    setting="bitstamp_url",
    base="https://www.bitstamp.net",
    path="/api/v2/currencies/",
    parse=_parse,
)
