"""Puts together what one look at an exchange needs, from the store, without holding the loop."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.alerting.round import elevated_spans
from bot.detection.engine import OPINION_AGE, ExchangeState, look, rounds, take_all
from bot.detection.flow.baseline import MAX_DAYS
from bot.detection.flow.computation import ColumnComputation
from bot.detection.flow.windows import base_limit
from bot.detection.guards.source_glitch import LastMove, MarketMoves
from bot.detection.outflow import WINDOWS
from bot.domain.exchange import Exchange, Listing
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot, IncidentSpan
from bot.domain.suppression import Suppression
from bot.ports.incidents import Incidents
from bot.ports.readings import Readings
from bot.ports.sources import Clock
from bot.ports.workers import Suppressions

_MAX_EPISODES = 30  # incidents of one exchange in 90 days: more would be a fault of the thresholds
_HISTORY_SPAN = timedelta(days=MAX_DAYS + 1)
_MAX_COLUMNS = 8  # readings that one look needs: two, and one for each window
_LAST_TWO = slice(-2, None)  # what the next step and the next look need; windows start from what the store has kept


@dataclass(frozen=True, slots=True)
class _Context:
    """What stands beside the readings: the source's rows, and what an operator withholds, by exchange."""

    listings: Mapping[str, Listing]
    suppressions: Mapping[str, Suppression]


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
        suppressions: Suppressions | None = None,
        opinion_age: timedelta = OPINION_AGE,
    ) -> None:
        self._readings = readings
        self._clock = clock
        self._incidents = incidents
        self._suppressions = suppressions
        self._opinion_age = opinion_age
        self._exchange_states: dict[str, ExchangeState] = {}
        self._market = MarketMoves()
        self._episodes: dict[str, tuple[IncidentSpan, ...]] = {}

    async def snapshot(self, exchange: Exchange) -> ExchangeSnapshot:
        """Return what the store knows of an exchange; raise StorageError.

        A reading that was not judged yet is looked at with what is known of other exchanges by now.
        """
        state = await self._exchange_state(exchange)
        for reading in await self._new_readings(state):
            state = state.take(reading, self._market)
        return await self._snapshot_of(state, await self._read_context(), self._clock.now())

    async def snapshots_by_round(self, exchanges: Sequence[Exchange]) -> AsyncIterator[Sequence[ExchangeSnapshot]]:
        """Yield what was seen of exchanges that were read in one round, in order of time; raise StorageError.

        Readings that were missed meanwhile come first, each as it was seen at its own time. An exchange without a new
        reading is looked at last, for its age may have changed.
        """
        fresh: list[Reading] = []
        for exchange in exchanges:
            fresh += await self._new_readings(await self._exchange_state(exchange))
        context = await self._read_context()
        newest = {reading.exchange: reading for reading in sorted(fresh, key=lambda reading: reading.as_of)}
        for round_readings in rounds(fresh):
            states, self._market = take_all(self._exchange_states, round_readings, self._market)
            self._exchange_states |= {id_: replace(state, kept=state.kept[_LAST_TWO]) for id_, state in states.items()}
            now = self._clock.now()
            yield [
                await self._snapshot_of(
                    self._exchange_states[reading.exchange], context, now if reading is newest[id_] else reading.as_of
                )
                for reading in round_readings
                for id_ in [reading.exchange]
            ]
        unread_states = [await self._exchange_state(exchange) for exchange in exchanges if exchange.id not in newest]
        if unread_states:
            yield [await self._snapshot_of(state, context, self._clock.now()) for state in unread_states]

    def forget_incidents(self, exchange: str) -> None:
        """Ask anew for an exchange's incidents at the next look."""
        self._episodes.pop(exchange, None)

    async def _exchange_state(self, exchange: Exchange) -> ExchangeState:
        """Return an exchange's case as it is known, or made from all that the store has."""
        remembered = self._exchange_states.get(exchange.id)
        if remembered is not None and remembered.exchange == exchange:
            return remembered
        latest = await self._readings.latest(exchange.id)
        computation = ColumnComputation(exchange.own_tokens, most=_MAX_COLUMNS, shows_assets=True)
        state = ExchangeState(exchange, computation=computation)
        if latest is None:
            return state
        async for reading in self._readings.between(
            exchange.id, since=latest.as_of - _HISTORY_SPAN, until=latest.as_of
        ):
            after_reading = state.take(reading)
            state = replace(after_reading, kept=after_reading.kept[_LAST_TWO])
            await asyncio.sleep(0)
        self._exchange_states[exchange.id] = state
        self._market = self._market.after([LastMove(latest)])
        return state

    async def _new_readings(self, state: ExchangeState) -> list[Reading]:
        """Return the readings that came in since the case's newest one, oldest first."""
        latest = await self._readings.latest(state.exchange.id)
        if latest is None or state.latest is None or not state.is_new(latest):
            return []
        id_, since = state.exchange.id, state.latest.as_of
        return [reading async for reading in self._readings.between(id_, since=since, until=latest.as_of)]

    async def _read_context(self) -> "_Context":
        return _Context(await self._readings.listings(), await self._suppressions.all() if self._suppressions else {})

    async def _snapshot_of(self, state: ExchangeState, context: "_Context", now: datetime) -> ExchangeSnapshot:
        exchange, listing = state.exchange, context.listings.get(state.exchange.id)
        withheld = context.suppressions.get(exchange.id)
        if state.latest is None:
            return ExchangeSnapshot(exchange, listing=listing)
        starts = [base_limit(window, state.latest.as_of) for window in WINDOWS]
        bases = {base.as_of: base for base in [*await self._readings.bases(exchange.id, starts), *state.kept]}
        with_bases = replace(state, kept=tuple(bases[at] for at in sorted(bases)))
        signal = look(
            with_bases,
            now,
            listing=listing,
            opinion_age=self._opinion_age,
            withheld=str(withheld) if withheld else None,
            spells=await self._episodes_of(exchange.id),
        )
        return ExchangeSnapshot(
            exchange, listing=listing, reading=state.latest, signal=signal, days=state.days, seen_at=now
        )

    async def _episodes_of(self, exchange: str) -> tuple[IncidentSpan, ...]:
        """Return the times of the exchange's incidents of elevated or worse, as far back as days are usual ones."""
        if exchange not in self._episodes:
            incidents = await self._incidents.recent(_MAX_EPISODES, subject=exchange)
            self._episodes[exchange] = elevated_spans(incidents)
        return self._episodes[exchange]
