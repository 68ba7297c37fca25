"""The detection engine: one exchange's case over time. The live bot and the backtest use the same two steps.

    cases, market = {exchange.id: Case(exchange) for exchange in exchanges}, Market()
    for some in rounds(readings):
        cases, market = take_round(cases, some, market, doors)
        for reading in some:
            signal = look(cases[reading.exchange], now, doors=…, spells=…)

`alerting.round` then judges the signals of a round. A backtest keeps whole cases in memory, `kept` included. The live
bot keeps cases without their readings and puts those that its windows start from into `kept` for each look. Readings
come in order of `as_of`; one that is not newer than the newest leaves the case as it is, and so does, in a round, one
that repeats its holdings: it is no new reading, and a later look at the case finds it stale.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from typing_extensions import override

from bot.detection.flow.baseline import MAX_DAYS, daily_point
from bot.detection.flow.computation import DetailedComputation, FlowComputation
from bot.detection.flow.windows import LONGEST_LOOKBACK, base_limit
from bot.detection.guards.missing_chains import recalled
from bot.detection.guards.odd_prices import valued
from bot.detection.guards.source_figures import second_figures
from bot.detection.guards.source_glitch import NO_OTHERS, LastMove, MarketMoves
from bot.detection.guards.wallets_changed import incomparable, inspect, is_busy
from bot.detection.outflow import WINDOWS, History, grade, measure
from bot.domain.exchange import Exchange, Listing
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule, Signal
from bot.domain.signal_source import SignalSource
from bot.domain.snapshot import DailyPoint, IncidentSpan
from bot.domain.withdrawals import Withdrawals

OPINION_AGE = timedelta(minutes=20)
"""How far apart a reading and the source's own figures may be fetched: two polls of the list, by default."""
_VANISHED = 0.5  # of which less than half is left has vanished from the source


@dataclass(frozen=True, slots=True)
class ExchangeState:
    """What is known of one exchange: its ledger, past readings (oldest first), and its past days.

    `dawn` is the first reading of the newest UTC day, from which the next day's share is taken. `computation` is how
    flows are computed: in detail where none is given.
    """

    exchange: Exchange
    ledger: GuardState = GuardState()  # noqa: RUF009 — frozen
    kept: tuple[Reading, ...] = ()
    days: tuple[DailyPoint, ...] = ()
    dawn: Reading | None = None
    computation: FlowComputation | None = field(default=None, compare=False, repr=False)

    @property
    def latest(self) -> Reading | None:
        """Return the newest reading."""
        return self.kept[-1] if self.kept else None

    @property
    def compute(self) -> FlowComputation:
        """Return how flows are computed."""
        return self.computation or DetailedComputation(self.exchange.own_tokens)

    @property
    def previous(self) -> Reading | None:
        """Return the reading before the newest, with what is known of chains that have just come back."""
        return recalled(self.ledger, self.kept[-2], self.kept[-1]) if len(self.kept) > 1 else None

    def is_new(self, reading: Reading) -> bool:
        """Return whether a reading is newer than the newest."""
        return not self.kept or reading.as_of > self.kept[-1].as_of

    def stir(self, reading: Reading) -> LastMove:
        """Return what a newer reading shows since the newest one, for the market to know."""
        if not self.kept:
            return LastMove(reading)
        own_tokens = self.exchange.own_tokens
        previous = recalled(self.ledger, valued(self.kept[-1], self.ledger.odd_prices), reading)
        taken = self.compute.reading_diff(previous, reading, may_be_quiet=not is_busy(self.ledger))
        was_usd = taken.was_usd if taken.is_quiet else previous.total_usd(without=own_tokens)
        if was_usd <= 0:
            return LastMove(reading, taken)
        return LastMove(reading, taken, taken.usd / was_usd if taken.was_usd > _VANISHED * was_usd else -1.0)

    def take(
        self, reading: Reading, market: MarketMoves = NO_OTHERS, doors: Withdrawals | None = None
    ) -> "ExchangeState":
        """Return the case after one more reading; `market` knows the steps of the same round, this one's included."""
        if not self.is_new(reading):
            return self
        known = market.stirs.get(reading.exchange)
        taken = known.step if known and known.reading is reading else self.stir(reading).step
        own_tokens, ledger = self.exchange.own_tokens, self.ledger
        if taken:
            moved = self.compute.prices_moved(taken.previous, taken.latest)
            ledger = inspect(ledger, taken, own_tokens, market, doors, prices_moved=moved)
        first = bisect_right(self.kept, reading.as_of - LONGEST_LOOKBACK, key=_as_of)
        days, dawn = self._days_with(valued(reading, ledger.odd_prices), ledger)
        return ExchangeState(self.exchange, ledger, (*self.kept[first:], reading), days, dawn, self.computation)

    def bases(self, windows: Iterable[Window]) -> dict[Window, Reading]:
        """Return the newest reading at or before the start of each window, where there is one."""
        if not self.kept:
            return {}
        end = self.kept[-1].as_of
        found = ((window, bisect_right(self.kept, base_limit(window, end), key=_as_of)) for window in windows)
        return {window: self.kept[number - 1] for window, number in found if number}

    def _days_with(self, reading: Reading, ledger: GuardState) -> tuple[tuple[DailyPoint, ...], Reading]:
        """Return the days and the dawn after a reading: one more when it is the first of its day.

        One that cannot be compared has no share.
        """
        dawn = self.dawn
        if dawn is not None and dawn.as_of.date() == reading.as_of.date():
            return self.days, dawn
        point = daily_point(reading, dawn, self.compute, ledger.adjustments)
        if incomparable(ledger) or incomparable(self.ledger):
            point = replace(point, share=None)
        return (*self.days[-MAX_DAYS + 1 :], point), reading


