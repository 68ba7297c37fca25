"""KuCoin: https://www.kucoin.com/docs-new/rest/spot-trading/market-data/get-all-currencies."""

from collections.abc import Iterator, Sequence

import msgspec

from bot.sources.withdrawals.adapter import WithdrawalAdapter, WithdrawalRow, check_code, rows_of, state_if


class _KucoinChain(msgspec.Struct, rename="camel"):
    chain_name: str
    is_withdraw_enabled: bool


class _KucoinCoin(msgspec.Struct):
    currency: str
    chains: list[_KucoinChain] | None = None  # null for coins that only exist inside KuCoin


class _KucoinBody(msgspec.Struct):
    code: str
    data: Sequence[msgspec.Raw] = ()


_BODY = msgspec.json.Decoder(_KucoinBody)
_COIN = msgspec.json.Decoder(_KucoinCoin)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    answer = _BODY.decode(body)
    check_code(answer.code, "200000")
    for coin in rows_of(_COIN, answer.data):
        for chain in coin.chains or ():
            yield WithdrawalRow(coin.currency, chain.chain_name, state_if(chain.is_withdraw_enabled))


KUCOIN = WithdrawalAdapter(
    exchange="kucoin",
    name="KuCoin",
    setting="kucoin_url",
    base="https://api.kucoin.com",
    path="/api/v3/currencies",
    parse=_parse,
)
