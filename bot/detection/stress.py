"""The rules of the stress test: whose turn it is, how a test comes out, and what was closed at a past time. Pure.

Whose turn: with 77 exchanges a cycle has 77 days, and the days of all cycles are counted from 0001-01-01, so that every
installation that watches the same exchanges is in the same place. Within a cycle the largest come first, by the
reserves of the source's own point of 00:00 UTC on the cycle's first day.

How it comes out, by the first of these in which something applies:

- failed: two majors or more are closed now, or were closed at one time during its worst 24 h or 7 d
- strained: one major is closed or any is delayed now, or one was closed during its worst 24 h or 7 d; its trading
  system is not normal; its outflow is elevated or worse
- not enough data: a major that it lists is unknown, or it has no source; or no flow of the last 24 h can be compared
- passed: none of these

A major that is closed by an event of its network does not count, and of those that are closed for announced maintenance
all together are no more than strained. Members' drills are shown beside the result and decide nothing, because nobody
can verify them. All limits are judgement. A passed test says what was seen from outside; it
proves nothing about what the exchange owes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.baseline import robust_z
from bot.detection.flow.windows import fits
from bot.detection.guards.market_moves import MarketMoves
from bot.detection.guards.restatement import restated
from bot.detection.outflow import grade
from bot.detection.withdrawals.majors import judged_majors
from bot.domain.assets import MAJORS
from bot.domain.flow import Flow, Window
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import Signal
from bot.domain.stress import (
    LivedOutflow,
    LivedThrough,
    StressCriterion,
    StressFacts,
    StressOutcome,
    StressResult,
)
from bot.domain.withdrawal_reading import SystemState, WithdrawalState
from bot.domain.withdrawals import (
    CRITICAL_CLOSED_MAJORS,
    ExchangeWithdrawals,
    NetworkWithdrawals,
    WithdrawalTransition,
)

_LIVED_WINDOWS = (Window.DAY, Window.WEEK)


@dataclass(frozen=True, slots=True)
class _StatedCriterion:
    criterion: StressCriterion
    outcome: StressOutcome
    applies: Callable[[StressFacts], bool]


_CRITERIA = (
    _StatedCriterion(StressCriterion.MAJORS_CLOSED, StressOutcome.FAILED, lambda facts: _has_failed(facts)),  # noqa: PLW0108 — defined below
    _StatedCriterion(
        StressCriterion.MAJORS_CLOSED_THEN,
        StressOutcome.FAILED,
        lambda facts: any(len(closed or ()) >= CRITICAL_CLOSED_MAJORS for closed in facts.closed_then),
    ),
    _StatedCriterion(
        StressCriterion.MAJOR_CLOSED,
        StressOutcome.STRAINED,
        lambda facts: bool(_closed(facts, in_maintenance=True)) and not _has_failed(facts),
    ),
    _StatedCriterion(
        StressCriterion.MAJOR_DELAYED,
        StressOutcome.STRAINED,
        lambda facts: any(major.state is WithdrawalState.DELAYED for major in facts.majors),
    ),
    _StatedCriterion(
        StressCriterion.MAJOR_CLOSED_THEN,
        StressOutcome.STRAINED,
        lambda facts: any(len(closed or ()) == 1 for closed in facts.closed_then),
    ),
    _StatedCriterion(
        StressCriterion.SYSTEM_NOT_NORMAL,
        StressOutcome.STRAINED,
        lambda facts: facts.system not in {None, SystemState.NORMAL, SystemState.UNKNOWN},
    ),
    _StatedCriterion(
        StressCriterion.UNUSUAL_OUTFLOW,
        StressOutcome.STRAINED,
        lambda facts: rank(facts.flow_severity) >= Severity.ELEVATED.rank,
    ),
    _StatedCriterion(
        StressCriterion.WITHDRAWALS_UNKNOWN,
        StressOutcome.NOT_ENOUGH_DATA,
        lambda facts: not facts.majors or any(major.state is WithdrawalState.UNKNOWN for major in facts.majors),
    ),
    _StatedCriterion(
        StressCriterion.FLOW_UNKNOWN, StressOutcome.NOT_ENOUGH_DATA, lambda facts: facts.flow_share is None
    ),
)


def cycle_start(day: date, exchanges: int) -> date:
    """Return the first day of the cycle that a day is in; a cycle has as many days as there are exchanges, 1 or more.

    Example: 2026-11-30 is day 739,950 of the calendar. With 77 exchanges its cycle is number 9,609 and began on day
    739,893, 57 days before.
    """
    return date.fromordinal(max(1, day.toordinal() // exchanges * exchanges))


def rotation(reserves_usd: Mapping[str, float | None]) -> tuple[str, ...]:
    """Return the order of a cycle: exchanges by their reserves in USD, largest first, then those without, by id."""
    return tuple(sorted(reserves_usd, key=lambda id_: (-(reserves_usd[id_] or 0.0), id_)))


def turn_of(day: date, order: Sequence[str]) -> str:
    """Return whose turn it is on a day of the cycle with this order."""
    return order[day.toordinal() % len(order)]


def next_turn(exchange: str, day: date, order: Sequence[str]) -> date | None:
    """Return the day of an exchange's turn in this cycle, from `day` on; None when it has had it, or has none."""
    if exchange not in order:
        return None
    ahead = order.index(exchange) - day.toordinal() % len(order)
    return date.fromordinal(day.toordinal() + ahead) if ahead >= 0 else None


