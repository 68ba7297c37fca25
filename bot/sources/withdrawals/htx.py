"""HTX: https://huobiapi.github.io/docs/spot/v1/en/#apiv2-currency-amp-chains.

A chain's `displayName` may be empty, as for USDT in the documentation; its protocol ("TRC20") names it then.
"""

from collections.abc import Iterator, Sequence

import msgspec

from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, rows_of, state_of

_STATES = {"allowed": WithdrawalState.OPEN, "prohibited": WithdrawalState.CLOSED}
_DELISTED = "delisted"
_LISTED = "normal"


class _HtxChain(msgspec.Struct, rename="camel"):
    chain: str
    display_name: str
    withdraw_status: str
    base_chain_protocol: str | None = None  # absent for most coins with a chain of their own


class _HtxCoin(msgspec.Struct, rename="camel"):
    currency: str
    inst_status: str
    chains: list[_HtxChain] | None = None


class _HtxBody(msgspec.Struct):
    code: int
    data: Sequence[msgspec.Raw] = ()


_BODY = msgspec.json.Decoder(_HtxBody)
_COIN = msgspec.json.Decoder(_HtxCoin)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.code, 200)
    for coin in rows_of(_COIN, answer.data):
        if coin.inst_status != _DELISTED:
            for chain in coin.chains or ():
                network = chain.display_name or chain.base_chain_protocol or chain.chain
                yield WithdrawalRow(coin.currency, network, _state(coin, chain))


def _state(coin: _HtxCoin, chain: _HtxChain) -> WithdrawalState:
    return state_of(chain.withdraw_status, _STATES) if coin.inst_status == _LISTED else WithdrawalState.UNKNOWN


HTX = WithdrawalAdapter(
    exchange="htx",
    name="HTX",
    setting="htx_url",
    base="https://api.huobi.pro",
    path="/v2/reference/currencies",
    parse=_parse,
)
