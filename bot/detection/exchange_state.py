"""What is known of one exchange, and how one more reading changes it.

A state is a value: `with_reading` returns the next one. It has what the guards remember, the newest readings and one
point for every past day. Readings come in the order of `as_of`.

An example: a state has readings of 10:00 and 11:00, and by 12:00 USDT worth 5 % of the reserves has left. `last_move`
of that reading has the share −0.05, which is compared with what other exchanges did. `with_reading` returns a state
with three readings, in which the guards remember the departure. A reading of 11:30 that comes later changes nothing.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import field
from datetime import datetime
from operator import attrgetter

from bot.detection.flow.baseline import MAX_DAYS, daily_point
from bot.detection.flow.computation import DetailedComputation, FlowComputation
from bot.detection.flow.windows import LONGEST_LOOKBACK, base_candidates, base_limit, fits
from bot.detection.guards.all_guards import inspect, needs_understanding, understood, watched_assets
from bot.detection.guards.guard_input import GuardInput
from bot.detection.guards.market_moves import NO_OTHERS, LastMove, MarketMoves
from bot.detection.guards.moved_together import SPARSE_GAP
from bot.detection.guards.restatement import restated, restated_amounts
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState
from bot.domain.reading import Reading
from bot.domain.snapshot import DailyPoint
from bot.domain.value_object import value_object
from bot.domain.withdrawals import Majors

_AS_OF = attrgetter("as_of")


@value_object
class ExchangeState:
    """What is known of one exchange as of its newest reading.

    `guard_state` is what the guards remember. `recent_readings` are oldest first; a backtest keeps those of the longest
    window, the live bot the last two, and adds those that windows start from for each signal. `days` has one point for
    each of the last 90 UTC days, oldest first, and `first_of_day` is the first reading of the newest of them, from
    which the next day's share is computed. `computation` is how flows are computed; None: in detail.
    """

    exchange: Exchange
    guard_state: GuardState = GuardState()
    recent_readings: tuple[Reading, ...] = ()
    days: tuple[DailyPoint, ...] = ()
    first_of_day: Reading | None = None
    computation: FlowComputation | None = field(default=None, compare=False, repr=False)

    @property
    def latest(self) -> Reading | None:
        """Return the newest reading."""
        return self.recent_readings[-1] if self.recent_readings else None

    @property
    def flow_computation(self) -> FlowComputation:
        """Return how flows are computed."""
        return self.computation or DetailedComputation(self.exchange.own_tokens)

    @property
    def previous(self) -> Reading | None:
        """Return the reading before the newest, as it was read."""
        return self.recent_readings[-2] if len(self.recent_readings) > 1 else None

    def is_new(self, reading: Reading) -> bool:
        """Return whether a reading is newer than the newest."""
        return not self.recent_readings or reading.as_of > self.recent_readings[-1].as_of

    def last_move(self, reading: Reading) -> LastMove:
        """Return what a newer reading shows since the newest one, to be compared with what other exchanges did.

        Its share is that of the reserves without own tokens, negative = outflow, and None where there is none to tell.
        """
        newest, state = self.latest, self.guard_state
        if newest is None:
            return LastMove(reading)
        diff = None
        if not needs_understanding(state):
            watched = watched_assets(state, reading.as_of)
            diff = self.flow_computation.quiet_diff(restated(newest, state), reading, watched)
        if diff is None:
            state = understood(state, newest, reading, self.exchange.own_tokens)
            diff = self.flow_computation.reading_diff(restated(newest, state), restated_amounts(reading, state))
        share = diff.usd / diff.was_usd if diff.was_usd > 0 else None
        is_record = share is not None and all(abs(step.share) < abs(share) for step in state.large_steps)
        is_sparse = reading.as_of - newest.as_of > SPARSE_GAP
        return LastMove(reading, diff, share, is_record, is_sparse, state)

    def with_reading(
        self, reading: Reading, market: MarketMoves = NO_OTHERS, withdrawals: Majors | None = None
    ) -> "ExchangeState":
        """Return the state after one more reading; one that is not newer than the newest leaves it as it is.

        `market` has the last moves of all exchanges, those of the same round and this one's included.
        """
        if not self.is_new(reading):
            return self
        # The market has this exchange's own move already where the round has computed it: that is half of the work.
        known_move = market.last_moves.get(reading.exchange)
        move = known_move if known_move and known_move.reading is reading else self.last_move(reading)
        guard_state = self.guard_state
        if move.diff and move.state:
            prices_moved = self.flow_computation.prices_moved(move.diff.previous, move.diff.latest)
            given = GuardInput(move.diff, self.exchange.own_tokens, market, withdrawals, prices_moved)
            guard_state = inspect(move.state, given)
        days, first_of_day = self._days_with(reading, guard_state)
        recent = (*self._still_recent(reading), reading)
        return ExchangeState(self.exchange, guard_state, recent, days, first_of_day, self.computation)

    def bases(self, windows: Iterable[Window]) -> dict[Window, Reading]:
        """Return the reading that each window starts from, where there is one.

        A window that cannot be computed has the newest reading at or before its start, which is too old: a note says
        so.
        """
        if not self.recent_readings:
            return {}
        times = self._times()
        found = {window: self._base(window, times) for window in windows}
        return {window: base for window, base in found.items() if base}

    def unsuited_bases(self, windows: Iterable[Window]) -> list[Window]:
        """Return the windows that may not start from the newest reading at or before their start, the hour aside."""
        times = self._times()
        nearest = {window: self._newest_before(window, times) for window in windows if window is not Window.HOUR}
        return [window for window, base in nearest.items() if base is None or not fits(window, base, times[-1])]

    def _times(self) -> Sequence[datetime]:
        """Return the times of the readings: to search in them is quicker than in the readings, window after window."""
        return [reading.as_of for reading in self.recent_readings]

    def _base(self, window: Window, times: Sequence[datetime]) -> Reading | None:
        end, nearest = times[-1], self._newest_before(window, times)
        # The first candidate, and nearly always there: the others need not be gone through. The hour has no others, and
        # daily readings have none for it.
        if window is Window.HOUR or (nearest and fits(window, nearest, end)):
            return nearest
        return next(base_candidates(window, self.recent_readings, end), nearest)

    def _newest_before(self, window: Window, times: Sequence[datetime]) -> Reading | None:
        count = bisect_right(times, base_limit(window, times[-1]))
        return self.recent_readings[count - 1] if count else None

    def _still_recent(self, reading: Reading) -> tuple[Reading, ...]:
        """Return the readings that a window which ends at a newer reading may still start from."""
        first = bisect_right(self.recent_readings, reading.as_of - LONGEST_LOOKBACK, key=_AS_OF)
        return self.recent_readings[first:]

    def _days_with(self, reading: Reading, guard_state: GuardState) -> tuple[tuple[DailyPoint, ...], Reading]:
        """Return the days and the first reading of the newest one after a reading: one more if it begins a UTC day.

        A day has no share while its figure is held: it would be learned as normal whatever it turns out to be.
        """
        first_of_day = self.first_of_day
        if first_of_day is not None and first_of_day.as_of.date() == reading.as_of.date():
            return self.days, first_of_day
        before = restated(first_of_day, guard_state) if first_of_day else None
        point = daily_point(
            restated(reading, guard_state), before, self.flow_computation, guard_state.jumps, guard_state.lost_parts
        )
        return (*self.days[-MAX_DAYS + 1 :], point), reading
