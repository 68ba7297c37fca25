"""Both things that prices are asked for as one source, so that one poller asks: pegs, and price gaps of exchanges.

Example: with PEGS=false only the exchanges are asked, and a round has their answers and no reading of a coin.
"""

import asyncio
from collections.abc import Sequence

from typing_extensions import override

from bot.domain.peg import PegRound
from bot.domain.price_gap import VenueAnswer
from bot.ports.pegs import PegSource
from bot.sources.market.venues.registry import Venues


class AllPrices(PegSource):
    """The sources of stablecoins' prices and the exchanges' public tickers; either may be None."""

    def __init__(self, pegs: PegSource | None, venues: Venues | None) -> None:
        self._pegs = pegs
        self._venues = venues
        self.names: Sequence[str] = pegs.names if pegs else ()
        self.off: Sequence[str] = pegs.off if pegs else ()
        self.venue_names: Sequence[str] = venues.names if venues else ()
        self.venues_off: Sequence[str] = venues.off if venues else ()

    @override
    async def read(self) -> PegRound:
        told, venues = await asyncio.gather(self._read_pegs(), self._read_venues())
        return PegRound(told.readings, told.answers, tuple(venues))

    async def _read_pegs(self) -> PegRound:
        return await self._pegs.read() if self._pegs else PegRound({}, ())

    async def _read_venues(self) -> Sequence[VenueAnswer]:
        return await self._venues.read() if self._venues else ()
