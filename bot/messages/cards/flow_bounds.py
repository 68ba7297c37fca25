"""How a flow is told whose exact size is not known: between which two figures it lies.

While a part of the reserves is missing, or a step waits for its verdict, a flow has two ends (`Flow.low`, `Flow.high`).
The one nearer to zero is certain, and comes first. As a sentence: "Net outflow of at least −$58.3 B in 24 h · at least
55.0 % of reserves ($106 B), at most 61.0 %: Tron missing"; as a figure: "−$58.3 B to −$64.7 B (−55.0 to −61.0 %)".
Where even the direction is open, the lower one comes first: "−$2.00 B to +$3.00 B (−2.0 to +3.0 %)".
"""

from collections.abc import Iterable

from bot.domain.exchange import Listing
from bot.domain.flow import Flow, HoldReason, Window
from bot.domain.jump import Jump, Verdict
from bot.domain.signal import Signal
from bot.language.name_lists import apart, enumerated, labelled, with_note
from bot.language.translation import marked, tr
from bot.messages.cards.common import brief_hold, source_figure, source_name, window_name
from bot.messages.cards.part_names import part_name
from bot.messages.model import Line, line, moment
from bot.messages.number_format import percent, percent_range, usd
from bot.messages.translated_lines import tr_line

_NOTICEABLE = 0.1  # 24 h measured over 22 to 26 h is as good as 24 h; from 2.4 h off on the true start is said


def is_bounded(flow: Flow) -> bool:
    """Return whether two ends have to be shown: figures that read the same are one."""
    return _percent(flow.low) != _percent(flow.high)


def certain_share(flow: Flow) -> float:
    """Return what has moved at least, as a share of reserves, negative = outflow; 0 where the direction is open."""
    return _nearest_to_zero(flow.low, flow.high)


def certain_usd(flow: Flow) -> float:
    """Return what has moved at least, in USD, negative = outflow; 0 where the direction is open."""
    return _nearest_to_zero(*_ends_usd(flow))


def flow_figures(flow: Flow) -> str:
    """Return a flow in USD and as a share, `−$2.30 B (−3.6 %)`, or between which ends it lies."""
    return with_note(_usd_range(flow) if is_bounded(flow) else usd(flow.usd, signed=True), share_figure(flow))


def title_figures(flow: Flow | None) -> str:
    """Return what a title tells of a flow, in USD and as a share: `at least −$58.3 B (−55.0 %)`.

    "" where nothing can be told: a figure that cannot be compared belongs beside its reason, below the title.
    """
    if flow is None:
        return ""
    is_certain = is_bounded(flow) and not _is_open(flow)
    if flow.hold and (flow.hold.reason is HoldReason.WITHHELD or not is_certain):
        return ""
    if not is_certain:
        return flow_figures(flow)
    return tr("at least {usd} ({share})", usd=usd(certain_usd(flow), signed=True), share=_percent(certain_share(flow)))


def flow_value(flow: Flow | None) -> Line:
    """Return a flow in dollars and as a share, or why there is none."""
    if flow is None:
        return line(tr("not available yet"))
    if flow.hold:
        return tr_line("{flow} · unclear: {reason}", flow=flow_figures(flow), reason=brief_hold(flow.hold))
    return line(flow_figures(flow))


def flow_or_source_figure(signal: Signal | None, listing: Listing | None, window: Window) -> Line:
    """Return a flow, or while it cannot be computed the upstream's own figure, marked; else that there is neither.

    The upstream's figure is shown and never judged: nothing says which wallets and which time it is about.
    """
    flow = signal.flow(window) if signal else None
    figure = source_figure(listing, window)
    if flow is None and listing and figure:
        return tr_line("{figure} ({source}'s own figure)", figure=figure, source=source_name(listing.source))
    return flow_value(flow)


def share_figure(flow: Flow) -> str:
    """Return the share alone, as short as a column of a table needs it: `−55.0 to −61.0 %`."""
    if not is_bounded(flow):
        return _percent(flow.share)
    return percent_range(*_in_order(flow.low, flow.high))


def brief_share(flow: Flow) -> str:
    """Return the share alone as a list has it, what is certain of it: `at least −55.0 %`."""
    if not is_bounded(flow) or _is_open(flow):
        return share_figure(flow)
    return tr("at least {share}", share=_percent(certain_share(flow)))


def flow_sentence(flow: Flow, jumps: Iterable[Jump] = ()) -> Line:
    """Return the sentence that leads an alert or an answer about a flow, with both ends and the cause if it has two.

    `jumps` are those of its signal: one that waits for its verdict is a cause.
    """
    if not is_bounded(flow):
        return _certain_sentence(flow)
    told = _open_sentence(flow) if _is_open(flow) else _bounded_sentence(flow)
    causes = _causes(flow, jumps)
    return (*told, *line(labelled("", apart(causes)))) if causes else told


