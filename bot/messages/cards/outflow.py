"""The words of the outflow's incidents: which share left over which window, what is normal, what other figures say.

Example of a crossed threshold: "24 h −4.2 % (limit −3.0 %)" in chats, "24 h: −4.2 % of clean reserves ≤ −3.0 %" in a
backtest. Figures are negative where money left, and all minus signs are typographic (−), also in numbers that Python
has formatted.
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
from bot.language.name_lists import enumerated, sentences, with_note
from bot.language.translation import marked, tr, tr_as, tr_count
from bot.messages.cards.common import assets_sentence, liabilities, sensitivity_word, source_name, window_name
from bot.messages.cards.flow_bounds import (
    brief_share,
    certain_share,
    certain_usd,
    flow_sentence,
    is_bounded,
    reserves_at_start,
)
from bot.messages.cards.flows import usual_day
from bot.messages.cards.majors_line import majors_lines, never_eases
from bot.messages.cards.part_names import part_name
from bot.messages.cards.shown_total import INCOMPLETE_MARK
from bot.messages.cards.signal_card import SignalCard
from bot.messages.model import Action, Line, Table, line, moment
from bot.messages.number_format import amount, decimal, percent, usd
from bot.messages.pictures import PictureKind
from bot.messages.severity_words import severity_word
from bot.messages.translated_lines import tr_count_line, tr_line

_HEADLINES = {
    Severity.WATCH: marked("unusual outflow"),
    Severity.ELEVATED: marked("elevated outflow"),
    Severity.SEVERE: marked("severe outflow"),
    Severity.CRITICAL: marked("critical: outflow while withdrawals are closed"),
}
_SHOWN_ASSETS = 4  # with amounts; the rest of the net figure is added up


class OutflowCard(SignalCard):
    """The words of the outflow."""

    @override
    def footnote(self) -> str:
        return liabilities()

    @override
    def method(self) -> str:
        return tr(
            "Flow = Σ (amount at the end − amount at the start) × price at the start, own token left out: "
            "price moves are not flows."
        )

    @override
    def nothing_measured(self) -> str:
        return tr("no figure could be computed")

    @override
    def headline(self, incident: Incident) -> str:
        if incident.rule != Rule.BLEED or incident.severity is Severity.CRITICAL:
            return tr(_HEADLINES[incident.severity])
        # A bleed keeps its rule while it does not escalate; its title follows the figure, which may be a day's by now.
        is_led_by_shorter = incident.announced.severity is not None and incident.announced.rule != Rule.BLEED
        return tr(_HEADLINES[incident.severity]) if is_led_by_shorter else tr("slow outflow over weeks")

    @override
    def easing_headline(self, incident: Incident) -> str:
        # No outflow is named, so that a title never contradicts the figure below it, which may be an inflow by now.
        return tr("{headline}, easing", headline=severity_word(incident.severity))

    @override
    def evidence(self, signal: Signal) -> Iterator[Line]:
        flow = _shown_flow(signal)
        yield flow_sentence(flow, signal.jumps) if flow else line(_no_figure(signal))
        yield usual_day(signal.baseline)
        if flow and flow.assets:
            yield assets_sentence(flow)
        yield from _withdrawals(signal)

    @override
    def caution(self, signal: Signal, *, is_explained: bool = False) -> str:
        leading = signal.leading_flow
        left_out = enumerated(map(part_name, (*leading.missing_chains, *leading.gone_parts))) if leading else ""
        data = tr("Data without {chains}.", chains=left_out) if left_out else tr("Data complete.")
        if leading and is_bounded(leading):
            data = tr("Its exact size is not known yet.")
        return (
            data if is_explained else sentences(tr("Could be withdrawals, an internal wallet move or a theft."), data)
        )

    @override
    def figure(self, signal: Signal) -> Line:
        flow = signal.leading_flow
        return flow_sentence(flow, signal.jumps) if flow else line(_no_figure(signal))

    @override
    def brief(self, signal: Signal) -> str:
        flow = signal.leading_flow
        return _share_in(brief_share(flow), flow.window) if flow else ""

    @override
    def worst_figure(self, incident: Incident) -> str:
        share, moved = (incident.worst.value, incident.worst.usd) if incident.worst else (0.0, None)
        return with_note(percent(share, signed=True), usd(moved or 0.0, signed=True))

    @override
    def worst_moment(self, moment: WorstMoment) -> str:
        usd_then = usd(moment.size.usd, signed=True) if moment.size.usd is not None else ""
        return _share_in(with_note(percent(moment.size.value, signed=True), usd_then), Window(moment.measurement))

    @override
    def ending(self, incident: Incident) -> str:
        if incident.ending is Ending.INTERNAL_MOVE:
            return tr("It was an internal move: most of what left has come back.")
        return tr("The outflow is back below the alert limits.")

    @override
    def measurement(self, name: str) -> str:
        return tr("withdrawals") if name == CLOSED_WITHDRAWALS else window_name(Window(name))

    @override
    def reason(self, reason: Reason) -> str:
        # Only backtests show it, in English: chats have `exceeded_limit`.
        if reason.measure == CLOSED_WITHDRAWALS or reason.window is None:
            return f"Withdrawals of {reason.value:.0f} major assets are closed; {reason.threshold:.0f} make it critical"
        window = window_name(reason.window)
        if reason.measure == "z":
            return f"{window}: robust z {reason.value:.1f} ≤ {reason.threshold:.1f}".replace("-", "−")
        return f"{window}: {percent(reason.value)} of clean reserves ≤ {percent(reason.threshold)}"

    @override
    def exceeded_limit(self, reason: Reason) -> str:
        if reason.measure == CLOSED_WITHDRAWALS or reason.window is None:
            return tr_count(
                "withdrawals of {count} major asset closed (limit {limit})",
                "withdrawals of {count} major assets closed (limit {limit})",
                round(reason.value),
                limit=round(reason.threshold),
            )
        if reason.measure == "z":
            return ""  # the details say how unusual it is, and what that means
        return tr(
            "{window} {share} (limit {limit})",
            window=window_name(reason.window),
            share=percent(reason.value),
            limit=percent(reason.threshold),
        )

    @override
    def normal(self, signal: Signal) -> Line:
        return usual_day(signal.baseline)

    @override
    def thresholds(self, sensitivity: Sensitivity) -> Line:
        scale = SCALES[sensitivity]
        by_severity = " · ".join(
            f"{severity_word(severity)} "
            + enumerated(
                f"{window_name(limit.window)} {_limit(limit.share * scale)}{'*' if limit.needs_z else ''}"
                for limit in THRESHOLDS
                if limit.severity is severity
            )
            for severity in (Severity.WATCH, Severity.ELEVATED, Severity.SEVERE)
        )
        # Translators: {limits} is "watch 24 h −1.5 %*, 7 d −5 %* · elevated 24 h −3 %"; "* only if" explains its "*".
        return tr_line(
            "**Limits at {sensitivity} sensitivity:** {limits}. * only if also unusual for this exchange "
            "(score {score} or lower). Flows under {usd} are ignored. An incident ends at {share} of the limit.",
            sensitivity=sensitivity_word(sensitivity),
            limits=by_severity,
            score=decimal(UNUSUAL_Z, 1),
            usd=usd(MIN_FLOW_USD),
            share=percent(EASING, digits=0),
        )

    @override
    def inputs(self, signal: Signal) -> Iterator[Line]:
        """Yield the two readings that were compared, where they are from, and what moved between them."""
        flow = signal.leading_flow
        if flow is None:
            return
        yield tr_line(
            "**Compared:** {source}'s reading of {start} (reserves {reserves}) with that of {end}, fetched {time}.",
            source=source_name(signal.source),
            start=moment(flow.start),
            reserves=reserves_at_start(flow),
            end=moment(flow.end),
            time=moment(signal.fetched_at),
        )
        if flow.assets:
            yield tr_line("**By asset:** {assets}", assets=_by_asset(flow))

    @override
    def background(self, signal: Signal) -> Iterator[Line]:
        """Yield the place of this day among the past ones, the source's own figures, and closed withdrawals."""
        yield from _rank_lines(signal)
        yield from _baseline_lines(signal.baseline)
        yield from _source_figure_lines(signal)
        yield from _withdrawals(signal)

    @override
    def table(self, signal: Signal) -> Table:
        """Return every window with what is certain of it and the day it starts on; all end at the reading explained.

        A window with a mark is one that `comparability` says cannot be judged.
        """
        rows = tuple(
            (
                window_name(flow.window) + (INCOMPLETE_MARK if flow.hold else ""),
                usd(certain_usd(flow), signed=True),
                percent(certain_share(flow), signed=True),
                f"{flow.start:%m-%d}",
            )
            for flow in signal.flows
        )
        header = (tr_as("a span of time", "Window"), tr("Net flow"), tr("Share"), tr_as("a start date", "Since"))
        return Table(header, rows, numeric=(1, 2))

    @override
    def actions(self, incident: Incident) -> tuple[Action, ...]:
        return (
            Action(tr("Chart"), f"chart {incident.subject} {PictureKind.RUN}"),
            Action(tr("Reserves"), f"reserves {incident.subject}"),
            Action(tr("Flows"), f"flows {incident.subject}"),
        )