def take_round(
    cases: Mapping[str, ExchangeState],
    readings: Sequence[Reading],
    market: MarketMoves,
    doors: Mapping[str, Withdrawals] | None = None,
) -> tuple[dict[str, ExchangeState], MarketMoves]:
    """Return the cases and the market after the readings of one round, at most one of each exchange.

    Every reading's exchange has a case. `doors` are those of the exchanges for which they are known.
    """
    fresh = [reading for reading in readings if not _repeats(cases[reading.exchange].latest, reading)]
    return take_all(cases, fresh, market, doors)


def take_all(
    cases: Mapping[str, ExchangeState],
    readings: Sequence[Reading],
    market: MarketMoves,
    doors: Mapping[str, Withdrawals] | None = None,
) -> tuple[dict[str, ExchangeState], MarketMoves]:
    """Return what `take_round` does, for readings of which a store has left out repetitions already."""
    after = market.after(
        case.stir(reading) for reading in readings if (case := cases[reading.exchange]).is_new(reading)
    )
    known = doors or {}
    taken = {
        reading.exchange: cases[reading.exchange].take(reading, after, known.get(reading.exchange))
        for reading in readings
    }
    return {**cases, **taken}, after


def rounds(readings: Iterable[Reading]) -> list[list[Reading]]:
    """Return readings of many exchanges as rounds in order of time: those of one hour, at most one of each exchange."""
    found: list[list[Reading]] = []
    for reading in sorted(readings, key=_as_of):
        if (
            not found
            or _hour(found[-1][0]) != _hour(reading)
            or any(other.exchange == reading.exchange for other in found[-1])
        ):
            found.append([])
        found[-1].append(reading)
    return found


def look(  # noqa: PLR0913 — everything that one look may rest on
    case: ExchangeState,
    now: datetime,
    *,
    doors: Withdrawals | None = None,
    listing: Listing | None = None,
    opinion_age: timedelta = OPINION_AGE,
    withheld: str | None = None,
    spells: Sequence[IncidentSpan] = (),
) -> Signal:
    """Return what is seen at the case's newest reading, not graded yet; `outflow.grade` grades it under a preset.

    The case has a reading. `now` only says how old that is. `doors`, the source's own row (`listing`, which counts when
    fetched within `opinion_age` of the reading) and an operator's hold (`withheld`, the words) are absent where they
    are not known; `spells` are the exchange's incidents of elevated or worse, whose days are not learned as usual.
    """
    odd = case.ledger.odd_prices
    bases = {window: valued(base, odd) for window, base in case.bases(WINDOWS).items()}
    latest = valued(case.kept[-1], odd)
    previous = case.previous
    history = History(latest, previous, bases, case.days, case.ledger, spells)
    seconds = second_figures(listing, latest, opinion_age)
    return measure(
        case.exchange, history, now, doors=doors, seconds=seconds, withheld=withheld, computation=case.compute
    )


@dataclass(frozen=True, slots=True)
class OutflowState:
    """What is known of all exchanges: their cases, what they did together, whose withdrawals are watched, episodes.

    `doors` are the withdrawals of the exchanges for which they are known, `spells` the times of incidents of elevated
    or worse by exchange, whose days are not learned as usual.
    """

    cases: Mapping[str, ExchangeState] = field(default_factory=dict)
    market: MarketMoves = MarketMoves()  # noqa: RUF009 — frozen
    doors: Mapping[str, Withdrawals] = field(default_factory=dict)
    spells: Mapping[str, Sequence[IncidentSpan]] = field(default_factory=dict)


class Outflow(SignalSource[OutflowState, Reading]):
    """The outflow as a signal source, with every reading in memory, as a backtest has them.

    The live bot cannot keep them all there: it does the same with the cases above, and reads from the store what
    windows start from. Every exchange needs a case in the state before its first reading.
    """

    rule = Rule.OUTFLOW

    @override
    def initial_state(self) -> OutflowState:
        return OutflowState()

    @override
    def update(self, state: OutflowState, readings: Sequence[Reading]) -> OutflowState:
        cases, market = take_round(state.cases, readings, state.market, state.doors)
        return replace(state, cases=cases, market=market)

    @override
    def subjects(self, state: OutflowState) -> Collection[str]:
        return [id_ for id_, case in state.cases.items() if case.latest]

    @override
    def signal(self, state: OutflowState, subject: str, now: datetime) -> Signal | None:
        case = state.cases.get(subject)
        if case is None or case.latest is None:
            return None
        return look(case, now, doors=state.doors.get(subject), spells=state.spells.get(subject, ()))

    @override
    def grade(self, signal: Signal, sensitivity: Sensitivity) -> Signal:
        return grade(signal, sensitivity)


def _repeats(known: Reading | None, reading: Reading) -> bool:
    return known is not None and known.holdings == reading.holdings


def _hour(reading: Reading) -> datetime:
    return reading.as_of.replace(minute=0, second=0, microsecond=0)


def _as_of(reading: Reading) -> datetime:
    return reading.as_of
