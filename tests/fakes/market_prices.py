"""A source of stablecoins' prices that says what a test tells it, and a store of pegs on a dictionary."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from typing_extensions import override

from bot.domain.errors import SourceFault, StorageError
from bot.domain.peg import CoinPeg, PegQuote, PegReading, PegRound, PriceSourceAnswer
from bot.domain.price_gap import ExchangeGaps, VenueAnswer, VenueQuote
from bot.ports.pegs import PegRecords, PegSource, PriceGapRecords
from bot.ports.sources import Clock

INDEX, KRAKEN, BINANCE = "DefiLlama prices", "Kraken", "Binance"


@dataclass
class PricesByHand(PegSource):
    """Every source says the same `usd` of each coin, but for what `by_source` has; those in `silent` do not answer."""

    clock: Clock
    usd: dict[str, float] = field(default_factory=lambda: {"USDC": 1.0, "USDT": 1.0})
    by_source: dict[str, dict[str, float]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    names: Sequence[str] = (INDEX, KRAKEN, BINANCE)
    venue_names: Sequence[str] = ()
    venues_off: Sequence[str] = ()
    btc: dict[str, float] = field(default_factory=dict)
    """What BTC and ETH cost at exchanges where that is not 60,000, by their names in small letters."""
    asked: int = 0

    @override
    async def read(self) -> PegRound:
        self.asked += 1
        now = self.clock.now()
        answering = [name for name in self.names if name not in self.silent]
        readings = {
            asset: PegReading(
                now,
                PegQuote("DefiLlama", self._usd(INDEX, asset), now) if INDEX in answering else None,
                tuple(PegQuote(name, self._usd(name, asset), now) for name in answering if name != INDEX),
            )
            for asset in self.usd
            if answering
        }
        faults = {name: SourceFault.TIMEOUT if name in self.silent else None for name in self.names}
        answers = tuple(PriceSourceAnswer(name, fault) for name, fault in faults.items())
        return PegRound(readings, answers, tuple(map(self._venue, self.venue_names)))

    def _venue(self, name: str) -> VenueAnswer:
        exchange = name.lower()
        if name in self.silent:
            return VenueAnswer(exchange, name, fault=SourceFault.TIMEOUT)
        price = self.btc.get(exchange, 60_000.0)
        return VenueAnswer(
            exchange, name, tuple(VenueQuote(exchange, asset, "USDT", price) for asset in ("BTC", "ETH"))
        )

    def _usd(self, source: str, asset: str) -> float:
        return self.by_source.get(source, {}).get(asset, self.usd[asset])


@dataclass
class MemoryPegs(PegRecords):
    """What is kept of pegs; `away` makes saving fail."""

    away: bool = False
    kept: dict[str, CoinPeg] = field(default_factory=dict)

    @override
    async def save(self, coins: Sequence[CoinPeg]) -> None:
        if self.away:
            raise StorageError("The store is away.")
        self.kept.update({coin.asset: coin for coin in coins})

    @override
    async def all(self) -> Mapping[str, CoinPeg]:
        return dict(self.kept)


@dataclass
class MemoryPriceGaps(PriceGapRecords):
    """What is kept of price gaps."""

    kept: dict[str, ExchangeGaps] = field(default_factory=dict)

    @override
    async def save(self, gaps: Sequence[ExchangeGaps]) -> None:
        self.kept.update({told.exchange: told for told in gaps})

    @override
    async def all(self) -> Mapping[str, ExchangeGaps]:
        return dict(self.kept)