def stress_result(facts: StressFacts) -> StressResult:
    """Return how a test comes out, with every criterion of that outcome that was met."""
    met = [stated for stated in _CRITERIA if stated.applies(facts)]
    outcomes = {stated.outcome for stated in met} | {StressOutcome.PASSED}
    outcome = max(outcomes, key=lambda outcome: outcome.rank)
    return StressResult(
        facts.at.date(),
        facts.exchange,
        outcome,
        facts.at,
        tuple(stated.criterion for stated in met if stated.outcome is outcome),
    )


def worse_result(earlier: StressResult | None, later: StressResult) -> StressResult:
    """Return the result that a day keeps: the worse one of the same exchange, and of two alike the earlier.

    Data that was missing in the morning is there at noon, so that "not enough data" gives way to whatever comes later.
    """
    is_same_turn = earlier is not None and (earlier.day, earlier.exchange) == (later.day, later.exchange)
    if earlier is None or not is_same_turn or earlier.outcome is StressOutcome.NOT_ENOUGH_DATA:
        return later
    if later.outcome is StressOutcome.NOT_ENOUGH_DATA:
        return earlier
    return later if later.outcome.rank > earlier.outcome.rank else earlier


def with_flow(facts: StressFacts, signal: Signal | None) -> StressFacts:
    """Return facts with the last 24 hours of a signal, graded by the normal preset; without one they stay unknown."""
    flow = signal.flow(Window.DAY) if signal else None
    if signal is None or flow is None or flow.hold:
        return facts
    share, usual = min(flow.high, 0.0) or max(flow.low, 0.0), signal.baseline
    return replace(
        facts,
        flow_share=share,
        flow_z=robust_z(share, Window.DAY, usual) if usual else None,
        flow_low=usual.low if usual else None,
        flow_high=usual.high if usual else None,
        flow_severity=grade(signal, Sensitivity.NORMAL).severity,
    )


def with_withdrawals(
    facts: StressFacts, status: ExchangeWithdrawals | None, changes: Sequence[WithdrawalTransition]
) -> StressFacts:
    """Return facts with what is known of withdrawals, now and during the worst outflows; `changes` are oldest first."""
    if status is None:
        return facts
    listed = {network.asset for network in status.networks}
    majors = tuple(major for major in judged_majors(status, facts.at) if major.asset in listed)
    lived = facts.lived
    day, week = (
        closed_during(status, changes, outflow, lived.watched_since if lived else None) if outflow else None
        for outflow in ((lived.day, lived.week) if lived else (None, None))
    )
    return replace(facts, majors=majors, system=status.system, closed_then=(day, week))


