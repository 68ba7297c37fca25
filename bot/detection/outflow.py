"""The outflow rule: net flow over several windows against thresholds and against the exchange's own past."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.detection.flow.baseline import baseline, robust_z, usual_days
from bot.detection.flow.computation import DetailedComputation, FlowComputation
from bot.detection.guards.missing_chains import may_start
from bot.detection.guards.source_figures import agree, disputed
from bot.detection.guards.wallets_changed import incomparable
from bot.detection.notes import notes
from bot.detection.thresholds import BLEED, EASING, MIN_FLOW_USD, SCALES, THRESHOLDS, UNUSUAL_Z, Threshold
from bot.domain.exchange import Exchange
from bot.domain.flow import Baseline, Flow, Hold, HoldReason, Window
from bot.domain.guard_state import GuardState
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import CLOSED_WITHDRAWALS, Reason, Rule, Signal, SourceFigure
from bot.domain.snapshot import DailyPoint, IncidentSpan
from bot.domain.withdrawals import Withdrawals

WINDOWS = tuple(Window)
"""The windows that are measured; the one of an hour has no threshold and is shown only."""
_CLOSED_MAJORS = 2  # of so many majors withdrawals must be closed for an outflow to be critical
MAX_AGE = timedelta(hours=3)
"""A reading older than this, by the source's own word, is stale: nothing fires on it and nothing resolves."""


@dataclass(frozen=True, slots=True)
class History:
    """What one look at an exchange needs: its newest reading, the one before, where windows may start, its past days.

    `previous` is the reading just before the newest, None when there is none. `bases` holds for each window the newest
    reading at or before the window's start, if there is one. `ledger` is what is remembered as of the
    newest, `spells` are its incidents of elevated or worse.
    """

    latest: Reading
    previous: Reading | None
    bases: Mapping[Window, Reading]
    days: Sequence[DailyPoint]
    ledger: GuardState = GuardState()  # noqa: RUF009 — frozen
    spells: Sequence[IncidentSpan] = ()


def measure(  # noqa: PLR0913 — everything that one look may rest on
    exchange: Exchange,
    history: History,
    now: datetime,
    *,
    doors: Withdrawals | None = None,
    seconds: tuple[SourceFigure, ...] = (),
    withheld: str | None = None,
    computation: FlowComputation | None = None,
) -> Signal:
    """Return the flows and the baseline of the days before the last 24 hours, not graded yet."""
    latest, ledger = history.latest, history.ledger
    compute = computation or DetailedComputation(exchange.own_tokens)
    by_hand = Hold(HoldReason.WITHHELD, withheld) if withheld is not None else None
    held = by_hand or _staleness(latest, now) or incomparable(ledger)
    flows = [
        compute.flow(window, base, latest, previous=history.previous, adjustments=ledger.adjustments)
        for window, base in history.bases.items()
        if may_start(window, base, latest, ledger)
    ]
    return Signal(
        subject=exchange.id,
        rule=Rule.OUTFLOW,
        as_of=latest.as_of,
        fetched_at=latest.fetched_at,
        source=latest.source,
        flows=tuple(replace(flow, hold=held) for flow in flows) if held else disputed(flows, seconds),
        baseline=baseline(usual_days(history.days, latest.as_of - Window.DAY.length, history.spells)),
        graded=False,
        previous_as_of=history.previous.as_of if history.previous else None,
        notes=notes(exchange, latest, history.bases, ledger),
        round_trips=ledger.round_trips,
        source_figures=seconds,
        closed_withdrawals=doors.closed if doors else None,
    )


def grade(signal: Signal, sensitivity: Sensitivity) -> Signal:
    """Return the signal with its severity, the severity under the easier thresholds for leaving, and the reasons.

    Its rule is a bleed where only the windows of weeks are crossed.
    """
    scale = SCALES[sensitivity]
    easing, still = _while_closed(signal, *_severity(signal, scale, ease=EASING))
    severity, reasons = _while_closed(signal, *_severity(signal, scale)) if easing else (None, ())
    gradable = [flow for flow in signal.flows if flow.hold is None]
    crossed = {reason.window for reason in reasons}
    leading = _leading(gradable, reasons or still)
    return replace(
        signal,
        rule=Rule.BLEED if crossed and crossed <= BLEED else Rule.OUTFLOW,
        severity=severity,
        easing=easing,
        reasons=reasons,
        leading=leading,
        graded=bool(reasons) or any(flow.window in _DECIDING for flow in gradable),
        confirmed_by_source=any(
            figure.source != signal.source and figure.window in crossed and _agrees(signal, figure)
            for figure in signal.source_figures
        ),
        blocks_easing=_closed(signal, leading),
    )