class MarketWideCard(OutflowCard):
    """The words of outflows at many exchanges at once, where they differ: there is no reading of the market itself."""

    @override
    def ending(self, incident: Incident) -> str:
        return tr("Now fewer than three large exchanges are elevated.")


def _share_in(share: str, window: Window) -> str:
    """Return a share, with or without dollars, and over which window: `−8.1 % (−$640 M) in 24 h`."""
    # Translators: {share} is "−8.1 %", "−8.1 % (−$640 M)" or "at least −8.1 %".
    return tr("{share} in {window}", share=share, window=window_name(window))


def _limit(share: float) -> str:
    """Return a limit with three digits at most, and no zeros at its end: `−3 %`, `−2.25 %`."""
    _, _, decimals = f"{abs(share) * 100:.3g}".partition(".")
    return percent(share, digits=len(decimals))


def _shown_flow(signal: Signal) -> Flow | None:
    """Return the flow that an alert shows: the leading one, unless money comes in there and leaves over longer windows.

    An incident that a window of 14 d raised may ease at −7.4 % in 14 d, while the day has +0.5 %: the −7.4 % is shown,
    which is what it is about, and not an inflow under the title of an outflow.
    """
    leading = signal.leading_flow
    if leading is None or leading.share < 0:
        return leading
    share_of_limit = {
        flow.share / limit.share: flow
        for limit in THRESHOLDS
        for flow in signal.flows
        if flow.window is limit.window and flow.hold is None and flow.share < 0
    }
    return share_of_limit[max(share_of_limit)] if share_of_limit else leading


