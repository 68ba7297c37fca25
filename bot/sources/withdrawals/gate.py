"""Gate: https://www.gate.com/docs/developers/apiv4/en/#query-all-currency-information, some 1.5 MB for 3,900 networks.

The coin's own `withdraw_disabled` is deprecated there, and of its main chain only: chains are read, and nothing else.
"""

from collections.abc import Iterator

import msgspec

from bot.domain.withdrawal_reading import WithdrawalState
from bot.sources.withdrawals.adapter import RAW_ROWS, WithdrawalAdapter, WithdrawalRow, rows_of, state_if


class _GateChain(msgspec.Struct):
    name: str
    withdraw_disabled: bool
    withdraw_delayed: bool


class _GateCoin(msgspec.Struct):
    currency: str
    delisted: bool
    chains: list[_GateChain] | None = None


_COIN = msgspec.json.Decoder(_GateCoin)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    for coin in rows_of(_COIN, RAW_ROWS.decode(body)):
        if not coin.delisted:
            for chain in coin.chains or ():
                yield WithdrawalRow(coin.currency, chain.name, _state(chain))


def _state(chain: _GateChain) -> WithdrawalState:
    if chain.withdraw_delayed and not chain.withdraw_disabled:
        return WithdrawalState.DELAYED
    return state_if(not chain.withdraw_disabled)


GATE = WithdrawalAdapter(
    exchange="gate",
    name="Gate",
    setting="gate_url",
    base="https://api.gateio.ws",
    path="/api/v4/spot/currencies",
    parse=_parse,
)
