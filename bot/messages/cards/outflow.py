"""The words of the outflow's incidents: which share left over which window, what is usual, what other figures say.

Example of a crossed threshold: "24 h: −4.2 % of clean reserves ≤ −3.0 %". Figures are negative where money left, and
all minus signs are typographic (−), also in numbers that Python has formatted.
"""

from collections.abc import Iterator

from typing_extensions import override

from bot.detection.flow.baseline import robust_z
from bot.detection.guards.source_figures import figures_agree
from bot.detection.thresholds import EASING, MIN_FLOW_USD, SCALES, THRESHOLDS, UNUSUAL_Z
from bot.domain.flow import Baseline, Flow, Window
from bot.domain.incident import Ending, Incident, WorstMoment
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import CLOSED_WITHDRAWALS, Reason, Rule, Signal, SourceFigure
from bot.messages.cards.common import LIABILITIES, WINDOW_NAMES, assets_sentence, source_name
from bot.messages.cards.flow_bounds import (
    brief_share,
    certain_share,
    certain_usd,
    flow_sentence,
    is_bounded,
    reserves_at_start,
)
from bot.messages.cards.flows import usual_day
from bot.messages.cards.majors_line import NEVER_EASES, majors_lines
from bot.messages.cards.signal_card import SignalCard
from bot.messages.model import Action, Line, Table, bold, line, moment
from bot.messages.number_format import amount, percent, usd

_HEADLINES = {
    Severity.WATCH: "unusual outflow",
    Severity.ELEVATED: "elevated outflow",
    Severity.SEVERE: "severe outflow",
    Severity.CRITICAL: "critical: outflow while withdrawals are closed",
}
_BLEED_HEADLINE = "slow outflow over weeks"
_SHOWN_ASSETS = 4  # with amounts; the rest of the net figure is added up


class OutflowCard(SignalCard):
    """The words of the outflow."""

    footnote = LIABILITIES
    method = (
        "Flow = Σ (amount at the end − amount at the start) × price at the start, own token left out: "
        "price moves are not flows."
    )
    nothing_measured = "no window could be computed"

    @override
    def headline(self, incident: Incident) -> str:
        if incident.rule != Rule.BLEED or incident.severity is Severity.CRITICAL:
            return _HEADLINES[incident.severity]
        # A bleed keeps its rule while it does not escalate; its title follows the figure, which may be a day's by now.
        is_led_by_shorter = incident.announced.severity is not None and incident.announced.rule != Rule.BLEED
        return _HEADLINES[incident.severity] if is_led_by_shorter else _BLEED_HEADLINE

    @override
    def evidence(self, signal: Signal) -> Iterator[Line]:
        flow = signal.leading_flow
        yield flow_sentence(flow, signal.jumps) if flow else line(_no_figure(signal))
        yield usual_day(signal.baseline)
        if flow and flow.assets:
            yield assets_sentence(flow)
        yield from _withdrawals(signal)

    @override
    def caution(self, signal: Signal) -> str:
        leading = signal.leading_flow
        left_out = ", ".join((*leading.missing_chains, *leading.gone_parts)) if leading else ""
        gaps = f"without {left_out}" if left_out else "comparable"
        figures = "known by two bounds only" if leading and is_bounded(leading) else gaps
        return f"An outflow may be a theft, a wallet move or a run; figures {figures}."

    @override
    def figure(self, signal: Signal) -> Line:
        flow = signal.leading_flow
        return flow_sentence(flow, signal.jumps) if flow else line("no window can be compared")

    @override
    def brief(self, signal: Signal) -> str:
        flow = signal.leading_flow
        return f"{brief_share(flow)} in {WINDOW_NAMES[flow.window]}" if flow else ""

    @override
    def worst(self, incident: Incident) -> str:
        share = abs(incident.worst.value) if incident.worst else 0.0
        return f", with {percent(share)} of clean reserves gone over the leading window"

    @override
    def worst_figure(self, incident: Incident) -> str:
        share, moved = (incident.worst.value, incident.worst.usd) if incident.worst else (0.0, None)
        return f"{percent(share, signed=True)} ({usd(moved or 0.0, signed=True)})"

    @override
    def worst_moment(self, moment: WorstMoment) -> str:
        usd_then = f" ({usd(moment.size.usd, signed=True)})" if moment.size.usd is not None else ""
        return f"{percent(moment.size.value, signed=True)}{usd_then} in {WINDOW_NAMES[Window(moment.measurement)]}"

    @override
    def ending(self, incident: Incident) -> str:
        if incident.ending is Ending.INTERNAL_MOVE:
            return "an internal move, most of what left has come back."
        return "the outflow is back under its thresholds on fresh readings."

    @override
    def measurement(self, name: str) -> str:
        return WINDOW_NAMES[Window(name)]

    @override
    def reason(self, reason: Reason) -> str:
        if reason.measure == CLOSED_WITHDRAWALS or reason.window is None:
            return f"Withdrawals of {reason.value:.0f} major assets are closed; {reason.threshold:.0f} make it critical"
        window = WINDOW_NAMES[reason.window]
        if reason.measure == "z":
            return f"{window}: robust z {reason.value:.1f} ≤ {reason.threshold:.1f}".replace("-", "−")
        return f"{window}: {percent(reason.value)} of clean reserves ≤ {percent(reason.threshold)}"

    @override
    def thresholds(self, sensitivity: Sensitivity) -> Line:
        scale = SCALES[sensitivity]
        by_severity = " · ".join(
            f"{severity} "
            + ", ".join(
                f"{WINDOW_NAMES[limit.window]} ≤ −{-100 * limit.share * scale:.3g} %{'*' if limit.needs_z else ''}"
                for limit in THRESHOLDS
                if limit.severity is severity
            )
            for severity in (Severity.WATCH, Severity.ELEVATED, Severity.SEVERE)
        )
        notes = f" (* and robust z ≤ {UNUSUAL_Z:.1f}), never below {usd(MIN_FLOW_USD)}; ends at {EASING:g} of them."
        return line(bold("Thresholds: "), by_severity, notes.replace("-", "−"))

    @override
    def inputs(self, signal: Signal) -> Iterator[Line]:
        """Yield the two readings that were compared, where they are from, and what moved between them."""
        flow = signal.leading_flow
        if flow is None:
            yield line(bold("Inputs: "), "no two readings could be compared.")
            return
        yield line(
            bold("Inputs: "),
            f"{source_name(signal.source)}, reading of ",
            moment(flow.start),
            f" with clean reserves of {reserves_at_start(flow)}, and reading of ",
            moment(flow.end),
            ", fetched ",
            moment(signal.fetched_at),
            ".",
        )
        yield flow_sentence(flow, signal.jumps)
        if flow.assets:
            yield line(bold("By asset: "), _by_asset(flow))

    @override
    def background(self, signal: Signal) -> Iterator[Line]:
        """Yield the usual day, the percentile of this one, the source's own figures, and closed withdrawals."""
        yield _baseline_line(signal.baseline)
        yield from _percentile_lines(signal)
        yield from _source_figure_lines(signal)
        yield from _withdrawals(signal)

    @override
    def table(self, signal: Signal) -> Table:
        """Return every window with what is certain of it and where it starts; all end at the reading explained."""
        rows = tuple(
            (
                WINDOW_NAMES[flow.window] + (" held" if flow.hold else ""),
                usd(certain_usd(flow), signed=True),
                percent(certain_share(flow), signed=True),
                f"{flow.start:%m-%d %H:%M}",
            )
            for flow in signal.flows
        )
        return Table(("Window", "Net flow", "Share", "Since (UTC)"), rows, numeric=(1, 2))

    @override
    def actions(self, incident: Incident) -> tuple[Action, ...]:
        return (
            Action("Reserves", f"reserves {incident.subject}"),
            Action("Flows", f"flows {incident.subject}"),
        )


