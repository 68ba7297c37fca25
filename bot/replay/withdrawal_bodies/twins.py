"""All twins: every address that the withdrawal sources ask, once each."""

from collections.abc import Sequence

from bot.replay.withdrawal_bodies.binance_web import BINANCE_WEB_TWIN
from bot.replay.withdrawal_bodies.bitfinex import BITFINEX_TWIN
from bot.replay.withdrawal_bodies.bitget import BITGET_TWIN
from bot.replay.withdrawal_bodies.bithumb import BITHUMB_TWIN
from bot.replay.withdrawal_bodies.bitmart import BITMART_TWIN
from bot.replay.withdrawal_bodies.bitstamp import BITSTAMP_TWIN
from bot.replay.withdrawal_bodies.bitvavo import BITVAVO_TWIN
from bot.replay.withdrawal_bodies.cexio import CEXIO_TWIN
from bot.replay.withdrawal_bodies.coinbase import COINBASE_TWIN
from bot.replay.withdrawal_bodies.coinex import COINEX_TWIN
from bot.replay.withdrawal_bodies.coinone import COINONE_TWIN
from bot.replay.withdrawal_bodies.digifinex import DIGIFINEX_TWIN
from bot.replay.withdrawal_bodies.gate import GATE_TWIN
from bot.replay.withdrawal_bodies.hashkey import HASHKEY_TWIN
from bot.replay.withdrawal_bodies.hitbtc import HITBTC_TWIN
from bot.replay.withdrawal_bodies.htx import HTX_TWIN
from bot.replay.withdrawal_bodies.kraken import KRAKEN_TWIN
from bot.replay.withdrawal_bodies.kucoin import KUCOIN_TWIN
from bot.replay.withdrawal_bodies.lbank import LBANK_TWIN
from bot.replay.withdrawal_bodies.poloniex import POLONIEX_TWIN
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin
from bot.replay.withdrawal_bodies.upbit import UPBIT_TWIN
from bot.replay.withdrawal_bodies.whitebit import WHITEBIT_TWIN
from bot.replay.withdrawal_bodies.woo import WOO_TWIN

TWINS: Sequence[WithdrawalTwin] = (
    BINANCE_WEB_TWIN,
    BITFINEX_TWIN,
    BITGET_TWIN,
    BITHUMB_TWIN,
    BITMART_TWIN,
    BITSTAMP_TWIN,
    BITVAVO_TWIN,
    CEXIO_TWIN,
    COINBASE_TWIN,
    COINEX_TWIN,
    COINONE_TWIN,
    DIGIFINEX_TWIN,
    GATE_TWIN,
    HASHKEY_TWIN,
    HITBTC_TWIN,
    HTX_TWIN,
    KRAKEN_TWIN,
    KUCOIN_TWIN,
    LBANK_TWIN,
    POLONIEX_TWIN,
    UPBIT_TWIN,
    WHITEBIT_TWIN,
    WOO_TWIN,
)