def closed_during(
    status: ExchangeWithdrawals,
    changes: Sequence[WithdrawalTransition],
    outflow: LivedOutflow,
    watched_since: datetime | None = None,
) -> tuple[str, ...] | None:
    """Return the most majors that were closed at one time during an outflow, in their order; () where all were open.

    None where that is not known: nobody watched then, or something was unknown and nothing closed. `changes` are oldest
    first, and go back to the outflow where the history does; what was so before the first of them is known from
    `watched_since` on.
    """
    moments = [outflow.start, *(change.at for change in changes if outflow.start < change.at <= outflow.end)]
    states = [[_major_at(status, changes, asset, at, watched_since) for asset in MAJORS] for at in moments]
    closed = max(
        (
            tuple(asset for asset, state in zip(MAJORS, of_moment, strict=True) if state is WithdrawalState.CLOSED)
            for of_moment in states
        ),
        key=len,
    )
    known = [state for of_moment in states for state in of_moment if state is not None]
    is_known = bool(known) and WithdrawalState.UNKNOWN not in known
    return closed if closed or is_known else None


def with_lived_reading(
    lived: LivedThrough, state: ExchangeState, reading: Reading, market: MarketMoves
) -> tuple[LivedThrough, ExchangeState]:
    """Return what an exchange has lived through after one more daily reading, and its state; readings come in order.

    Flows are those of the live bot at that time: steps that may be a changed list of wallets are in them as far as they
    counted then, and of a figure that lies between two ends the certain one counts.
    """
    state = state.with_reading(reading, market)
    flows = {flow.window: flow for flow in _lived_flows(state)}
    return (
        replace(
            lived,
            day=_worse(lived.day, flows.get(Window.DAY)),
            week=_worse(lived.week, flows.get(Window.WEEK)),
        ),
        state,
    )


def _lived_flows(state: ExchangeState) -> Iterator[Flow]:
    guards, latest = state.guard_state, state.recent_readings[-1]
    end = restated(latest, guards)
    for window, base in state.bases(_LIVED_WINDOWS).items():
        if fits(window, base, latest.as_of):
            yield state.flow_computation.flow(
                window,
                restated(base, guards),
                end,
                jumps=guards.jumps,
                lost_parts=guards.lost_parts,
                with_assets=False,
            )


def _worse(before: LivedOutflow | None, flow: Flow | None) -> LivedOutflow | None:
    certain = flow.without_doubted if flow else None
    if certain is None or certain.share >= (before.share if before else 0.0):
        return before
    return LivedOutflow(certain.share, certain.usd, certain.start, certain.end)


def _closed(facts: StressFacts, *, in_maintenance: bool) -> list[str]:
    """Return the majors that are closed by no event of a network, with or without those of announced maintenance.

    One that has been closed for months counts as well: nobody expects to withdraw it, and that is no passed test. One
    that the newest poll told open does not: the day keeps its worst result, and that may be of before midnight.
    """
    return [
        major.asset
        for major in facts.majors
        if major.state is WithdrawalState.CLOSED
        and not major.network_event
        and not major.is_opening
        and (in_maintenance or not major.in_maintenance)
    ]


def _has_failed(facts: StressFacts) -> bool:
    return len(_closed(facts, in_maintenance=False)) >= CRITICAL_CLOSED_MAJORS


def _major_at(
    status: ExchangeWithdrawals,
    changes: Sequence[WithdrawalTransition],
    asset: str,
    at: datetime,
    watched_since: datetime | None,
) -> WithdrawalState | None:
    """Return a major's state at a past time, UNKNOWN where the history does not say; None where it is not listed."""
    states = {_state_at(network, changes, at, watched_since) for network in status.judged_networks(asset)}
    for state in (WithdrawalState.OPEN, WithdrawalState.DELAYED, WithdrawalState.UNKNOWN, WithdrawalState.CLOSED):
        if state in states:
            return state
    return None


def _state_at(
    network: NetworkWithdrawals,
    changes: Sequence[WithdrawalTransition],
    at: datetime,
    watched_since: datetime | None,
) -> WithdrawalState:
    if network.since <= at:
        return network.state
    own = [change for change in changes if (change.asset, change.network) == (network.asset, network.network)]
    if before := [change for change in own if change.at <= at]:
        return before[-1].after
    is_watched = watched_since is not None and watched_since <= at
    return own[0].before if own and is_watched else WithdrawalState.UNKNOWN
