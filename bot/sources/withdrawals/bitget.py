"""Bitget: https://www.bitget.com/api-doc/spot/market/Get-Coin-List. Its booleans are the words "true" and "false".

A chain that is `congested` takes longer: withdrawals over it are delayed.
"""

from collections.abc import Iterator, Sequence

import msgspec

from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, narrower, rows_of, state_of

_STATES = {"true": WithdrawalState.OPEN, "false": WithdrawalState.CLOSED}
_CONGESTIONS = {"normal": WithdrawalState.OPEN, "congested": WithdrawalState.DELAYED}


class _BitgetChain(msgspec.Struct):
    chain: str
    withdrawable: str
    congestion: str


class _BitgetCoin(msgspec.Struct):
    coin: str
    chains: list[_BitgetChain] | None = None


class _BitgetBody(msgspec.Struct):
    code: str
    data: Sequence[msgspec.Raw] = ()


_BODY = msgspec.json.Decoder(_BitgetBody)
_COIN = msgspec.json.Decoder(_BitgetCoin)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.code, "00000")
    for coin in rows_of(_COIN, answer.data):
        for chain in coin.chains or ():
            state = narrower(state_of(chain.withdrawable, _STATES), state_of(chain.congestion, _CONGESTIONS))
            yield WithdrawalRow(coin.coin, chain.chain, state)


BITGET = WithdrawalAdapter(
    exchange="bitget",
    name="Bitget",
    setting="bitget_url",
    base="https://api.bitget.com",
    path="/api/v2/spot/public/coins",
    parse=_parse,
)
