"""Asks the sources of prices, and has what they said stored, shown and judged: pegs, and price gaps of exchanges.

Example with an interval of 5 min: at 12:00 DefiLlama, Kraken, Coinbase and Binance are asked. USDC is below its dollar
at two of them, which the polls of 12:05, 12:10 and 12:15 say again: with the last of them an incident opens. The polls
of the last hour are stored, so that a restart at 12:12 makes it no later.

A poll that brings nothing is judged as well: it makes what is known older.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.detection.venue_medians import gaps_of
from bot.domain.errors import StorageError
from bot.domain.obstacles import JobState
from bot.domain.peg import CoinPeg, PegRound, with_reading
from bot.domain.price_gap import ExchangeGaps, GapReading, with_gaps
from bot.domain.reading import SourceHealth
from bot.monitoring.source_health import SourceHealthRecord
from bot.ports.meter import Meter
from bot.ports.pegs import PegRecords, PegSource, PriceGapRecords
from bot.ports.readings import Readings
from bot.ports.sources import Clock

log = structlog.get_logger()

HEALTH_NAME = "prices"
"""The health of every source is kept under it: `prices/Kraken`."""
VENUES_NAME = "tickers"
"""The same of exchanges whose prices are compared: `tickers/Kraken`."""
_HEALTH_LASTS = timedelta(hours=1)  # when a source last answered is kept with what it said
_FORGOTTEN_AFTER = timedelta(days=7)
"""A coin that no source has told for so long is not watched any more."""


class PegPoller:
    """Polls the sources together, at most every `interval`; with `source` None there is nothing to do.

    It calls `on_round` with what is known of the coins that a poll told, so that they are judged, `on_gaps` with what
    is known of the exchanges, and `on_health` with a source's health before and now.
    Every `turn`, by the loop's time, it looks whether it is time to ask.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        source: PegSource | None,
        *,
        records: PegRecords,
        gap_records: PriceGapRecords,
        readings: Readings,
        clock: Clock,
        meter: Meter,
        interval: timedelta,
        on_round: Callable[[Sequence[CoinPeg]], Awaitable[None]],
        on_gaps: Callable[[Sequence[ExchangeGaps]], Awaitable[None]],
        on_health: Callable[[SourceHealth, SourceHealth], Awaitable[None]],
        turn: timedelta,
    ) -> None:
        self._source = source
        self._records = records
        self._gap_records = gap_records
        self._health, self._venue_health = (
            SourceHealthRecord(
                name,
                readings=readings,
                clock=clock,
                meter=meter,
                on_health=on_health,
                success_lasts=_HEALTH_LASTS,
            )
            for name in (HEALTH_NAME, VENUES_NAME)
        )
        self._clock = clock
        self._interval = interval
        self._on_round = on_round
        self._on_gaps = on_gaps
        self._turn = turn
        self._ended_s: float | None = None  # on the loop's time
        self._crash = ""
        self._is_store_away = False
        self._known: dict[str, CoinPeg] = {}
        self._asked_at: datetime | None = None
        self._untold: set[str] = set()  # coins that are not stored and judged yet as they are known
        self._known_gaps: dict[str, ExchangeGaps] = {}
        self._untold_gaps: set[str] = set()  # the same of exchanges
        self.polls = 0

    @property
    def names(self) -> Sequence[str]:
        """Return the names of the sources that are asked."""
        return self._source.names if self._source else ()

    @property
    def off(self) -> Sequence[str]:
        """Return the names of those that a setting has switched off."""
        return self._source.off if self._source else ()

    @property
    def venue_names(self) -> Sequence[str]:
        """Return the names of the exchanges whose prices are compared."""
        return self._source.venue_names if self._source else ()

    @property
    def venues_off(self) -> Sequence[str]:
        """Return the names of those that a setting has switched off."""
        return self._source.venues_off if self._source else ()

    async def restore(self) -> None:
        """Take over what is stored, after a start or from another worker; raise StorageError."""
        await self._health.restore()
        await self._venue_health.restore()
        now = self._clock.now()
        stored = await self._records.all()
        self._known = {asset: coin for asset, coin in stored.items() if now - coin.newest.at < _FORGOTTEN_AFTER}
        # Whoever judges begins with what the last one knew.
        self._untold = set(self._known)
        # A program that starts again and again asks nobody more often for it.
        stored_gaps = await self._gap_records.all()
        self._known_gaps = {name: told for name, told in stored_gaps.items() if now - told.newest.at < _FORGOTTEN_AFTER}
        self._untold_gaps = set(self._known_gaps)
        newest = (*(coin.newest.at for coin in self._known.values()), *self._gap_times())
        self._asked_at = max(newest, default=None)
        await self._health.show()
        await self._venue_health.show()

    def time_corrected(self) -> None:
        """Ask and judge anew: what is known was dated by a clock that was wrong."""
        self._asked_at = None
        self._untold = set(self._known)
        self._untold_gaps = set(self._known_gaps)

    def _gap_times(self) -> Sequence[datetime]:
        return [told.newest.at for told in self._known_gaps.values()]

    def state(self) -> JobState | None:
        """Return how asking and judging goes, None where this worker has not begun with it."""
        if self._ended_s is None:
            return None
        ended_ago = timedelta(seconds=asyncio.get_running_loop().time() - self._ended_s)
        return JobState("read prices", self._interval, ended_ago, self._crash)

    async def serve(self) -> None:
        """Ask whenever it is time, until cancelled."""
        try:
            while self._source:
                self._crash = await self._try_to_poll()
                self._ended_s = asyncio.get_running_loop().time()
                await asyncio.sleep(self._turn.total_seconds())
        finally:
            self._ended_s = None

    async def _try_to_poll(self) -> str:
        """Return the name of an exception that nobody foresaw, "" for none."""
        try:
            await self.poll_when_due()
        except StorageError as error:  # or another worker is the poller now
            # Said when it begins: there is a turn every few seconds.
            write = log.debug if self._is_store_away else log.warning
            write("prices not stored or judged", error=str(error))
            self._is_store_away = True
            return ""
        except Exception as crash:
            log.exception("prices could not be judged")  # the next turn tries again
            return type(crash).__name__
        self._is_store_away = False
        return ""

    async def poll_when_due(self) -> None:
        """Ask if it is time, and have what was said stored and judged; raise StorageError, and try again later."""
        if self._source is None:
            return
        now = self._clock.now()
        # Where the clock was set back, how long it was is not known any more.
        is_due = self._asked_at is None or not timedelta() <= now - self._asked_at < self._interval
        if is_due:
            self._asked_at = now
            told = await self._source.read()
            await self._take_in(told)
            await self._take_in_venues(told, now)
        if is_due or self._untold or self._untold_gaps:
            coins = [self._known[asset] for asset in sorted(self._untold)]
            await self._records.save(coins)
            await self._on_round(coins)
            self._untold.clear()
            gaps = [self._known_gaps[exchange] for exchange in sorted(self._untold_gaps)]
            await self._gap_records.save(gaps)
            await self._on_gaps(gaps)
            self._untold_gaps.clear()
            self.polls += 1

    async def _take_in(self, told: PegRound) -> None:
        for asset, reading in told.readings.items():
            self._known[asset] = with_reading(self._known.get(asset), asset, reading)
            self._untold.add(asset)
        for answer in told.answers:
            await self._health.body_asked(answer.name, answer.fault, answer.detail)

    async def _take_in_venues(self, told: PegRound, at: datetime) -> None:
        """Compare the exchanges' prices with each other, as of when they were asked."""
        names = {answer.exchange: answer.name for answer in told.venues}
        for exchange, gaps in gaps_of(told.venues).items():
            known = self._known_gaps.get(exchange)
            self._known_gaps[exchange] = with_gaps(known, exchange, names[exchange], GapReading(at, gaps))
            self._untold_gaps.add(exchange)
        for answer in told.venues:
            await self._venue_health.body_asked(answer.name, answer.fault, answer.detail)
