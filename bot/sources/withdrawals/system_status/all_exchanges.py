"""Every system status that is read, one of each exchange that has one."""

from collections.abc import Sequence

from bot.sources.withdrawals.adapter import StatusAdapter
from bot.sources.withdrawals.system_status.binance import BINANCE_SYSTEM_STATUS
from bot.sources.withdrawals.system_status.bitfinex import BITFINEX_SYSTEM_STATUS
from bot.sources.withdrawals.system_status.bybit import BYBIT_SYSTEM_STATUS
from bot.sources.withdrawals.system_status.deribit import DERIBIT_SYSTEM_STATUS
from bot.sources.withdrawals.system_status.digifinex import DIGIFINEX_SYSTEM_STATUS
from bot.sources.withdrawals.system_status.htx import HTX_SYSTEM_STATUS
from bot.sources.withdrawals.system_status.kraken import KRAKEN_SYSTEM_STATUS
from bot.sources.withdrawals.system_status.kucoin import KUCOIN_SYSTEM_STATUS
from bot.sources.withdrawals.system_status.okx import OKX_SYSTEM_STATUS
from bot.sources.withdrawals.system_status.woo import WOO_SYSTEM_STATUS

SYSTEM_STATUS_ADAPTERS: Sequence[StatusAdapter] = (
    BINANCE_SYSTEM_STATUS,
    BITFINEX_SYSTEM_STATUS,
    BYBIT_SYSTEM_STATUS,
    DERIBIT_SYSTEM_STATUS,
    DIGIFINEX_SYSTEM_STATUS,
    HTX_SYSTEM_STATUS,
    KRAKEN_SYSTEM_STATUS,
    KUCOIN_SYSTEM_STATUS,
    OKX_SYSTEM_STATUS,
    WOO_SYSTEM_STATUS,
)
"""Keyless; of OKX, Bybit and Deribit it is all there is without a key."""
