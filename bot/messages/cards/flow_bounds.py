"""How a flow is told whose exact size is not known: between which two figures it lies.

While a part of the reserves is missing, or a step waits for its verdict, a flow has two ends (`Flow.low`, `Flow.high`).
The one nearer to zero is certain, and comes first: "between −55.0 % and −61.0 % (−$58.3 B to −$64.7 B)". Where even
the direction is open, the lower one comes first: "between −2.0 % and +3.0 %".
"""

from bot.domain.exchange import Listing
from bot.domain.flow import Flow, Window
from bot.domain.signal import Signal
from bot.messages.cards.common import HOLD_WORDS, flow_sentence, source_figure, source_name, window_length
from bot.messages.model import Line, bold, line
from bot.messages.number_format import percent, usd


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
    """Return a flow in USD and as a share, `−$2.30 B · −3.6 %`, or between which ends it lies."""
    if not is_bounded(flow):
        return f"{usd(flow.usd, signed=True)} · {_percent(flow.share)}"
    nearer, farther = _in_order(flow.low, flow.high)
    return f"between {_percent(nearer)} and {_percent(farther)} ({_usd_range(flow)})"


def flow_value(flow: Flow | None) -> Line:
    """Return a flow in dollars and as a share, or why there is none."""
    if flow is None:
        return line("unknown: no comparable reading")
    return line(flow_figures(flow), f" (held: {HOLD_WORDS[flow.hold.reason]})" if flow.hold else "")


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


def bounded_flow_sentence(flow: Flow, unknown_at_start: str = "") -> Line:
    """Return the sentence that leads an answer about a flow, with both ends where it has two.

    `unknown_at_start` names what the reserves at the window's start did not include, such as "Tron".
    """
    without = f", without {unknown_at_start}" if unknown_at_start else ""
    of_reserves = f" of clean reserves ({usd(flow.reserves_usd)}{without})"
    if not is_bounded(flow) and not unknown_at_start:
        return flow_sentence(flow)
    if not is_bounded(flow):
        moved, share = bold(usd(flow.usd, signed=True)), bold(percent(abs(flow.share)))
        return line(f"Net {_direction(flow.usd)} ", moved, " in ", *window_length(flow), " · ", share, of_reserves)
    nearer, farther = _in_order(flow.low, flow.high)
    if nearer < 0 < farther:
        ends = bold(f"between {_percent(nearer)} and {_percent(farther)}")
        return line("Net flow in ", *window_length(flow), ": ", ends, f"{of_reserves}, {_usd_range(flow)}")
    ends = bold(f"between {percent(abs(nearer))} and {percent(abs(farther))}")
    return line(
        f"Net {_direction(farther)} ", ends, f"{of_reserves} in ", *window_length(flow), f", {_usd_range(flow)}"
    )


def _direction(figure: float) -> str:
    return "outflow" if figure < 0 else "inflow"


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
