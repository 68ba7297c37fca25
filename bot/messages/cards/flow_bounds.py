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
from bot.messages.cards.common import brief_hold, source_figure, source_name, window_name
from bot.messages.model import Line, bold, line, moment
from bot.messages.number_format import percent, usd

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
    return f"{_usd_range(flow) if is_bounded(flow) else usd(flow.usd, signed=True)} ({share_figure(flow)})"


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
    return f"at least {usd(certain_usd(flow), signed=True)} ({_percent(certain_share(flow))})"


def flow_value(flow: Flow | None) -> Line:
    """Return a flow in dollars and as a share, or why there is none."""
    if flow is None:
        return line("not available yet")
    return line(flow_figures(flow), f" · unclear: {brief_hold(flow.hold)}" if flow.hold else "")


def flow_or_source_figure(signal: Signal | None, listing: Listing | None, window: Window) -> Line:
    """Return a flow, or while it cannot be computed the upstream's own figure, marked; else that there is neither.

    The upstream's figure is shown and never judged: nothing says which wallets and which time it is about.
    """
    flow = signal.flow(window) if signal else None
    figure = source_figure(listing, window)
    if flow is None and listing and figure:
        return line(f"{figure} ({source_name(listing.source)}'s own figure)")
    return flow_value(flow)


def share_figure(flow: Flow) -> str:
    """Return the share alone, as short as a column of a table needs it: `−55.0 to −61.0 %`."""
    if not is_bounded(flow):
        return _percent(flow.share)
    nearer, farther = _in_order(flow.low, flow.high)
    return f"{_percent(nearer).removesuffix(' %')} to {_percent(farther)}"


def brief_share(flow: Flow) -> str:
    """Return the share alone as a list has it, what is certain of it: `at least −55.0 %`."""
    if not is_bounded(flow) or _is_open(flow):
        return share_figure(flow)
    return f"at least {_percent(certain_share(flow))}"


def flow_sentence(flow: Flow, jumps: Iterable[Jump] = ()) -> Line:
    """Return the sentence that leads an alert or an answer about a flow, with both ends and the cause if it has two.

    `jumps` are those of its signal: one that waits for its verdict is a cause.
    """
    of_reserves = f" of reserves ({reserves_at_start(flow)})"
    certain, window = certain_share(flow), _window_length(flow)
    if not is_bounded(flow):
        moved, share = bold(usd(flow.usd, signed=True)), bold(percent(abs(flow.share)))
        return line(
            f"Net {'outflow' if flow.usd < 0 else 'inflow'} ", moved, " in ", *window, " · ", share, of_reserves
        )
    nearer, farther = _in_order(flow.low, flow.high)
    why = _why_bounded(flow, jumps)
    if _is_open(flow):
        ends = (bold(_percent(nearer)), " and ", bold(_percent(farther)))
        return line("Net flow in ", *window, " between ", *ends, f"{of_reserves}, {_usd_range(flow)}{why}")
    return line(
        f"Net {'outflow' if certain < 0 else 'inflow'} of at least ",
        bold(usd(certain_usd(flow), signed=True)),
        " in ",
        *window,
        " · at least ",
        bold(percent(abs(certain))),
        f"{of_reserves}, at most {percent(abs(farther))}{why}",
    )


def reserves_at_start(flow: Flow) -> str:
    """Return the reserves at a window's start, and how they stand for what was missing there.

    "$106 B, with Tron as last read", and once Tron is not reported any more: "$88.0 B, without Tron".
    """
    as_last_read = f", with {', '.join(flow.lost_at_start)} as last read" if flow.lost_at_start else ""
    without = f", without {', '.join(flow.gone_parts)}" if flow.gone_parts else ""
    return f"{usd(flow.reserves_usd)}{as_last_read}{without}"


def _window_length(flow: Flow) -> Line:
    """Return the length of a window in words, and since when it was measured where that is noticeably off.

    It began early where a reading is missing: `24 h (since 2022-12-12 09:00 UTC)`; or late, as on a bot's first day.
    """
    off = abs((flow.end - flow.start) / flow.window.length - 1)
    since = line(" (since ", moment(flow.start), ")") if off > _NOTICEABLE else ()
    return line(window_name(flow.window), *since)


def _why_bounded(flow: Flow, jumps: Iterable[Jump]) -> str:
    causes = [f"{', '.join(flow.missing_chains)} missing"] if flow.missing_chains else []
    if waiting := [jump.group for jump in jumps if jump.verdict is Verdict.WAITING]:
        causes.append(f"{', '.join(waiting)} jumped in one step, waiting for the next reading")
    return f": {'; '.join(causes)}" if causes else ""


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
    return f"{usd(nearer, signed=True)} to {usd(farther, signed=True)}"


def _percent(share: float) -> str:
    return percent(share, signed=True)
