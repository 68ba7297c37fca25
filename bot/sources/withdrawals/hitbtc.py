"""HitBTC: https://api.hitbtc.com/#currencies. A coin has a switch, and each of its networks one of its own.

Networks are named by their protocol, which tells USDT over Omni from bitcoin ("network": "BTC" for both), and by the
network where a coin has a network of its own.
"""

from collections.abc import Iterator

import msgspec

from bot.sources.withdrawals.adapter import (
    RAW_ROWS_BY_NAME,
    WithdrawalAdapter,
    WithdrawalRow,
    named_rows_of,
    narrower,
    state_if,
)


class _HitbtcNetwork(msgspec.Struct):
    network: str
    protocol: str
    payout_enabled: bool


class _HitbtcCoin(msgspec.Struct):
    payout_enabled: bool
    delisted: bool
    networks: list[_HitbtcNetwork] | None = None


_COIN = msgspec.json.Decoder(_HitbtcCoin)


def _parse(body: bytes) -> Iterator[WithdrawalRow]:
    for symbol, coin in named_rows_of(_COIN, RAW_ROWS_BY_NAME.decode(body)):
        if not coin.delisted:
            for network in coin.networks or ():
                state = narrower(state_if(coin.payout_enabled), state_if(network.payout_enabled))
                yield WithdrawalRow(symbol, network.protocol or network.network, state)


HITBTC = WithdrawalAdapter(
    exchange="hitbtc",
    name="HitBTC",
    setting="hitbtc_url",
    base="https://api.hitbtc.com",
    path="/api/3/public/currency",
    parse=_parse,
)