_OF_WINDOW = {window: tuple(threshold for threshold in THRESHOLDS if threshold.window is window) for window in Window}
_DECIDING = frozenset(threshold.window for threshold in THRESHOLDS)


def _severity(signal: Signal, scale: float, *, ease: float = 1.0) -> tuple[Severity | None, tuple[Reason, ...]]:
    """Return the worst severity reached and why. `scale` is the preset's, on shares; `ease` is on every threshold."""
    found = [
        (threshold, reasons)
        for flow in signal.flows
        if flow.usd <= -MIN_FLOW_USD * ease
        for threshold in _OF_WINDOW[flow.window]
        if _may_decide(threshold, flow) and (reasons := _crossed(threshold, flow, signal.baseline, scale, ease))
    ]
    worst = max((threshold.severity for threshold, _ in found), key=rank, default=None)
    return worst, tuple(reason for threshold, reasons in found if threshold.severity is worst for reason in reasons)


def _may_decide(threshold: Threshold, flow: Flow) -> bool:
    """Return whether a window is comparable; where two figures differ, what is severe goes out with both."""
    if flow.hold and flow.hold.reason is HoldReason.DISAGREE:
        return threshold.severity is Severity.SEVERE
    return flow.hold is None


def _while_closed(
    signal: Signal, severity: Severity | None, reasons: tuple[Reason, ...]
) -> tuple[Severity | None, tuple[Reason, ...]]:
    """Return critical for what is elevated or worse while withdrawals of two majors are closed."""
    closed = _closed(signal, reasons[0].window) if severity and severity.rank >= Severity.ELEVATED.rank else None
    return (Severity.CRITICAL, (*reasons, closed)) if closed else (severity, reasons)


def _closed(signal: Signal, window: Window | None) -> Reason | None:
    """Return how many majors are closed, of the two that make an outflow over a window critical; None for fewer."""
    count = len(signal.closed_withdrawals or ())
    return Reason(window, CLOSED_WITHDRAWALS, float(count), float(_CLOSED_MAJORS)) if count >= _CLOSED_MAJORS else None


def _agrees(signal: Signal, figure: SourceFigure) -> bool:
    flow = signal.flow(figure.window)
    return flow is not None and agree(flow, figure.usd)


def _crossed(threshold: Threshold, flow: Flow, usual: Baseline | None, scale: float, ease: float) -> tuple[Reason, ...]:
    """Return why the threshold is crossed: the share, and z where it was asked; nothing when it is not crossed."""
    limit, unusual = threshold.share * scale * ease, UNUSUAL_Z * ease
    if flow.share > limit:
        return ()
    by_share = Reason(flow.window, "share", flow.share, limit)
    if not threshold.needs_z:
        return (by_share,)
    if usual is None:
        return (by_share,) if threshold.without_z else ()
    z = robust_z(flow.share, flow.window, usual)
    return (by_share, Reason(flow.window, "z", z, unusual)) if z <= unusual else ()


def _leading(flows: Sequence[Flow], reasons: Sequence[Reason]) -> Window | None:
    """Return the window that says most: the one furthest past its threshold, else the day, else the shortest."""
    by_share = [reason for reason in reasons if reason.measure == "share"]
    if by_share:
        return max(by_share, key=lambda reason: reason.value / reason.threshold).window
    windows = [flow.window for flow in flows]
    return Window.DAY if Window.DAY in windows else next(iter(windows), None)


def _staleness(latest: Reading, now: datetime) -> Hold | None:
    age = now - latest.as_of
    if age <= MAX_AGE:
        return None
    return Hold(HoldReason.STALE, f"newest reading is {age // timedelta(hours=1)} h old")
