"""Puts together what one look at an exchange needs, from the store, without holding the loop."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.alerting.round import elevated_spans
from bot.detection.engine import SOURCE_FIGURES_MAX_AGE, rounds, signal_at_newest, states_after_new_readings
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.baseline import MAX_DAYS
from bot.detection.flow.computation import ColumnComputation
from bot.detection.flow.windows import base_limit
from bot.detection.guards.market_moves import LastMove, MarketMoves
from bot.detection.outflow import WINDOWS
from bot.domain.exchange import Exchange, Listing
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot, IncidentSpan
from bot.domain.suppression import Suppression
from bot.ports.incidents import Incidents
from bot.ports.readings import Readings
from bot.ports.sources import Clock
from bot.ports.workers import Suppressions

_REMEMBERED = 30  # incidents of one exchange in 90 days: more would be a fault of the thresholds
_PAST = timedelta(days=MAX_DAYS + 1)
_AT_ONCE = 8  # readings that one look needs: two, and one for each window
_LAST_TWO = slice(-2, None)  # what the next step and the next look need; windows start from what the store has kept


@dataclass(frozen=True, slots=True)
class _Context:
    """What stands beside the readings: the source's rows, and what an operator withholds, by exchange."""

    listings: Mapping[str, Listing]
    holds: Mapping[str, Suppression]


class SnapshotBuilder:
    """Makes Outlooks.

    The case of every exchange is remembered without its readings, so that a look reads only what is new; after a
    restart, or when it is forgotten, it is made anew from everything the store has of the last 91 days.
    """

    def __init__(
        self,
        readings: Readings,
        clock: Clock,
        incidents: Incidents,
        *,
        holds: Suppressions | None = None,
        opinion_age: timedelta = SOURCE_FIGURES_MAX_AGE,
    ) -> None:
        self._readings = readings
        self._clock = clock
        self._incidents = incidents
        self._holds = holds
        self._opinion_age = opinion_age
        self._cases: dict[str, ExchangeState] = {}
        self._market = MarketMoves()
        self._spells: dict[str, tuple[IncidentSpan, ...]] = {}

    async def snapshot(self, exchange: Exchange) -> ExchangeSnapshot:
        """Return what the store knows of an exchange; raise StorageError.

        A reading that was not judged yet is looked at with what is known of other exchanges by now.
        """
        case = await self._case(exchange)
        for reading in await self._news(case):
            case = case.with_reading(reading, self._market)
        return await self._outlook(case, await self._beside(), self._clock.now())

    async def snapshots_by_round(self, exchanges: Sequence[Exchange]) -> AsyncIterator[Sequence[ExchangeSnapshot]]:
        """Yield what was seen of exchanges that were read in one round, in order of time; raise StorageError.

        Readings that were missed meanwhile come first, each as it was seen at its own time. An exchange without a new
        reading is looked at last, for its age may have changed.
        """
        fresh: list[Reading] = []
        for exchange in exchanges:
            fresh += await self._news(await self._case(exchange))
        beside = await self._beside()
        newest = {reading.exchange: reading for reading in sorted(fresh, key=lambda reading: reading.as_of)}
        for some in rounds(fresh):
            cases, self._market = states_after_new_readings(self._cases, some, self._market)
            self._cases |= {
                id_: replace(case, recent_readings=case.recent_readings[_LAST_TWO]) for id_, case in cases.items()
            }
            now = self._clock.now()
            yield [
                await self._outlook(
                    self._cases[reading.exchange], beside, now if reading is newest[id_] else reading.as_of
                )
                for reading in some
                for id_ in [reading.exchange]
            ]
        rest = [await self._case(exchange) for exchange in exchanges if exchange.id not in newest]
        if rest:
            yield [await self._outlook(case, beside, self._clock.now()) for case in rest]

    def forget_incidents(self, exchange: str) -> None:
        """Ask anew for an exchange's incidents at the next look."""
        self._spells.pop(exchange, None)

    async def _case(self, exchange: Exchange) -> ExchangeState:
        """Return an exchange's case as it is known, or made from all that the store has."""
        known = self._cases.get(exchange.id)
        if known is not None and known.exchange == exchange:
            return known
        latest = await self._readings.latest(exchange.id)
        computation = ColumnComputation(exchange.own_tokens, max_readings=_AT_ONCE, shows_assets=True)
        case = ExchangeState(exchange, computation=computation)
        if latest is None:
            return case
        async for reading in self._readings.between(exchange.id, since=latest.as_of - _PAST, until=latest.as_of):
            taken = case.with_reading(reading)
            case = replace(taken, recent_readings=taken.recent_readings[_LAST_TWO])
            await asyncio.sleep(0)
        self._cases[exchange.id] = case
        self._market = self._market.after([LastMove(latest)])
        return case

    async def _news(self, case: ExchangeState) -> list[Reading]:
        """Return the readings that came in since the case's newest one, oldest first."""
        latest = await self._readings.latest(case.exchange.id)
        if latest is None or case.latest is None or not case.is_new(latest):
            return []
        id_, since = case.exchange.id, case.latest.as_of
        return [one async for one in self._readings.between(id_, since=since, until=latest.as_of)]

    async def _beside(self) -> "_Context":
        return _Context(await self._readings.listings(), await self._holds.all() if self._holds else {})

    async def _outlook(self, case: ExchangeState, beside: "_Context", now: datetime) -> ExchangeSnapshot:
        exchange, listing = case.exchange, beside.listings.get(case.exchange.id)
        withheld = beside.holds.get(exchange.id)
        if case.latest is None:
            return ExchangeSnapshot(exchange, listing=listing)
        starts = [base_limit(window, case.latest.as_of) for window in WINDOWS]
        kept = {base.as_of: base for base in [*await self._readings.bases(exchange.id, starts), *case.recent_readings]}
        whole = replace(case, recent_readings=tuple(kept[at] for at in sorted(kept)))
        signal = signal_at_newest(
            whole,
            now,
            listing=listing,
            source_figures_max_age=self._opinion_age,
            suppression=str(withheld) if withheld else None,
            incident_spans=await self._lasting(exchange.id),
        )
        return ExchangeSnapshot(
            exchange, listing=listing, reading=case.latest, signal=signal, days=case.days, seen_at=now
        )

    async def _lasting(self, exchange: str) -> tuple[IncidentSpan, ...]:
        """Return the times of the exchange's incidents of elevated or worse, as far back as days are usual ones."""
        if exchange not in self._spells:
            found = await self._incidents.recent(_REMEMBERED, subject=exchange)
            self._spells[exchange] = elevated_spans(found)
        return self._spells[exchange]
