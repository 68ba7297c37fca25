"""The outflow rule: net flow over several windows against thresholds, and against what is normal for the exchange.

`measure` computes the flows and grades nothing; `grade` compares them with the thresholds of a preset. They are two
steps because the flows of one reading are graded under up to three presets, and computing them is the expensive part.

An example, preset `normal`: 24 h −3.6 % with z = −4.1, 7 d −7 % with z = −3.8. Both windows reach elevated (−3 % and
−6 %, z ≤ −3.5). The day leads: it is 1.20 times its threshold, the week 1.17 times. With withdrawals of BTC and USDT
closed the same is critical. At −2.2 % the next day nothing would reach elevated any more, but 0.6 of its threshold is
−1.8 %: the incident has not eased.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.detection.flow.baseline import baseline, robust_z, usual_days
from bot.detection.flow.computation import DetailedComputation, FlowComputation
from bot.detection.flow.windows import fits
from bot.detection.guards.source_figures import figures_agree, hold_disputed
from bot.detection.guards.staleness import staleness_hold
from bot.detection.notes import notes, recent_jumps
from bot.detection.thresholds import BLEED, EASING, MIN_FLOW_USD, SCALES, THRESHOLDS, UNUSUAL_Z, Threshold
from bot.detection.unreported_parts import unreported_parts
from bot.domain.exchange import Exchange
from bot.domain.flow import Baseline, Flow, Hold, HoldReason, Window
from bot.domain.guard_state import GuardState
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import CLOSED_WITHDRAWALS, Measurement, Reason, Rule, Signal, SourceFigure
from bot.domain.snapshot import DailyPoint, IncidentSpan
from bot.domain.value_object import value_object
from bot.domain.withdrawals import CRITICAL_CLOSED_MAJORS, Majors, raising_majors

WINDOWS = tuple(Window)
"""The windows that are measured; the one of an hour has no threshold and is only shown."""

_THRESHOLDS_OF = {
    window: tuple(threshold for threshold in THRESHOLDS if threshold.window is window) for window in Window
}
# What holds a window, and leaves bounds within which its flow lies.
_BOUNDED = frozenset({HoldReason.CHAIN_MISSING, HoldReason.WALLETS_CHANGED, HoldReason.SOURCE_GLITCH})
_WINDOWS_WITH_THRESHOLD = frozenset(threshold.window for threshold in THRESHOLDS)


@value_object
class WindowInputs:
    """What the flows of an exchange are measured from.

    `previous` is the reading just before the newest, None when there is none. `bases` has for each window the newest
    reading at or before the window's start, where there is one; these and the newest are as they are understood. `days`
    are past days, oldest first. `guard_state` is what the guards remember as of the newest reading, `incident_spans`
    the times of incidents of elevated or worse.
    """

    latest: Reading
    previous: Reading | None
    bases: Mapping[Window, Reading]
    days: Sequence[DailyPoint]
    guard_state: GuardState = GuardState()
    incident_spans: Sequence[IncidentSpan] = ()


def measure(  # noqa: PLR0913 — everything that a signal may rest on
    exchange: Exchange,
    inputs: WindowInputs,
    now: datetime,
    *,
    withdrawals: Majors | None = None,
    source_figures: tuple[SourceFigure, ...] = (),
    suppression: str | None = None,
    withdrawals_suppression: str | None = None,
    computation: FlowComputation | None = None,
) -> Signal:
    """Return the flows (USD and shares, negative = outflow) and the baseline, not graded yet.

    `now` only says how old the newest reading is. `suppression` has the operator's words while figures are paused by
    them, `withdrawals_suppression` those for paused withdrawals, which are not passed then. Without a `computation`
    flows are computed in detail. The baseline is of the days before the last 24 hours: the day that is judged must not
    be part of what it is judged by.
    """
    latest, guard_state = inputs.latest, inputs.guard_state
    compute = computation or DetailedComputation(exchange.own_tokens)
    suppressed = Hold(HoldReason.WITHHELD, suppression) if suppression is not None else None
    hold = suppressed or staleness_hold(latest, now)
    paused = Measurement(CLOSED_WITHDRAWALS, None, Hold(HoldReason.WITHHELD, withdrawals_suppression or ""))
    flows = [
        compute.flow(window, base, latest, jumps=guard_state.jumps, lost_parts=guard_state.lost_parts)
        for window, base in inputs.bases.items()
        if fits(window, base, latest.as_of)
    ]
    return Signal(
        subject=exchange.id,
        rule=Rule.OUTFLOW,
        as_of=latest.as_of,
        fetched_at=latest.fetched_at,
        source=latest.source,
        flows=tuple(replace(flow, hold=hold) for flow in flows) if hold else hold_disputed(flows, source_figures),
        baseline=baseline(usual_days(inputs.days, latest.as_of - Window.DAY.length, inputs.incident_spans)),
        graded=False,
        previous_as_of=inputs.previous.as_of if inputs.previous else None,
        notes=notes(exchange, latest, inputs.bases, guard_state),
        jumps=recent_jumps(guard_state, latest.as_of),
        unreported=unreported_parts(guard_state, latest, inputs.previous, exchange.own_tokens),
        seen_since=_seen_since(guard_state, latest.as_of),
        source_figures=source_figures,
        withdrawals=withdrawals,
        figures=(paused,) if withdrawals_suppression is not None else (),
    )


def _seen_since(state: GuardState, now: datetime) -> datetime | None:
    """Return when a drop was first seen that waited, and counts since this reading: two readings show it."""
    return min(
        (
            jump.turned_at or jump.at
            for jump in state.jumps
            if jump.usd < 0 and jump.is_counted and jump.decided_at == now
        ),
        default=None,
    )


def grade(signal: Signal, sensitivity: Sensitivity) -> Signal:
    """Return the signal with its severity, the severity under the easier thresholds for leaving, and the reasons.

    Its rule is a bleed where only the windows of weeks are crossed.
    """
    scale = SCALES[sensitivity]
    easing, easing_reasons = _raised_by_withdrawals(signal, *_severity(signal, scale, ease=EASING))
    # What does not reach the easier thresholds cannot reach the full ones: most signals are calm and stop here.
    severity, reasons = _raised_by_withdrawals(signal, *_severity(signal, scale)) if easing else (None, ())
    gradable = [flow for flow in signal.flows if flow.hold is None]
    crossed = {reason.window for reason in reasons}  # by the worst severity
    leading = _leading(gradable, reasons or easing_reasons)
    return replace(
        signal,
        rule=Rule.BLEED if crossed and crossed <= BLEED else Rule.OUTFLOW,
        severity=severity,
        easing=easing,
        reasons=reasons,
        leading=leading,
        graded=bool(reasons) or any(flow.window in _WINDOWS_WITH_THRESHOLD for flow in gradable),
        # The readings' own source counts the same wallets: where it is wrong, it is wrong in both figures.
        confirmed_by_source=any(
            figure.source != signal.source and figure.window in crossed and _agrees(signal, figure)
            for figure in signal.source_figures
        ),
        blocks_easing=_blocking_reason(signal, leading),
        severity_while_blocked=_severity_by_withdrawals(signal),
        crossed=_crossed_windows(signal, scale) if easing else (),
    )


def _crossed_windows(signal: Signal, scale: float) -> tuple[Window, ...]:
    """Return the windows past a threshold of any severity: an incident ends only when all of them are back."""
    return tuple(
        flow.window
        for flow in signal.flows
        if flow.at_high.usd <= -MIN_FLOW_USD
        and any(
            _may_decide(threshold, flow) and _reasons(threshold, flow.at_high, signal.baseline, scale, ease=1.0)
            for threshold in _THRESHOLDS_OF[flow.window]
        )
    )


def _severity(signal: Signal, scale: float, *, ease: float = 1.0) -> tuple[Severity | None, tuple[Reason, ...]]:
    """Return the worst severity reached and why. `scale` is the preset's, on shares; `ease` is on every threshold.

    What is not certain about a flow neither raises a severity nor lets it ease: the full thresholds are compared with
    the certain end of it, the easier ones with the worst that is possible.
    """
    is_easing = ease < 1
    crossed = [
        (threshold, reasons)
        for flow in signal.flows
        for threshold in _THRESHOLDS_OF[flow.window]
        for figure in [_graded_figure(threshold, flow, is_easing=is_easing)]
        if figure.usd <= -MIN_FLOW_USD * ease
        if _may_decide(threshold, flow) and (reasons := _reasons(threshold, figure, signal.baseline, scale, ease))
    ]
    worst = max((threshold.severity for threshold, _ in crossed), key=rank, default=None)
    return worst, tuple(reason for threshold, reasons in crossed if threshold.severity is worst for reason in reasons)


def _graded_figure(threshold: Threshold, flow: Flow, *, is_easing: bool) -> Flow:
    """Return the figure of a flow that is compared with a threshold: its worst one for easing, else its certain one.

    A step that several exchanges of the source made at once makes nobody severe by itself.
    """
    if is_easing:
        return flow.at_low
    return flow.without_doubted if threshold.severity is Severity.SEVERE and flow.doubted_usd else flow.at_high


def _may_decide(threshold: Threshold, flow: Flow) -> bool:
    """Return whether a window may be graded by a threshold.

    One that is held for what is not known of it is graded by what is certain. Where only two figures differ, severe is
    graded all the same, and messages show both: to stay silent about a run because the source's own figure is late
    would be worse than a false alarm.
    """
    if flow.hold is None or (flow.hold.reason in _BOUNDED and flow.highest_usd is not None):
        return True
    return flow.hold.reason is HoldReason.DISAGREE and threshold.severity is Severity.SEVERE


def _raised_by_withdrawals(
    signal: Signal, severity: Severity | None, reasons: tuple[Reason, ...]
) -> tuple[Severity | None, tuple[Reason, ...]]:
    """Return what elevated or worse becomes, with one more reason, while withdrawals of two majors are closed."""
    raised = _severity_by_withdrawals(signal)
    if raised is None or rank(severity) < Severity.ELEVATED.rank or rank(severity) >= raised.rank:
        return severity, reasons
    closed = _count_reason(reasons[0].window, len(raising_majors(signal.withdrawals)))
    return raised, (*reasons, closed)


def _severity_by_withdrawals(signal: Signal) -> Severity | None:
    """Return what closed withdrawals make of an outflow of elevated or worse; None where fewer than two are closed.

    It is critical, and one less where closings were announced as maintenance and fewer than two were not.
    """
    closed = raising_majors(signal.withdrawals)
    if len(closed) < CRITICAL_CLOSED_MAJORS:
        return None
    unannounced = sum(not major.in_maintenance for major in closed)
    return Severity.CRITICAL if unannounced >= CRITICAL_CLOSED_MAJORS else Severity.SEVERE


def _blocking_reason(signal: Signal, window: Window | None) -> Reason | None:
    """Return for how many closed majors nothing eases, None for fewer than two.

    One that was closed and is unknown since counts: an exchange that stops telling has not opened. It raises nothing.
    """
    if not signal.withdrawals:  # as of most exchanges
        return None
    count = sum(major.may_be_closed for major in signal.withdrawals)
    return _count_reason(window, count) if count >= CRITICAL_CLOSED_MAJORS else None


def _count_reason(window: Window | None, count: int) -> Reason:
    return Reason(window, CLOSED_WITHDRAWALS, float(count), float(CRITICAL_CLOSED_MAJORS))


def _agrees(signal: Signal, figure: SourceFigure) -> bool:
    flow = signal.flow(figure.window)
    return flow is not None and figures_agree(flow, figure.usd)


def _reasons(threshold: Threshold, flow: Flow, usual: Baseline | None, scale: float, ease: float) -> tuple[Reason, ...]:
    """Return why the threshold is crossed: the share, and z where it was asked; nothing when it is not crossed."""
    share_limit, z_limit = threshold.share * scale * ease, UNUSUAL_Z * ease
    if flow.share > share_limit:
        return ()
    by_share = Reason(flow.window, "share", flow.share, share_limit)
    if not threshold.needs_z:
        return (by_share,)
    if usual is None:
        return (by_share,) if threshold.without_z else ()
    z = robust_z(flow.share, flow.window, usual)
    return (by_share, Reason(flow.window, "z", z, z_limit)) if z <= z_limit else ()


def _leading(flows: Sequence[Flow], reasons: Sequence[Reason]) -> Window | None:
    """Return the window that says most: the one furthest past its threshold, else the day, else the shortest."""
    by_share = [reason for reason in reasons if reason.measure == "share"]
    if by_share:
        return max(by_share, key=lambda reason: reason.value / reason.threshold).window
    windows = [flow.window for flow in flows]
    return Window.DAY if Window.DAY in windows else next(iter(windows), None)
