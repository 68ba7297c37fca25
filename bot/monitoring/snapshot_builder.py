"""Builds the snapshot of an exchange from the store: newest reading, signal, past days, the source's row.

For judging, round by round, and for answering commands. Example: Binance was last judged at 11:00 and read at 12:00.
Its state is in memory; the store is asked for the reading of 12:00, and for those that the windows of 24 h, 72 h, 7 d,
14 d and 30 d start from. After a restart the state is built again from 125 days of readings, with a pause after each,
so that commands are answered meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.alerting.judging_round import elevated_spans
from bot.detection.engine import SOURCE_FIGURES_MAX_AGE, rounds, signal_at_newest, states_after_new_readings
from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.computation import ColumnComputation
from bot.detection.flow.windows import LONGEST_LOOKBACK, base_limit, base_span
from bot.detection.guards.market_moves import LastMove, MarketMoves
from bot.detection.guards.turned_moves import REMEMBERED
from bot.detection.outflow import WINDOWS
from bot.domain.exchange import Exchange, Listing
from bot.domain.reading import Reading
from bot.domain.snapshot import ExchangeSnapshot, IncidentSpan
from bot.domain.suppression import Metric, Suppression, suppression_of
from bot.monitoring.isolation import Crashes, isolated, without_crashing
from bot.monitoring.missing_parts import with_missing_parts
from bot.monitoring.past_market import market_at
from bot.monitoring.revised_history import revision_note
from bot.monitoring.withdrawal_lookup import WithdrawalLookup
from bot.ports.incidents import Incidents
from bot.ports.reading_revisions import ReadingRevisions
from bot.ports.readings import Readings
from bot.ports.sources import Clock
from bot.ports.workers import Suppressions

_MAX_EPISODES = 30  # incidents of one exchange in 90 days: more would be a fault of the thresholds
# What the guards remember, and what it may concern: a jump of 90 days ago, in a window that was 35 days long then. The
# usual days go back as far.
_HISTORY_SPAN = REMEMBERED + LONGEST_LOOKBACK
_MAX_COLUMNS = 8  # readings that one signal needs: the newest two, and the start of each of six windows
_LAST_TWO = slice(-2, None)  # what the next reading is compared with; the starts of windows are in the store


@dataclass(frozen=True, slots=True)
class _Context:
    """What a snapshot needs beside the readings, the source's rows by exchange, and suppressions by key."""

    listings: Mapping[str, Listing]
    suppressions: Mapping[str, Suppression]


