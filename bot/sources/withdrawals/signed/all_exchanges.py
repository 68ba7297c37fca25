"""Every exchange that is read with a key, if an operator has one."""

from collections.abc import Sequence

from bot.sources.withdrawals.signed.binance import BINANCE_SIGNED
from bot.sources.withdrawals.signed.bingx import BINGX_SIGNED
from bot.sources.withdrawals.signed.bybit import BYBIT_SIGNED
from bot.sources.withdrawals.signed.crypto_com import CRYPTO_COM_SIGNED
from bot.sources.withdrawals.signed.interface import SignedInterface
from bot.sources.withdrawals.signed.mexc import MEXC_SIGNED
from bot.sources.withdrawals.signed.okx import OKX_SIGNED

SIGNED_INTERFACES: Sequence[SignedInterface] = (
    BINANCE_SIGNED,
    BINGX_SIGNED,
    BYBIT_SIGNED,
    CRYPTO_COM_SIGNED,
    MEXC_SIGNED,
    OKX_SIGNED,
)
"""Of Binance there is a keyless interface as well, which goes on where a key is not used."""
