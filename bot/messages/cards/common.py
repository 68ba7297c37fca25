"""Phrases that several cards share: holds, notes, assets and where figures are from.

Example of why figures are held: "chain missing (Tron, 14.0 % of reserves)". How a flow is told is in `flow_bounds`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.detection.guards.source_figures import figures_agree
from bot.domain.exchange import Listing
from bot.domain.flow import Flow, Hold, HoldReason, Window
from bot.domain.reading import SourceHealth
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Note, NoteReason
from bot.language.name_lists import apart, enumerated, labelled, with_note
from bot.language.translation import language_code, marked, tr, tr_count
from bot.messages.cards.hold_details import fault_words, hold_detail
from bot.messages.cards.part_names import part_names
from bot.messages.model import Line, Tone, line, moment
from bot.messages.number_format import price, span, usd
from bot.messages.translated_lines import tr_line

TONES = {
    Severity.WATCH: Tone.WATCH,
    Severity.ELEVATED: Tone.ELEVATED,
    Severity.SEVERE: Tone.SEVERE,
    Severity.CRITICAL: Tone.CRITICAL,
}
_HOLD_WORDS = {
    HoldReason.CHAIN_MISSING: marked("chain missing"),
    HoldReason.STALE: marked("data too old"),
    HoldReason.WALLETS_CHANGED: marked("a jump, perhaps a changed wallet list; waiting for the next reading"),
    HoldReason.SOURCE_GLITCH: marked("perhaps a fault of the source; waiting for the next reading"),
    HoldReason.DISAGREE: marked("our figure and the source's own disagree"),
    HoldReason.WITHHELD: marked("figures paused"),
    HoldReason.UNKNOWN: marked("not known"),
}
_HOLD_BRIEF = {
    HoldReason.CHAIN_MISSING: marked("a part is missing"),
    HoldReason.STALE: marked("data too old"),
    HoldReason.WALLETS_CHANGED: marked("jumped in one step"),
    HoldReason.SOURCE_GLITCH: marked("perhaps a fault of the source"),
    HoldReason.DISAGREE: marked("two figures disagree"),
    HoldReason.WITHHELD: marked("paused by the operator"),
    HoldReason.UNKNOWN: marked("not known"),
}
_NOTE_WORDS = {
    NoteReason.WALLETS_CHANGED: marked(
        "{subject} {moved} jumped in one step (a changed wallet list or one large transfer): not counted as a flow"
    ),
    NoteReason.COUNTED: marked("{subject} {moved} jumped in one step and is counted in full now"),
    NoteReason.TOGETHER: marked(
        "{subject} {moved} in one step, in the same hour as at other exchanges: perhaps a fault of the source. "
        "Not called severe until more leaves"
    ),
    NoteReason.ROUND_TRIP: marked("{subject} {size} left and came back: no flow"),
    NoteReason.PASSAGE: marked("{subject} {size} came in and left again: no flow"),
    NoteReason.PRICE_ODD: marked("{subject} is valued at {price}, its last price: the source's new one is odd"),
    NoteReason.UNPRICED: marked("{subject} ({size}) is valued at its last price: the source gives none now"),
    NoteReason.OWN_TOKEN: marked("Own token {subject} {moved} in 24 h: left out of every flow."),
    NoteReason.UNREPORTED: marked(
        "Without {subject} ({size} when last reported), which the source does not report any more"
    ),
    NoteReason.GAP: marked(
        "No figure for {subject}: the reading from the start of that time is missing or incomplete."
    ),
    NoteReason.BLIND: marked("The bot was offline for a while."),
    NoteReason.REVISED: marked(
        "The source revised its history ({subject}): earlier figures for those days may be wrong"
    ),
}
_REVISED_DAYS = re.compile(r"(?P<count>\d+) days, (?P<start>[\d-]+) to (?P<end>[\d-]+)")
_AS_OLD = timedelta(hours=1)  # the list is fetched every ten minutes, amounts are up to an hour older
_SOURCE_NAMES = {"defillama": "DefiLlama"}


def liabilities() -> str:
    """Return what reserves do not say, for every answer and alert about them."""
    return tr("Reserves only. What the exchange owes its customers is not included.")


def window_name(window: Window) -> str:
    """Return the length of a window: `24 h`, `7 d`."""
    if window.length <= timedelta(hours=72):
        return tr("{hours} h", hours=window.length // timedelta(hours=1))
    return tr("{days} d", days=window.length.days)


def source_name(source: str) -> str:
    """Return a source as people know it."""
    return _SOURCE_NAMES.get(source, source)


def provenance(source: str, as_of: datetime, *, by_source: bool = True) -> Line:
    """Return where a figure is from and when it was true, or when it was fetched where the source does not say."""
    at = moment(as_of, relative=True)
    if by_source:
        return tr_line("{source} · as of {time}", source=source_name(source), time=at)
    return tr_line("{source} · fetched {time}", source=source_name(source), time=at)


def lasting_provenance(source: str, as_of: datetime) -> Line:
    """Return the same for a message that is posted and read hours later: how old the figure is must not be frozen."""
    return tr_line("{source} · as of {time}", source=source_name(source), time=moment(as_of, live=True))


def hold_sentence(hold: Hold) -> str:
    """Return why figures are held, with what people may look up: `chain missing (Tron, 14.0 % of reserves)`."""
    words, detail = tr(_HOLD_WORDS[hold.reason]), hold_detail(hold.detail)
    return with_note(words, detail)


def brief_hold(hold: Hold) -> str:
    """Return the same beside a figure, where the full words stand elsewhere: `a part is missing`."""
    return tr(_HOLD_BRIEF[hold.reason])


def holds_by_reason(held: Iterable[tuple[str, Hold]]) -> list[tuple[tuple[str, ...], str]]:
    """Return each reason for which measurements are held once: their names, and the sentence that says why.

    Where details differ, the sentence says which is whose: `chain missing (24 h, 72 h: Tron, 14.0 % of reserves; 7 d:
    Tron, 14.2 % of reserves)`.
    """
    names_by_detail: dict[HoldReason, dict[str, list[str]]] = {}
    for name, hold in held:
        names_by_detail.setdefault(hold.reason, {}).setdefault(hold.detail, []).append(name)
    return [
        (tuple(name for names in details.values() for name in names), _sentence_of_all(reason, details))
        for reason, details in names_by_detail.items()
    ]


def _sentence_of_all(reason: HoldReason, names_by_detail: Mapping[str, Sequence[str]]) -> str:
    if len(names_by_detail) == 1:
        return hold_sentence(Hold(reason, next(iter(names_by_detail))))
    details = apart(labelled(enumerated(names), hold_detail(detail)) for detail, names in names_by_detail.items())
    return with_note(tr(_HOLD_WORDS[reason]), details)


def assets_sentence(flow: Flow, shown: int = 3) -> Line:
    """Return what the flow consists of: the largest assets, and the rest of the net figure."""
    leading = flow.assets[:shown]
    other_usd = flow.usd - sum(asset_flow.usd for asset_flow in leading)
    pieces = [f"{asset_flow.asset} {usd(asset_flow.usd, signed=True)}" for asset_flow in leading]
    if len(flow.assets) > shown:
        pieces.append(tr("everything else {usd}", usd=usd(other_usd, signed=True)))
    return line(" · ".join(pieces))


def source_figure_line(listing: Listing | None, window: Window, flow: Flow | None = None) -> Line | None:
    """Return the upstream's own figure for a window, and whether it matches ours; None when it gives none.

    "DefiLlama's own 24 h figure, −$12.7 B, matches ours." Its time is said where it is not that of ours.
    """
    given_usd = listing.inflows_usd.get(window) if listing else None
    if listing is None or not given_usd:
        return None
    is_as_old = flow is not None and abs(listing.fetched_at - flow.end) <= _AS_OLD
    if flow is None:
        text = marked("{source}'s own {window} figure: {usd}{time}.")
    elif figures_agree(flow, given_usd):
        text = marked("{source}'s own {window} figure, {usd}{time}, matches ours.")
    else:
        text = marked("{source}'s own {window} figure, {usd}{time}, differs from ours.")
    return tr_line(
        text,
        source=source_name(listing.source),
        window=window_name(window),
        usd=usd(given_usd, signed=True),
        time=() if is_as_old else line(" (", moment(listing.fetched_at), ")"),
    )


def source_figure(listing: Listing | None, window: Window) -> str | None:
    """Return the upstream's own figure for a window in dollars; None when it gives none, as it does by an exact 0."""
    given_usd = listing.inflows_usd.get(window) if listing else None
    return usd(given_usd, signed=True) if given_usd else None


