"""HashKey Global: https://hashkeyglobal-apidoc.readme.io/reference/exchangeinfo.

A coin has a switch, and each of its chains one of its own; a withdrawal needs both.
"""

from collections.abc import Iterator, Sequence

import msgspec

from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, narrower, rows_of, state_if


class _HashkeyChain(msgspec.Struct, rename="camel"):
    chain_type: str
    allow_withdraw: bool


class _HashkeyCoin(msgspec.Struct, rename="camel"):
    coin_id: str
    allow_withdraw: bool
    chain_types: list[_HashkeyChain] | None = None


class _HashkeyBody(msgspec.Struct):
    coins: Sequence[msgspec.Raw]


_BODY = msgspec.json.Decoder(_HashkeyBody)
_COIN = msgspec.json.Decoder(_HashkeyCoin)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    for coin in rows_of(_COIN, _BODY.decode(body).coins):
        for chain in coin.chain_types or ():
            state = narrower(state_if(coin.allow_withdraw), state_if(chain.allow_withdraw))
            yield WithdrawalRow(coin.coin_id, chain.chain_type, state)


HASHKEY = WithdrawalAdapter(
    exchange="hashkey-global",
    name="HashKey Global",
    setting="hashkey_url",
    base="https://api-glb.hashkey.com",
    path="/api/v1/exchangeInfo",
    parse=_parse,
)
