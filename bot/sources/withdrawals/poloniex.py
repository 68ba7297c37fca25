"""Poloniex: https://api-docs.poloniex.com/spot/api/public/reference-data#currencyv2-information."""

from collections.abc import Iterator

import msgspec

from bot.sources.withdrawals.adapter import RAW_ROWS, WithdrawalAdapter, WithdrawalRow, rows_of, state_if


class _PoloniexNetwork(msgspec.Struct, rename="camel"):
    blockchain: str
    withdrawal_enable: bool


class _PoloniexCoin(msgspec.Struct, rename="camel"):
    coin: str
    delisted: bool
    network_list: list[_PoloniexNetwork] | None = None


_COIN = msgspec.json.Decoder(_PoloniexCoin)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    for coin in rows_of(_COIN, RAW_ROWS.decode(body)):
        if not coin.delisted:
            for network in coin.network_list or ():
                yield WithdrawalRow(coin.coin, network.blockchain, state_if(network.withdrawal_enable))


POLONIEX = WithdrawalAdapter(
    exchange="poloniex",
    name="Poloniex",
    setting="poloniex_url",
    base="https://api.poloniex.com",
    path="/v2/currencies",
    parse=_parse,
)
