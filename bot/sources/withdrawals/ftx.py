"""FTX: `GET /api/coins` as it was until November 2022, for the replay of its run; nobody answers there any more.

A coin had one flag, `canWithdraw`, for all networks in its `methods`. The fields are those of FTX's documentation, as
https://github.com/ccxt/ccxt/blob/2.2.50/js/ftx.js read them.
"""

from collections.abc import Iterator

import msgspec

from bot.domain.withdrawal_reading import ALL_NETWORKS
from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, rows_of, state_if


class _FtxCoin(msgspec.Struct, rename="camel"):
    id: str
    can_withdraw: bool
    fiat: bool = False
    methods: tuple[str, ...] = ()


class _FtxBody(msgspec.Struct):
    success: bool
    result: list[msgspec.Raw]


_BODY = msgspec.json.Decoder(_FtxBody)
_COIN = msgspec.json.Decoder(_FtxCoin)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.success, True)  # noqa: FBT003 -- the code of success
    for coin in rows_of(_COIN, answer.result):
        if not coin.fiat:
            for method in coin.methods or (ALL_NETWORKS,):
                yield WithdrawalRow(coin.id, method, state_if(coin.can_withdraw))


FTX = WithdrawalAdapter(
    exchange="ftx",
    name="FTX",
    setting="ftx_url",
    base="https://ftx.com",
    path="/api/coins",
    parse=_parse,
)
