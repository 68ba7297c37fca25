"""Coinbase Exchange: https://docs.cdp.coinbase.com/exchange/reference/exchangerestapi_getcurrencies.

Deposits and withdrawals have one status between them: a network that is offline takes neither.
"""

from collections.abc import Iterator

import msgspec

from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import RAW_ROWS, WithdrawalAdapter, WithdrawalRow, narrower, rows_of, state_of

# Only “online” was ever seen in an answer; “offline” is assumed. Any other word is unknown, and closes nothing.
_STATES = {"online": WithdrawalState.OPEN, "offline": WithdrawalState.CLOSED}
_DELISTED = "delisted"


class _CoinbaseNetwork(msgspec.Struct):
    id: str
    status: str


class _CoinbaseCurrency(msgspec.Struct):
    id: str
    status: str
    supported_networks: list[_CoinbaseNetwork] | None = None


_CURRENCY = msgspec.json.Decoder(_CoinbaseCurrency)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    for currency in rows_of(_CURRENCY, RAW_ROWS.decode(body)):
        if currency.status != _DELISTED:
            for network in currency.supported_networks or ():
                state = narrower(state_of(currency.status, _STATES), state_of(network.status, _STATES))
                yield WithdrawalRow(currency.id, network.id, state)


COINBASE = WithdrawalAdapter(
    exchange="coinbase",
    name="Coinbase",
    setting="coinbase_url",
    base="https://api.exchange.coinbase.com",
    path="/currencies",
    parse=_parse,
)
