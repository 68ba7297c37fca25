"""DigiFinex: a row for each network, and one with the chain "" for a coin that has only one.

https://docs.digifinex.com/en-ww/spot/v3/rest.html#get-currency-deposit-and-withdrawal-information
"""

from collections.abc import Iterator, Sequence

import msgspec

from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, rows_of, state_of

_STATES = {1: WithdrawalState.OPEN, 0: WithdrawalState.CLOSED}


class _DigifinexNetwork(msgspec.Struct):
    currency: str
    chain: str
    withdraw_status: int


class _DigifinexBody(msgspec.Struct):
    code: int
    data: Sequence[msgspec.Raw] = ()


_BODY = msgspec.json.Decoder(_DigifinexBody)
_NETWORK = msgspec.json.Decoder(_DigifinexNetwork)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.code, 200)
    for network in rows_of(_NETWORK, answer.data):
        yield WithdrawalRow(network.currency, network.chain, state_of(network.withdraw_status, _STATES))


DIGIFINEX = WithdrawalAdapter(
    exchange="digifinex",
    name="DigiFinex",
    setting="digifinex_url",
    base="https://openapi.digifinex.com",
    path="/v3/currencies",
    parse=_parse,
)