class MarketWideCard(OutflowCard):
    """The words of outflows at many exchanges at once, where they differ: there is no reading of the market itself."""

    @override
    def ending(self, incident: Incident) -> str:
        return "fewer than three large exchanges are elevated any more."


def _no_figure(signal: Signal) -> str:
    return "No window can be compared right now." if signal.flows else "No window can be computed right now."


def _withdrawals(signal: Signal) -> Iterator[Line]:
    """Yield how the majors can be withdrawn, and that nothing eases while two of them cannot."""
    yield from majors_lines(signal.withdrawals)
    if signal.blocks_easing:
        yield line(NEVER_EASES)


def _by_asset(flow: Flow) -> str:
    """Return what the largest assets moved, in their own units and in dollars, and the rest of the net figure."""
    shown = flow.assets[:_SHOWN_ASSETS]
    pieces = [f"{amount(part.amount, part.asset, signed=True)} = {usd(part.usd, signed=True)}" for part in shown]
    if len(flow.assets) > _SHOWN_ASSETS:
        pieces.append(f"everything else {usd(flow.usd - sum(part.usd for part in shown), signed=True)}")
    return " · ".join(pieces)


def _baseline_line(baseline: Baseline | None) -> Line:
    if baseline is None:
        return usual_day(None)
    return line(
        bold("Baseline: "),
        f"median {percent(baseline.median, signed=True)} a day, spread {percent(baseline.spread)}, "
        f"nine days of ten between {percent(baseline.low, signed=True)} and {percent(baseline.high, signed=True)}, "
        f"lowest {percent(baseline.worst, signed=True)}, from {baseline.days} days.",
    )


def _percentile_lines(signal: Signal) -> Iterator[Line]:
    """Yield where the day's flow lies among the usual days: the percentile, as far as the baseline tells it."""
    flow, baseline = signal.flow(Window.DAY), signal.baseline
    # Of a flow with two ends the certain one; where nothing is certain there is nothing to compare.
    share = certain_share(flow) if flow else 0.0
    if flow and baseline and (share or not is_bounded(flow)):
        z = f"robust z {robust_z(share, flow.window, baseline):+.1f}".replace("-", "−")
        yield line(f"Its 24 h, {brief_share(flow)}: {_percentile(share, baseline)}, {z}.")


def _percentile(share: float, baseline: Baseline) -> str:
    if share < baseline.worst:
        return f"percentile 0, lower than all {baseline.days} days"
    if share < baseline.low:
        return "below percentile 5"
    return "between percentiles 5 and 95" if share <= baseline.high else "above percentile 95"


def _source_figure_lines(signal: Signal) -> Iterator[Line]:
    """Yield the source's own figures and whether they say the same, or that there is none."""
    for figure in signal.source_figures:
        yield line(
            bold("Second opinion: "),
            f"the source's own figure for {WINDOW_NAMES[figure.window]} is {usd(figure.usd, signed=True)}",
            _agreement(signal.flow(figure.window), figure),
        )
    if not signal.source_figures:
        yield line(bold("Second opinion: "), "none, the source gave no figure of its own.")


def _agreement(flow: Flow | None, figure: SourceFigure) -> str:
    if flow is None:
        return "."
    verdict = "agrees with" if figures_agree(flow, figure.usd) else "differs from"
    return f"; it {verdict} the {usd(flow.usd, signed=True)} of the amounts."