def note_sentence(note: Note) -> Line:
    """Return what people should know beside the figures."""
    if note.reason is NoteReason.BLIND and note.at and note.until:
        return tr_line("The bot was offline from {start} to {end}.", start=moment(note.at), end=moment(note.until))
    amount_usd = note.usd or 0.0
    words = tr(
        _NOTE_WORDS[note.reason],
        subject=_note_subject(note),
        moved=usd(amount_usd, signed=True),
        size=usd(abs(amount_usd)),
        price=price(amount_usd),
    )
    return line(words, *((" · ", moment(note.at)) if note.at else ()))


def _note_subject(note: Note) -> str:
    """Return what a note is about; windows and parts are named as everywhere."""
    if note.reason is NoteReason.GAP:
        names = note.subject.split(", ")
        return enumerated(window_name(Window(name)) if name in tuple(Window) else name for name in names)
    if note.reason is NoteReason.REVISED and (days := _REVISED_DAYS.fullmatch(note.subject)):
        # Translators: {start} and {end} are dates.
        return tr_count(
            "{count} day, {start} to {end}",
            "{count} days, {start} to {end}",
            int(days["count"]),
            start=days["start"],
            end=days["end"],
        )
    return part_names(note.subject)


def trouble_sentence(health: SourceHealth | None, now: datetime) -> Line | None:
    """Return what is wrong with a source right now, None when it works."""
    if health is None or health.fault is None or health.failing_since is None:
        return None
    text = (
        marked("⚠️ The source has contradicted itself for {time} ({fault}); shown is what it said before.")
        if health.fault.is_refusal
        else marked("⚠️ The source has not answered for {time} ({fault}); shown is what it said before.")
    )
    return tr_line(text, time=span(now - health.failing_since), fault=fault_words(health.fault))


_SENSITIVITY_WORDS = {
    Sensitivity.CALM: marked("calm"),
    Sensitivity.NORMAL: marked("normal"),
    Sensitivity.EARLY: marked("early"),
}


def sensitivity_word(sensitivity: Sensitivity) -> str:
    """Return a preset as a word of a sentence, `early`; where it is to be typed it is English in every language."""
    return tr(_SENSITIVITY_WORDS[sensitivity])


def capitalized(text: str) -> str:
    """Return a text with a capital at its beginning; that of “i” is “İ” in Turkish."""
    first = "İ" if text.startswith("i") and language_code() == "tr" else text[:1].upper()
    return f"{first}{text[1:]}"


def surplus_line(surplus: int) -> str | None:
    """Return how many more there are than the lines above name, None for none."""
    return tr("… and {count} more.", count=surplus) if surplus > 0 else None
