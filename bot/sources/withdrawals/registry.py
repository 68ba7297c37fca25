"""Which exchanges have which withdrawal source, made from the settings.

Example: with `EXCHANGES=gate,okx` only Gate's and OKX's own interfaces are asked. With `BINANCE_WEB_URL=off` Binance's
undocumented web page is not, and Binance is known by what else it tells, if anything.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from bot.ports.sources import Clock
from bot.sources.http import Http
from bot.sources.withdrawals.adapter import ExchangeInterface, StatusAdapter, WithdrawalAdapter
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
from bot.sources.withdrawals.source import ExchangeWithdrawalSource
from bot.sources.withdrawals.upbit import UPBIT
from bot.sources.withdrawals.whitebit import WHITEBIT
from bot.sources.withdrawals.woo import WOO

_Interface = TypeVar("_Interface", bound=ExchangeInterface)

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


def withdrawal_sources(  # noqa: PLR0913 -- two collaborators, three settings, and what there is
    http: Http,
    clock: Clock,
    *,
    addresses: Mapping[str, str | None],
    interval: timedelta,
    exchanges: Collection[str] = (),
    adapters: Sequence[WithdrawalAdapter] = ADAPTERS,
    parts: Sequence[StatusAdapter] = (),
) -> tuple[ExchangeWithdrawalSource, ...]:
    """Return a source for each exchange that can be asked, in order of their ids.

    `addresses` are those of the settings by their names: None switches an interface off, and an interface whose setting
    is not among them keeps its own. `exchanges` are ids; none stands for all. Of several adapters of one exchange the
    first is asked: those with a key come before the others. `interval` is how often each exchange may be asked.
    """
    asked = list(_asked(adapters, addresses, exchanges))
    statuses = list(_asked(parts, addresses, exchanges))
    first_by_exchange = {adapter.exchange: adapter for adapter in reversed(asked)}
    return tuple(
        ExchangeWithdrawalSource(
            http,
            clock,
            first_by_exchange.get(exchange),
            parts=[part for part in statuses if part.exchange == exchange],
            interval=interval,
        )
        for exchange in sorted({interface.exchange for interface in (*asked, *statuses)})
    )


def _asked(
    interfaces: Sequence[_Interface], addresses: Mapping[str, str | None], exchanges: Collection[str]
) -> Iterator[_Interface]:
    """Yield the interfaces that are not switched off, each at the address that is set for it."""
    for interface in interfaces:
        base = addresses.get(interface.setting, interface.base)
        if base is not None and (not exchanges or interface.exchange in exchanges):
            yield replace(interface, base=base)
