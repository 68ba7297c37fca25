"""All sources of stablecoins' prices as one: a poll asks each of them at the same time, and none waits for another.

Example: DefiLlama has USDC at $0.952 and Kraken at $0.949, and Coinbase does not answer. The reading of USDC has both
prices, that of USDT those of DefiLlama and Kraken, and Coinbase's answer has a fault.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from typing_extensions import override

from bot.domain.errors import SourceError
from bot.domain.peg import PegQuote, PegReading, PegRound, PriceSourceAnswer
from bot.ports.pegs import PegSource
from bot.ports.sources import Clock
from bot.sources.failures import as_source_error
from bot.sources.http import Http
from bot.sources.market.binance import BINANCE_TICKERS
from bot.sources.market.coinbase import COINBASE_TICKERS
from bot.sources.market.kraken import KRAKEN_TICKERS
from bot.sources.market.stablecoins import Stablecoins
from bot.sources.market.tickers import TickerAdapter, TickerAnswer, ask_tickers, in_dollars

TICKERS = (KRAKEN_TICKERS, COINBASE_TICKERS, BINANCE_TICKERS)
PRICES, SUPPLIES = "DefiLlama prices", "DefiLlama stablecoins"


class StablecoinPrices(PegSource):
    """DefiLlama and the exchanges' tickers; `addresses` by the names of their settings replace the vendors', None: off.

    One that is off is not among the answers.
    """

    def __init__(
        self,
        http: Http,
        clock: Clock,
        *,
        supplies_url: str | None,
        prices_url: str | None,
        addresses: Mapping[str, str | None],
    ) -> None:
        self._http = http
        self._clock = clock
        self._stablecoins = Stablecoins(http, clock, supplies_url=supplies_url, prices_url=prices_url)
        self._supplies_answer = PriceSourceAnswer(SUPPLIES)
        self._tickers = [
            replace(adapter, base=base) for adapter in TICKERS if (base := _base(adapter, addresses)) is not None
        ]
        self.names: Sequence[str] = (
            *([SUPPLIES] if supplies_url else []),
            *([PRICES] if prices_url else []),
            *(adapter.name for adapter in self._tickers),
        )
        every = (SUPPLIES, PRICES, *(adapter.name for adapter in TICKERS))
        self.off: Sequence[str] = tuple(name for name in every if name not in self.names)

    @override
    async def read(self) -> PegRound:
        # First, for it says which coins there are; it is asked at every second poll only.
        supplies_answer = await self._ask_supplies()
        (index, prices_answer), tickers = await asyncio.gather(
            self._ask_prices(),
            asyncio.gather(*(ask_tickers(self._http, self._clock, adapter) for adapter in self._tickers)),
        )
        answers = [
            *([supplies_answer] if SUPPLIES in self.names else []),
            *([prices_answer] if PRICES in self.names else []),
            *(_as_answer(answer) for answer in tickers),
        ]
        return PegRound(self._readings(index, tickers), tuple(answers))

    async def _ask_supplies(self) -> PriceSourceAnswer:
        """Return how the list answered, or how it did the last time where it is not due."""
        if self._stablecoins.are_supplies_due():
            try:
                await self._stablecoins.fetch_supplies()
                self._supplies_answer = PriceSourceAnswer(SUPPLIES, detail=", ".join(self._stablecoins.known.doubted))
            except Exception as error:  # noqa: BLE001 -- whatever it is, the answer says it
                self._supplies_answer = _failed(SUPPLIES, as_source_error(error, SUPPLIES))
        return self._supplies_answer

    async def _ask_prices(self) -> tuple[Mapping[str, PegQuote], PriceSourceAnswer]:
        try:
            return await self._stablecoins.prices(), PriceSourceAnswer(PRICES)
        except Exception as error:  # noqa: BLE001 -- as above
            return {}, _failed(PRICES, as_source_error(error, PRICES))

    def _readings(self, index: Mapping[str, PegQuote], tickers: Sequence[TickerAnswer]) -> dict[str, PegReading]:
        """Return the reading of each coin of which any source says anything, all dated alike."""
        known, quotes, now = self._stablecoins.known, in_dollars(tickers), self._clock.now()
        readings = {
            symbol: PegReading(now, index.get(id_), tuple(quotes.get(symbol, ())), known.by_id.get(id_))
            for id_, symbol in known.symbols.items()
        }
        return {symbol: reading for symbol, reading in readings.items() if reading.quotes or reading.supply}


def _base(adapter: TickerAdapter, addresses: Mapping[str, str | None]) -> str | None:
    return addresses.get(adapter.setting, adapter.base)


def _as_answer(answer: TickerAnswer) -> PriceSourceAnswer:
    return PriceSourceAnswer(answer.name, answer.fault, answer.detail or ", ".join(answer.without))


def _failed(name: str, error: SourceError) -> PriceSourceAnswer:
    return PriceSourceAnswer(name, error.fault, error.detail)
