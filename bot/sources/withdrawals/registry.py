"""Which exchanges have which withdrawal source, made from the settings.

Example: with `EXCHANGES=gate,okx` only Gate's and OKX's own interfaces are asked. With `BINANCE_WEB_URL=-` Binance's
undocumented web page is not, and what is left of Binance is its system status. `WITHDRAWALS=false` asks nobody.
"""

from collections.abc import Sequence

from bot.sources.withdrawals.adapter import WithdrawalAdapter
from bot.sources.withdrawals.binance_web import BINANCE_WEB
from bot.sources.withdrawals.bitfinex import BITFINEX
from bot.sources.withdrawals.bitget import BITGET
from bot.sources.withdrawals.bithumb import BITHUMB
from bot.sources.withdrawals.bitmart import BITMART
from bot.sources.withdrawals.bitstamp import BITSTAMP
from bot.sources.withdrawals.bitvavo import BITVAVO
from bot.sources.withdrawals.cexio import CEXIO
from bot.sources.withdrawals.coinbase import COINBASE
from bot.sources.withdrawals.coinex import COINEX
from bot.sources.withdrawals.coinone import COINONE
from bot.sources.withdrawals.digifinex import DIGIFINEX
from bot.sources.withdrawals.gate import GATE
from bot.sources.withdrawals.hashkey import HASHKEY
from bot.sources.withdrawals.hitbtc import HITBTC
from bot.sources.withdrawals.htx import HTX
from bot.sources.withdrawals.kraken import KRAKEN
from bot.sources.withdrawals.kucoin import KUCOIN
from bot.sources.withdrawals.lbank import LBANK
from bot.sources.withdrawals.poloniex import POLONIEX
from bot.sources.withdrawals.upbit import UPBIT
from bot.sources.withdrawals.whitebit import WHITEBIT
from bot.sources.withdrawals.woo import WOO

ADAPTERS: Sequence[WithdrawalAdapter] = (
    BINANCE_WEB,
    BITFINEX,
    BITGET,
    BITHUMB,
    BITMART,
    BITSTAMP,
    BITVAVO,
    CEXIO,
    COINBASE,
    COINEX,
    COINONE,
    DIGIFINEX,
    GATE,
    HASHKEY,
    HITBTC,
    HTX,
    KRAKEN,
    KUCOIN,
    LBANK,
    POLONIEX,
    UPBIT,
    WHITEBIT,
    WOO,
)
"""Keyless interfaces that tell networks or assets, one of each exchange."""