class SnapshotBuilder:
    """Builds the snapshots of exchanges.

    The state of every exchange stays in memory with its last two readings only, so that a snapshot reads what is new.
    After a restart it is built anew from everything the store has of the last 125 days, and so it is when the source
    has revised its history (revised_history.py), whichever worker took that over.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of a snapshot, each named where they are put together
        self,
        readings: Readings,
        clock: Clock,
        incidents: Incidents,
        *,
        revisions: ReadingRevisions | None = None,
        suppressions: Suppressions | None = None,
        withdrawals: WithdrawalLookup | None = None,
        source_figures_max_age: timedelta = SOURCE_FIGURES_MAX_AGE,
        on_suppressions: Callable[[Mapping[str, Suppression]], None] = lambda _suppressions: None,
    ) -> None:
        self._readings = readings
        self._clock = clock
        self._incidents = incidents
        self._revisions = revisions
        self._suppressions = suppressions
        self._withdrawals = withdrawals or WithdrawalLookup()
        self._source_figures_max_age = source_figures_max_age
        self._on_suppressions = on_suppressions
        self._exchange_states: dict[str, ExchangeState] = {}
        self._revised_days: dict[str, Mapping[datetime, datetime]] = {}
        self._market = MarketMoves()
        self._incident_spans: dict[str, tuple[IncidentSpan, ...]] = {}

    async def snapshot(self, exchange: Exchange) -> ExchangeSnapshot:
        """Return what the store knows of an exchange; raise StorageError.

        Readings that were not judged yet are in it, but not remembered: what other exchanges did in their round, which
        shows a fault of the source, is known only once the round is complete.
        """
        state = await self._exchange_state(exchange)
        withdrawals = self._withdrawals.at(exchange.id, self._clock.now())
        for reading in await self._new_readings(state):
            state = state.with_reading(reading, self._market, withdrawals)
        return await self._snapshot_of(state, await self._read_context(), self._clock.now())

    async def snapshots_by_round(
        self, exchanges: Sequence[Exchange], crashes: Crashes | None = None
    ) -> AsyncIterator[Sequence[ExchangeSnapshot]]:
        """Yield snapshots of exchanges that were read in one round, in order of time; raise StorageError.

        Readings that were missed meanwhile come first, each as it would have been judged at its own time. Exchanges
        without a new reading come last: their figures may have become too old. An exchange on whose readings something
        fails is left out, and put into `crashes`.
        """
        crashes = {} if crashes is None else crashes
        fresh: list[Reading] = []
        for exchange in exchanges:
            with isolated(exchange.id, crashes):
                fresh += await self._new_readings(await self._exchange_state(exchange))
        context = await self._read_context()
        newest = {reading.exchange: reading for reading in sorted(fresh, key=lambda reading: reading.as_of)}
        for round_readings in rounds(fresh):
            sound = [reading for reading in round_readings if reading.exchange not in crashes]
            states, self._market = without_crashing(
                self._states_after, sound, crashes, subject_of=lambda reading: reading.exchange
            )
            self._exchange_states |= {
                id_: replace(state, recent_readings=state.recent_readings[_LAST_TWO]) for id_, state in states.items()
            }
            # Only the newest reading is seen now. An older one would be held as too old if it were dated now as well.
            now = self._clock.now()
            timed_states = [
                (
                    self._exchange_states[reading.exchange],
                    now if reading is newest[reading.exchange] else reading.as_of,
                )
                for reading in sound
                if reading.exchange not in crashes
            ]
            yield await self._snapshots_of(timed_states, context, crashes)
        unread: list[tuple[ExchangeState, datetime]] = []
        for exchange in exchanges:
            if exchange.id not in newest and exchange.id not in crashes:
                with isolated(exchange.id, crashes):
                    unread.append((await self._exchange_state(exchange), self._clock.now()))
        if unread:
            yield await self._snapshots_of(unread, context, crashes)

    def _states_after(self, readings: Sequence[Reading]) -> tuple[dict[str, ExchangeState], MarketMoves]:
        now = self._clock.now()
        withdrawals = {
            reading.exchange: known
            for reading in readings
            if (known := self._withdrawals.at(reading.exchange, now)) is not None
        }
        return states_after_new_readings(self._exchange_states, readings, self._market, withdrawals)

    async def _snapshots_of(
        self, timed_states: Iterable[tuple[ExchangeState, datetime]], context: "_Context", crashes: Crashes
    ) -> list[ExchangeSnapshot]:
        """Return the snapshots of exchanges at the times they are judged at, without those on which it fails."""
        snapshots: list[ExchangeSnapshot] = []
        for state, at in timed_states:
            with isolated(state.exchange.id, crashes):
                snapshots.append(await self._snapshot_of(state, context, at))
        return snapshots

    def forget_incidents(self, exchange: str) -> None:
        """Read an exchange's incidents again for its next snapshot."""
        self._incident_spans.pop(exchange, None)

    async def _exchange_state(self, exchange: Exchange) -> ExchangeState:
        """Return an exchange's state as it is in memory, or built from all that the store has."""
        # Read before the readings: what is revised while they are read has the state built once more.
        revised_days = await self._revisions.revised_days(exchange.id) if self._revisions else {}
        is_revised = revised_days != self._revised_days.get(exchange.id, {})
        remembered = self._exchange_states.get(exchange.id)
        # Compared whole: its own tokens may have changed, and with them what counts as a flow.
        if remembered is not None and remembered.exchange == exchange and not is_revised:
            return remembered
        latest = await self._readings.latest(exchange.id)
        computation = ColumnComputation(exchange.own_tokens, max_readings=_MAX_COLUMNS, shows_assets=True)
        state = ExchangeState(exchange, computation=computation)
        if latest is None:
            return state
        # What was not judged yet before a revision is left for its round, with what other exchanges did in it.
        until = remembered.latest.as_of if remembered and remembered.latest else latest.as_of
        past = await self._withdrawals.past(exchange.id, since=until - _HISTORY_SPAN)
        async for reading in self._readings.between(exchange.id, since=until - _HISTORY_SPAN, until=until):
            market = await market_at(self._readings, state.last_move(reading))
            after_reading = state.with_reading(reading, market, past(reading.as_of))
            state = replace(after_reading, recent_readings=after_reading.recent_readings[_LAST_TWO])
            await asyncio.sleep(0)
        # A worker that stores a month at that moment takes old readings out of reach between two queries. A state
        # without any would take no reading in, for good; it is built once more at the next look.
        if state.latest is None:
            return state
        self._exchange_states[exchange.id] = state
        self._revised_days[exchange.id] = revised_days
        self._market = self._market.after([LastMove(state.latest)])
        return state

    async def _new_readings(self, state: ExchangeState) -> list[Reading]:
        """Return the readings that came in since the state's newest one, oldest first."""
        latest = await self._readings.latest(state.exchange.id)
        if latest is None or state.latest is None or not state.is_new(latest):
            return []
        id_, since = state.exchange.id, state.latest.as_of
        return [reading async for reading in self._readings.between(id_, since=since, until=latest.as_of)]

    async def _read_context(self) -> "_Context":
        return _Context(await self._readings.listings(), await self.suppressions())

    async def suppressions(self) -> Mapping[str, Suppression]:
        """Return what operators have paused, by key, and let those know who answer from memory; raise StorageError."""
        suppressions = await self._suppressions.all() if self._suppressions else {}
        self._on_suppressions(suppressions)
        return suppressions

    async def _snapshot_of(self, state: ExchangeState, context: "_Context", now: datetime) -> ExchangeSnapshot:
        exchange, listing = state.exchange, context.listings.get(state.exchange.id)
        withheld = suppression_of(context.suppressions, exchange.id, Metric.OUTFLOW)
        withdrawals = self._withdrawals.at(exchange.id, now)
        paused = suppression_of(context.suppressions, exchange.id, Metric.WITHDRAWALS) if withdrawals else None
        if state.latest is None:
            return ExchangeSnapshot(exchange, listing=listing)
        signal = signal_at_newest(
            await self._with_bases(state, state.latest.as_of),
            now,
            withdrawals=None if paused else withdrawals,
            listing=listing,
            source_figures_max_age=self._source_figures_max_age,
            suppression=str(withheld) if withheld else None,
            withdrawals_suppression=str(paused) if paused else None,
            incident_spans=await self._incident_spans_of(exchange.id),
        )
        if note := revision_note(self._revised_days.get(exchange.id, {}), now):
            signal = replace(signal, notes=(*signal.notes, note))
        snapshot = ExchangeSnapshot(
            exchange, listing=listing, reading=state.latest, signal=signal, days=state.days, seen_at=now
        )
        return with_missing_parts(snapshot, state.guard_state)

    async def _with_bases(self, state: ExchangeState, end: datetime) -> ExchangeState:
        """Return a state with the readings that windows which end at `end` start from, found in the store.

        Nearly always those are the newest ones at or before the windows' starts, one query for all windows. Where that
        one is too old, all that may take its place are read: in the first hours of a new installation,
        after a gap, and where the history is too short.
        """
        id_ = state.exchange.id
        starts = [base_limit(window, end) for window in WINDOWS]
        state = _with_readings(state, await self._readings.bases(id_, starts))
        for window in state.unsuited_bases(WINDOWS):
            first, last = base_span(window, end)
            between = self._readings.between(id_, since=first - timedelta.resolution, until=last)
            state = _with_readings(state, [reading async for reading in between])
        return state

    async def _incident_spans_of(self, exchange: str) -> tuple[IncidentSpan, ...]:
        """Return the times of the exchange's incidents of elevated or worse, as far back as days are usual ones."""
        if exchange not in self._incident_spans:
            incidents = await self._incidents.recent(_MAX_EPISODES, subject=exchange)
            self._incident_spans[exchange] = elevated_spans(incidents)
        return self._incident_spans[exchange]


def _with_readings(state: ExchangeState, readings: Iterable[Reading]) -> ExchangeState:
    """Return a state with older readings among its recent ones."""
    by_time = {reading.as_of: reading for reading in (*readings, *state.recent_readings)}
    return replace(state, recent_readings=tuple(by_time[at] for at in sorted(by_time)))
