"""Phrases that several cards share: holds, notes, assets and where figures are from.

Example of why figures are held: "chain missing (Tron, 14.0 % of reserves)". How a flow is told is in `flow_bounds`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.detection.guards.source_figures import figures_agree
from bot.domain.exchange import Listing
from bot.domain.flow import Flow, Hold, HoldReason, Window
from bot.domain.reading import SourceHealth
from bot.domain.severity import Severity
from bot.domain.signal import Note, NoteReason
from bot.messages.model import Line, Tone, line, moment
from bot.messages.number_format import span, usd

LIABILITIES = "Reserves only. What the exchange owes its customers is not included."
TONES = {
    Severity.WATCH: Tone.WATCH,
    Severity.ELEVATED: Tone.ELEVATED,
    Severity.SEVERE: Tone.SEVERE,
    Severity.CRITICAL: Tone.CRITICAL,
}
WINDOW_NAMES = {
    Window.HOUR: "1 h",
    Window.DAY: "24 h",
    Window.THREE_DAYS: "72 h",
    Window.WEEK: "7 d",
    Window.FORTNIGHT: "14 d",
    Window.MONTH: "30 d",
}
HOLD_WORDS = {
    HoldReason.CHAIN_MISSING: "chain missing",
    HoldReason.STALE: "data too old",
    HoldReason.WALLETS_CHANGED: "a jump, perhaps a changed wallet list; waiting for the next reading",
    HoldReason.SOURCE_GLITCH: "perhaps a fault of the source; waiting for the next reading",
    HoldReason.DISAGREE: "our figure and the source's own disagree",
    HoldReason.WITHHELD: "figures paused",
    HoldReason.UNKNOWN: "not known",
}
"""Why figures are held, in full; the detail of a hold follows in brackets."""
HOLD_BRIEF = {
    HoldReason.CHAIN_MISSING: "a part is missing",
    HoldReason.STALE: "data too old",
    HoldReason.WALLETS_CHANGED: "jumped in one step",
    HoldReason.SOURCE_GLITCH: "perhaps a fault of the source",
    HoldReason.DISAGREE: "two figures disagree",
    HoldReason.WITHHELD: "paused by the operator",
    HoldReason.UNKNOWN: "not known",
}
"""The same beside a figure, where the full words stand elsewhere."""
_NOTE_WORDS = {
    NoteReason.WALLETS_CHANGED: (
        "{subject} {moved} jumped in one step (a changed wallet list or one large transfer): not counted as a flow"
    ),
    NoteReason.COUNTED: "{subject} {moved} jumped in one step and is counted in full now",
    NoteReason.TOGETHER: (
        "{subject} {moved} in one step, in the same hour as at other exchanges: perhaps a fault of the source. "
        "Not called severe until more leaves"
    ),
    NoteReason.ROUND_TRIP: "{subject} {size} left and came back: no flow",
    NoteReason.PASSAGE: "{subject} {size} came in and left again: no flow",
    NoteReason.PRICE_ODD: "{subject} is valued at {price}, its last price: the source's new one is odd",
    NoteReason.UNPRICED: "{subject} ({size}) is valued at its last price: the source gives none now",
    NoteReason.OWN_TOKEN: "Own token {subject} {moved} in 24 h: left out of every flow.",
    NoteReason.UNREPORTED: "Without {subject} ({size} when last reported), which the source does not report any more",
    NoteReason.GAP: "No figure for {subject}: the reading from the start of that time is missing or incomplete.",
    NoteReason.BLIND: "The bot was offline for a while.",
    NoteReason.REVISED: "The source revised its history ({subject}): earlier figures for those days may be wrong",
}
_AS_OLD = timedelta(hours=1)  # the list is fetched every ten minutes, amounts are up to an hour older
_SOURCE_NAMES = {"defillama": "DefiLlama"}


def source_name(source: str) -> str:
    """Return a source as people know it."""
    return _SOURCE_NAMES.get(source, source)


def provenance(source: str, as_of: datetime, *, by_source: bool = True) -> Line:
    """Return where a figure is from and when it was true, or when it was fetched where the source does not say."""
    return line(source_name(source), " · as of " if by_source else " · fetched ", moment(as_of, relative=True))


def lasting_provenance(source: str, as_of: datetime) -> Line:
    """Return the same for a message that is posted and read hours later: how old the figure is must not be frozen."""
    return line(source_name(source), " · as of ", moment(as_of, live=True))


def hold_sentence(hold: Hold) -> str:
    """Return why figures are held, with what people may look up: `chain missing (Tron, 14.0 % of reserves)`."""
    words = HOLD_WORDS[hold.reason]
    return f"{words} ({hold.detail})" if hold.detail else words


def holds_by_reason(held: Iterable[tuple[str, Hold]]) -> list[tuple[tuple[str, ...], str]]:
    """Return each reason for which measurements are held once: their names, and the sentence that says why.

    Where details differ, the sentence says which is whose: `chain missing (24 h, 72 h: Tron, 14.0 % of reserves; 7 d:
    Tron, 14.2 % of reserves)`.
    """
    names_by_detail: dict[HoldReason, dict[str, list[str]]] = {}
    for name, hold in held:
        names_by_detail.setdefault(hold.reason, {}).setdefault(hold.detail, []).append(name)
    return [
        (tuple(name for names in details.values() for name in names), hold_sentence(Hold(reason, _details(details))))
        for reason, details in names_by_detail.items()
    ]


def _details(names_by_detail: Mapping[str, Sequence[str]]) -> str:
    if len(names_by_detail) == 1:
        return next(iter(names_by_detail))
    return "; ".join(f"{', '.join(names)}: {detail}" for detail, names in names_by_detail.items())


def assets_sentence(flow: Flow, shown: int = 3) -> Line:
    """Return what the flow consists of: the largest assets, and the rest of the net figure."""
    leading = flow.assets[:shown]
    other_usd = flow.usd - sum(asset_flow.usd for asset_flow in leading)
    pieces = [f"{asset_flow.asset} {usd(asset_flow.usd, signed=True)}" for asset_flow in leading]
    if len(flow.assets) > shown:
        pieces.append(f"everything else {usd(other_usd, signed=True)}")
    return line(" · ".join(pieces))


def source_figure_line(listing: Listing | None, window: Window, flow: Flow | None = None) -> Line | None:
    """Return the upstream's own figure for a window, and whether it matches ours; None when it gives none.

    "DefiLlama's own 24 h figure, −$12.7 B, matches ours." Its time is said where it is not that of ours.
    """
    given_usd = listing.inflows_usd.get(window) if listing else None
    if listing is None or not given_usd:
        return None
    own_figure = f"{source_name(listing.source)}'s own {WINDOW_NAMES[window]} figure"
    moved, at = usd(given_usd, signed=True), (" (", moment(listing.fetched_at), ")")
    if flow is None:
        return line(f"{own_figure}: {moved}", *at, ".")
    verdict = "matches" if figures_agree(flow, given_usd) else "differs from"
    is_as_old = abs(listing.fetched_at - flow.end) <= _AS_OLD
    return line(f"{own_figure}, {moved}", *(() if is_as_old else at), f", {verdict} ours.")


def source_figure(listing: Listing | None, window: Window) -> str | None:
    """Return the upstream's own figure for a window in dollars; None when it gives none, as it does by an exact 0."""
    given_usd = listing.inflows_usd.get(window) if listing else None
    return usd(given_usd, signed=True) if given_usd else None


def note_sentence(note: Note) -> Line:
    """Return what people should know beside the figures."""
    if note.reason is NoteReason.BLIND and note.at and note.until:
        return line("The bot was offline from ", moment(note.at), " to ", moment(note.until), ".")
    amount_usd = note.usd or 0.0
    words = _NOTE_WORDS[note.reason].format(
        subject=note.subject, moved=usd(amount_usd, signed=True), size=usd(abs(amount_usd)), price=f"${amount_usd:,.6g}"
    )
    return line(words, *((" · ", moment(note.at)) if note.at else ()))


def trouble_sentence(health: SourceHealth | None, now: datetime) -> Line | None:
    """Return what is wrong with a source right now, None when it works."""
    if health is None or health.fault is None or health.failing_since is None:
        return None
    if health.fault.is_refusal:
        refused_for = span(now - health.failing_since)
        return line(
            f"⚠️ The source has contradicted itself for {refused_for} ({health.fault}); shown is what it said before."
        )
    silent_for = span(now - health.failing_since)
    return line(f"⚠️ The source has not answered for {silent_for} ({health.fault}); shown is what it said before.")
