"""Why there is an incident: what was compared, what is usual, which limits were crossed, and what was held."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from bot.detection.flow.baseline import robust_z
from bot.detection.guards.source_figures import agree
from bot.detection.thresholds import EASING, MIN_FLOW_USD, SCALES, THRESHOLDS, UNUSUAL_Z
from bot.domain.flow import Baseline, Flow, Window
from bot.domain.incident import Event, Incident, IncidentState, StepReason
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule, Signal, SourceFigure
from bot.messages.cards.common import (
    LIABILITIES,
    TONES,
    WINDOW_NAMES,
    flow_sentence,
    hold_sentence,
    note_sentence,
    provenance,
    source_name,
)
from bot.messages.cards.flows import usual_day
from bot.messages.cards.incidents import comparability, doors_sentence, market_card, reason_sentence
from bot.messages.model import Action, Field, Line, Message, Table, Tone, bold, line, lines, moment
from bot.messages.numbers import amount, percent, usd

_MARKET_RULE = (
    "Rule “market-wide”: three or more exchanges with clean reserves of $1 B or more are elevated or worse, "
    "and got there within 72 hours; as severe as the third worst of them."
)
_FORMULA = (
    "Flow = Σ (amount at the end − amount at the start) × price at the start, own token left out: "
    "price moves are not flows."
)
_ASSETS = 4
_TURNS = 8
_SPELLS = 3
_SPELL = frozenset({StepReason.HELD, StepReason.RELEASED})


def why_card(incident: Incident, name: str, names: Mapping[str, str] | None = None) -> Message:
    """Return the inputs, the baseline, the thresholds and the source behind an incident.

    The figures are those on which it was opened or last got worse; what the newest reading says stands apart.
    """
    if incident.rule is Rule.MARKET_WIDE:
        return market_card(incident, names or {}, line(_MARKET_RULE))
    grounds = incident.grounds or incident.signal
    return Message(
        title=f"{incident.label} · {name} · why",
        tone=Tone.GOOD if incident.state is IncidentState.RESOLVED else TONES[incident.severity],
        lines=lines(
            _standing(incident),
            *_inputs(grounds),
            *_crossings(grounds),
            _limits(incident.sensitivity),
            _baseline(grounds.baseline),
            _place_among_days(grounds),
            *_opinions(grounds),
            doors_sentence(grounds),
            comparability(grounds),
            *_holds(incident),
            _now(incident) if incident.grounds and incident.grounds.as_of != incident.signal.as_of else None,
            *map(note_sentence, incident.signal.notes),
            _FORMULA,
            LIABILITIES,
        ),
        fields=tuple(
            Field(event.reason, line(moment(event.at), _event_share(event.share)), inline=False)
            for event in [event for event in incident.events if event.reason not in _SPELL][-_TURNS:]
        ),
        table=_windows(grounds),
        footer=provenance(incident.signal.source, incident.signal.as_of),
        actions=(Action("Flows", f"flows {incident.exchange}"),),
    )


def _standing(incident: Incident) -> str:
    now = "" if incident.state is IncidentState.RESOLVED else f" {incident.severity} now,"
    return f"Rule “{incident.rule}”, preset {incident.sensitivity}: {incident.state},{now} {incident.peak} at worst."


def _inputs(grounds: Signal) -> Iterator[Line]:
    """Yield the two readings that were compared, where they are from, and what moved between them."""
    flow = grounds.leading_flow
    if flow is None:
        yield line(bold("Inputs: "), "no two readings could be compared.")
        return
    yield line(
        bold("Inputs: "),
        f"{source_name(grounds.source)}, reading of ",
        moment(flow.start),
        f" with {usd(flow.reserves_usd)} of clean reserves, and reading of ",
        moment(flow.end),
        ", fetched ",
        moment(grounds.fetched_at),
        ".",
    )
    yield flow_sentence(flow)
    if flow.assets:
        yield line(bold("By asset: "), _by_asset(flow))


def _by_asset(flow: Flow) -> str:
    """Return what the largest assets moved, in their own units and in dollars, and the rest of the net figure."""
    shown = flow.assets[:_ASSETS]
    pieces = [
        f"{amount(asset_flow.amount, asset_flow.asset, signed=True)} = {usd(asset_flow.usd, signed=True)}"
        for asset_flow in shown
    ]
    if len(flow.assets) > _ASSETS:
        pieces.append(f"everything else {usd(flow.usd - sum(asset_flow.usd for asset_flow in shown), signed=True)}")
    return " · ".join(pieces)


def _crossings(grounds: Signal) -> Iterator[Line]:
    for reason in grounds.reasons:
        yield line(bold("Crossed: "), reason_sentence(reason))
    if not grounds.reasons:
        yield line("No threshold is crossed by these figures.")


def _limits(sensitivity: Sensitivity) -> Line:
    """Return every threshold of a preset: the shares by severity, and what is asked beside them."""
    scale = SCALES[sensitivity]
    by_severity = " · ".join(
        f"{severity} "
        + ", ".join(
            f"{WINDOW_NAMES[threshold.window]} ≤ −{-100 * threshold.share * scale:.3g} %"
            f"{'*' if threshold.needs_z else ''}"
            for threshold in THRESHOLDS
            if threshold.severity is severity
        )
        for severity in (Severity.WATCH, Severity.ELEVATED, Severity.SEVERE)
    )
    beside = f" (* and robust z ≤ {UNUSUAL_Z:.1f}), never below {usd(MIN_FLOW_USD)}; ends at {EASING:g} of them."
    return line(bold("Thresholds: "), by_severity, beside.replace("-", "−"))


def _baseline(usual: Baseline | None) -> Line:
    if usual is None:
        return usual_day(None)
    return line(
        bold("Baseline: "),
        f"median {percent(usual.median, signed=True)} a day, spread {percent(usual.spread)}, nine days of ten between "
        f"{percent(usual.low, signed=True)} and {percent(usual.high, signed=True)}, "
        f"lowest {percent(usual.worst, signed=True)}, from {usual.days} days.",
    )


def _place_among_days(grounds: Signal) -> str | None:
    """Return where the day's flow lies among the usual days: the percentile, as far as the baseline tells it."""
    flow, usual = grounds.flow(Window.DAY), grounds.baseline
    if flow is None or usual is None:
        return None
    z = f"robust z {robust_z(flow.share, flow.window, usual):+.1f}".replace("-", "−")
    return f"Its 24 h, {percent(flow.share, signed=True)}: {_percentile(flow.share, usual)}, {z}."


