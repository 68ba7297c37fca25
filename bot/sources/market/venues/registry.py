"""The exchanges whose public tickers are read, and all of them asked at once.

Example: of sixteen exchanges Bybit is blocked from this host's region and HTX is off. The round has fifteen answers, of
which Bybit's has a fault; the gaps of the other fourteen are made of what they said within the same seconds.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.price_gap import VenueAnswer
from bot.ports.sources import Clock
from bot.sources.http import Http
from bot.sources.market.venues.binance import BINANCE_VENUE
from bot.sources.market.venues.bitfinex import BITFINEX_VENUE
from bot.sources.market.venues.bitget import BITGET_VENUE
from bot.sources.market.venues.bithumb import BITHUMB_VENUE
from bot.sources.market.venues.bitstamp import BITSTAMP_VENUE
from bot.sources.market.venues.bybit import BYBIT_VENUE
from bot.sources.market.venues.coinbase import COINBASE_VENUE
from bot.sources.market.venues.cryptocom import CRYPTOCOM_VENUE
from bot.sources.market.venues.gate import GATE_VENUE
from bot.sources.market.venues.gemini import GEMINI_VENUE
from bot.sources.market.venues.htx import HTX_VENUE
from bot.sources.market.venues.kraken import KRAKEN_VENUE
from bot.sources.market.venues.kucoin import KUCOIN_VENUE
from bot.sources.market.venues.mexc import MEXC_VENUE
from bot.sources.market.venues.okx import OKX_VENUE
from bot.sources.market.venues.upbit import UPBIT_VENUE
from bot.sources.market.venues.venue import VenueAdapter, ask_venue

VENUES = (
    BINANCE_VENUE,
    OKX_VENUE,
    BYBIT_VENUE,
    KRAKEN_VENUE,
    COINBASE_VENUE,
    KUCOIN_VENUE,
    GATE_VENUE,
    BITGET_VENUE,
    HTX_VENUE,
    MEXC_VENUE,
    BITFINEX_VENUE,
    BITSTAMP_VENUE,
    CRYPTOCOM_VENUE,
    GEMINI_VENUE,
    UPBIT_VENUE,
    BITHUMB_VENUE,
)


class Venues:
    """Their tickers over one `Http`; `addresses` by names of settings replace the vendors', None: not asked."""

    def __init__(self, http: Http, clock: Clock, addresses: Mapping[str, str | None]) -> None:
        self._http = http
        self._clock = clock
        bases = [(adapter, addresses.get(adapter.setting, adapter.base)) for adapter in VENUES]
        self._asked: Sequence[VenueAdapter] = [replace(adapter, base=base) for adapter, base in bases if base]
        self.names: Sequence[str] = tuple(adapter.name for adapter in self._asked)
        self.off: Sequence[str] = tuple(adapter.name for adapter, base in bases if not base)

    async def read(self) -> Sequence[VenueAnswer]:
        """Return what each says now; nothing is raised."""
        return await asyncio.gather(*(ask_venue(self._http, self._clock, adapter) for adapter in self._asked))