def _certain_sentence(flow: Flow) -> Line:
    text = (
        # Translators: {usd} is "−$2.31 B", {window} "24 h" or "24 h (since 08:20 UTC)", {reserves} "$64.1 B".
        marked("Net outflow **{usd}** in {window} · **{share}** of reserves ({reserves})")
        if flow.usd < 0
        else marked("Net inflow **{usd}** in {window} · **{share}** of reserves ({reserves})")
    )
    return tr_line(
        text,
        usd=usd(flow.usd, signed=True),
        window=_window_length(flow),
        share=percent(abs(flow.share)),
        reserves=reserves_at_start(flow),
    )


def _open_sentence(flow: Flow) -> Line:
    first, second = _in_order(flow.low, flow.high)
    return tr_line(
        "Net flow in {window} between **{first}** and **{second}** of reserves ({reserves}), {usd_range}",
        window=_window_length(flow),
        first=_percent(first),
        second=_percent(second),
        reserves=reserves_at_start(flow),
        usd_range=_usd_range(flow),
    )


def _bounded_sentence(flow: Flow) -> Line:
    certain = certain_share(flow)
    _, farther = _in_order(flow.low, flow.high)
    text = (
        marked(
            "Net outflow of at least **{usd}** in {window} · at least **{share}** of reserves ({reserves}), "
            "at most {most}"
        )
        if certain < 0
        else marked(
            "Net inflow of at least **{usd}** in {window} · at least **{share}** of reserves ({reserves}), "
            "at most {most}"
        )
    )
    return tr_line(
        text,
        usd=usd(certain_usd(flow), signed=True),
        window=_window_length(flow),
        share=percent(abs(certain)),
        reserves=reserves_at_start(flow),
        most=percent(abs(farther)),
    )


def reserves_at_start(flow: Flow) -> str:
    """Return the reserves at a window's start, and how they stand for what was missing there.

    "$106 B, with Tron as last read", and once Tron is not reported any more: "$88.0 B, without Tron".
    """
    reserves = usd(flow.reserves_usd)
    if flow.lost_at_start:
        reserves = tr(
            "{usd}, with {chains} as last read", usd=reserves, chains=enumerated(map(part_name, flow.lost_at_start))
        )
    if flow.gone_parts:
        reserves = tr("{usd}, without {chains}", usd=reserves, chains=enumerated(map(part_name, flow.gone_parts)))
    return reserves


def _window_length(flow: Flow) -> Line:
    """Return the length of a window in words, and since when it was measured where that is noticeably off.

    It began early where a reading is missing: `24 h (since 2022-12-12 09:00 UTC)`; or late, as on a bot's first day.
    """
    off = abs((flow.end - flow.start) / flow.window.length - 1)
    if off > _NOTICEABLE:
        return tr_line("{window} (since {time})", window=window_name(flow.window), time=moment(flow.start))
    return line(window_name(flow.window))


def _causes(flow: Flow, jumps: Iterable[Jump]) -> list[str]:
    """Return why a flow has two ends."""
    # Translators: why a figure is not certain, "Solana, Tron missing".
    causes = (
        [tr("{chains} missing", chains=enumerated(map(part_name, flow.missing_chains)))] if flow.missing_chains else []
    )
    if waiting := [jump.group for jump in jumps if jump.verdict is Verdict.WAITING]:
        causes.append(
            tr("{assets} jumped in one step, waiting for the next reading", assets=enumerated(map(part_name, waiting)))
        )
    return causes


def _is_open(flow: Flow) -> bool:
    """Return whether nothing is certain of a flow, not even its direction: what reads as zero is nothing."""
    return percent(abs(certain_share(flow))) == percent(0.0)


def _ends_usd(flow: Flow) -> tuple[float, float]:
    low = flow.usd if flow.lowest_usd is None else flow.lowest_usd
    return low, flow.usd if flow.highest_usd is None else flow.highest_usd


def _nearest_to_zero(low: float, high: float) -> float:
    return high if high < 0 else max(low, 0.0)


def _in_order(low: float, high: float) -> tuple[float, float]:
    """Return the two ends, the certain one first."""
    return (high, low) if high <= 0 else (low, high)


def _usd_range(flow: Flow) -> str:
    nearer, farther = _in_order(*_ends_usd(flow))
    # Translators: "−$2.00 B to −$3.00 B", "−0.2 % to +0.2 %".
    return tr("{first} to {second}", first=usd(nearer, signed=True), second=usd(farther, signed=True))


def _percent(share: float) -> str:
    return percent(share, signed=True)