def _percentile(share: float, usual: Baseline) -> str:
    if share < usual.worst:
        return f"percentile 0, lower than all {usual.days} days"
    if share < usual.low:
        return "below percentile 5"
    return "between percentiles 5 and 95" if share <= usual.high else "above percentile 95"


def _opinions(grounds: Signal) -> Iterator[Line]:
    """Yield the source's own figures and whether they say the same, or that there is none."""
    for second in grounds.seconds:
        yield line(
            bold("Second opinion: "),
            f"the source's own figure for {WINDOW_NAMES[second.window]} is {usd(second.usd, signed=True)}",
            _agreement(grounds.flow(second.window), second),
        )
    if not grounds.seconds:
        yield line(bold("Second opinion: "), "none, the source gave no figure of its own.")


def _agreement(flow: Flow | None, figure: SourceFigure) -> str:
    if flow is None:
        return "."
    verdict = "agrees with" if agree(flow, figure.usd) else "differs from"
    return f"; it {verdict} the {usd(flow.usd, signed=True)} of the amounts."


def _holds(incident: Incident) -> Iterator[Line]:
    """Yield the newest spells in which nothing was concluded, and why; or that there was none."""
    turns = pairwise((*incident.events, None))
    spells = [(held, after) for held, after in turns if held and held.reason is StepReason.HELD]
    if len(spells) > _SPELLS:
        yield line(bold("Held: "), f"{len(spells)} times in its life; the last {_SPELLS} of them:")
    for held, after in spells[-_SPELLS:]:
        yield line(bold("Held: "), moment(held.at), " to ", moment(after.at) if after else "now", f", {_causes(held)}")
    if not spells:
        yield line(bold("Held: "), "never in its life.")


def _causes(held: Event) -> str:
    first_of_each = {hold.reason: hold for hold in reversed(held.holds)}
    return " and ".join(hold_sentence(hold) for hold in first_of_each.values()) or "no window could be computed"


def _now(incident: Incident) -> Line:
    """Return what the newest reading says, beside what once raised the incident."""
    signal = incident.signal
    flow = signal.leading_flow
    label = "At its end: " if incident.state is IncidentState.RESOLVED else "Newest reading: "
    crossed = "; ".join(map(reason_sentence, signal.reasons)) or "no threshold is crossed"
    figure = flow_sentence(flow) if flow else line("no window can be compared")
    return (*line(bold(label)), *figure, *line(f". Crossed: {crossed}" if signal.reasons else f"; {crossed}."))


def _windows(signal: Signal) -> Table:
    """Return every window with where it starts; all end at the reading that is explained."""
    rows = tuple(
        (
            WINDOW_NAMES[flow.window] + (" held" if flow.hold else ""),
            usd(flow.usd, signed=True),
            percent(flow.share, signed=True),
            f"{flow.start:%m-%d %H:%M}",
        )
        for flow in signal.flows
    )
    return Table(("Window", "Net flow", "Share", "Since (UTC)"), rows, numeric=(1, 2))


def _event_share(share: float | None) -> str:
    return f" · {percent(share, signed=True)}" if share is not None else ""