def _no_figure(signal: Signal) -> str:
    """Return that there is no figure to lead with; why stands in a line of its own."""
    if signal.flows:
        return tr("Flow not known: the data are incomplete.")
    return tr("Flow not known: no figure can be computed.")


def _withdrawals(signal: Signal) -> Iterator[Line]:
    """Yield how the majors can be withdrawn, and that nothing eases while two of them cannot."""
    yield from majors_lines(signal.withdrawals)
    if signal.blocks_easing:
        yield line(never_eases())


def _by_asset(flow: Flow) -> str:
    """Return what the largest assets moved, in their own units and in dollars, and the rest of the net figure."""
    shown = flow.assets[:_SHOWN_ASSETS]
    pieces = [f"{amount(part.amount, part.asset, signed=True)} = {usd(part.usd, signed=True)}" for part in shown]
    if len(flow.assets) > _SHOWN_ASSETS:
        rest_usd = flow.usd - sum(part.usd for part in shown)
        pieces.append(tr("everything else {usd}", usd=usd(rest_usd, signed=True)))
    return " · ".join(pieces)


def _baseline_lines(baseline: Baseline | None) -> Iterator[Line]:
    if baseline:
        yield tr_count_line(
            "**Normal days:** median {median}, nine in ten between {low} and {high}, lowest {lowest}, spread {spread} "
            "(last {count} day).",
            "**Normal days:** median {median}, nine in ten between {low} and {high}, lowest {lowest}, spread {spread} "
            "(last {count} days).",
            baseline.days,
            median=percent(baseline.median, signed=True),
            low=percent(baseline.low, signed=True),
            high=percent(baseline.high, signed=True),
            lowest=percent(baseline.worst, signed=True),
            spread=percent(baseline.spread),
        )


def _rank_lines(signal: Signal) -> Iterator[Line]:
    """Yield where the day's flow lies among the normal days, as far as the baseline tells it, and its score."""
    flow, baseline = signal.flow(Window.DAY), signal.baseline
    # Of a flow with two ends the certain one; where nothing is certain there is nothing to compare.
    share = certain_share(flow) if flow else 0.0
    if flow and baseline and (share or not is_bounded(flow)):
        score = tr(
            "Score {score}: its distance from the median day in spreads (robust z). {limit} or lower is unusual.",
            score=decimal(robust_z(share, flow.window, baseline), 1, signed=True),
            limit=decimal(UNUSUAL_Z, 1),
        )
        yield line(sentences(_rank(flow, baseline), score))


def _rank(flow: Flow, baseline: Baseline) -> str:
    share, figures = certain_share(flow), {"window": window_name(flow.window), "share": brief_share(flow)}
    if share < baseline.worst:
        # Translators: "Its" is the exchange's; {share} is "−8.1 %" or "at least −8.1 %".
        return tr_count(
            "Its {window}, {share}: the largest outflow in {count} day.",
            "Its {window}, {share}: the largest outflow in {count} days.",
            baseline.days,
            **figures,
        )
    if share < baseline.low:
        # Translators: {part} is "95 %".
        return tr("Its {window}, {share}: lower than on {part} of days.", part=percent(0.95, digits=0), **figures)
    if share <= baseline.high:
        return tr("Its {window}, {share}: as on a normal day.", **figures)
    return tr("Its {window}, {share}: higher than on {part} of days.", part=percent(0.95, digits=0), **figures)


def _source_figure_lines(signal: Signal) -> Iterator[Line]:
    """Yield the source's own figures and whether they match ours, or that there is none."""
    source = source_name(signal.source)
    for figure in signal.source_figures:
        yield _source_figure_line(source, signal.flow(figure.window), figure)
    if not signal.source_figures:
        yield tr_line("{source} gives no flow figure of its own to compare with.", source=source)


def _source_figure_line(source: str, flow: Flow | None, figure: SourceFigure) -> Line:
    window, theirs = window_name(figure.window), usd(figure.usd, signed=True)
    if flow is None:
        return tr_line(
            "{source}'s own {window} figure, {usd}, cannot be compared with ours.",
            source=source,
            window=window,
            usd=theirs,
        )
    text = (
        marked("{source}'s own {window} figure, {usd}, matches ours, {ours}.")
        if figures_agree(flow, figure.usd)
        else marked("{source}'s own {window} figure, {usd}, differs from ours, {ours}.")
    )
    return tr_line(text, source=source, window=window, usd=theirs, ours=usd(flow.usd, signed=True))
