"""CoinEx: https://docs.coinex.com/api/v2/assets/deposit-withdrawal/http/list-all-deposit-withdrawal-config.

An asset has a switch, and each of its chains one of its own; a withdrawal needs both.
"""

from collections.abc import Iterator, Sequence

import msgspec

from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, narrower, rows_of, state_if


class _CoinexAsset(msgspec.Struct):
    ccy: str
    withdraw_enabled: bool


class _CoinexChain(msgspec.Struct):
    chain: str
    withdraw_enabled: bool


class _CoinexConfig(msgspec.Struct):
    asset: _CoinexAsset
    chains: list[_CoinexChain]


class _CoinexBody(msgspec.Struct):
    code: int
    data: Sequence[msgspec.Raw] = ()


_BODY = msgspec.json.Decoder(_CoinexBody)
_CONFIG = msgspec.json.Decoder(_CoinexConfig)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.code, 0)
    for config in rows_of(_CONFIG, answer.data):
        for chain in config.chains:
            state = narrower(state_if(config.asset.withdraw_enabled), state_if(chain.withdraw_enabled))
            yield WithdrawalRow(config.asset.ccy, chain.chain, state)


COINEX = WithdrawalAdapter(
    exchange="coinex",
    name="CoinEx",
    setting="coinex_url",
    base="https://api.coinex.com",
    path="/v2/assets/all-deposit-withdraw-config",
    parse=_parse,
)
