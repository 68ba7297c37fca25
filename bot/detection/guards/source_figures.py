"""Sources disagree: the source's own figure for a window is compared with the flow that follows from the amounts.

Figures agree when they have one sign and are within a factor of three: the source starts its windows at other moments
and leaves out tokens that were drained. Small figures may differ by anything and say nothing. A window whose figures
differ is held: watch and elevated wait, severe goes out with both figures.

A figure of the readings' own source can object but not confirm: both come from the same count of the same wallets, so
that a reading that is wrong for an hour is wrong in both. One of another source confirms without a second reading.

Example: −$2.5 B from the amounts. The source's −$0.9 B agrees, its +$0.25 B does not, and the window is held.

    >>> from bot.domain.flow import Window
    >>> from bot.domain.signal import SourceFigure
    >>> from tests.builders import flow
    >>> day = flow(share=-0.05, reserves=50e9)
    >>> figures_agree(day, -0.9e9), figures_agree(day, 0.25e9)
    (True, False)
    >>> hold_disputed([day], [SourceFigure(Window.DAY, 0.25e9, "defillama")])[0].hold.detail
    'ours −$2,500 M, theirs +$250 M'
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from bot.detection.thresholds import EASING, MIN_FLOW_USD, THRESHOLDS
from bot.domain.exchange import Listing
from bot.domain.flow import Flow, Hold, HoldReason
from bot.domain.reading import Reading
from bot.domain.signal import SourceFigure

FACTOR = 3.0
"""Figures further apart than this disagree. A judgement: the source's day may start hours before or after ours."""
_LEAST_SHARE = -EASING * max(threshold.share for threshold in THRESHOLDS)  # below this nothing is graded anyway


def source_figures(listing: Listing | None, latest: Reading, max_age: timedelta) -> tuple[SourceFigure, ...]:
    """Return the source's own figures that were fetched within `max_age` of a reading, and not before it was true.

    Exactly 0 is what the source says while it is stalled: no figure.
    """
    if listing is None or listing.fetched_at < latest.as_of or abs(listing.fetched_at - latest.fetched_at) > max_age:
        return ()
    return tuple(SourceFigure(window, usd, listing.source) for window, usd in listing.inflows_usd.items() if usd)


def hold_disputed(flows: Iterable[Flow], figures: Iterable[SourceFigure]) -> tuple[Flow, ...]:
    """Return the flows, held where the source's figure says something else."""
    by_window = {figure.window: figure.usd for figure in figures}
    if not by_window:  # always in backtests, and asked for every window of every reading
        return tuple(flows)
    return tuple(_compared(flow, by_window.get(flow.window)) for flow in flows)


def figures_agree(flow: Flow, usd: float) -> bool:
    """Return whether two figures say the same: one sign, within a factor of three."""
    ours, theirs = abs(flow.usd), abs(usd)
    return flow.usd * usd > 0 and max(ours, theirs) <= FACTOR * min(ours, theirs)


def _compared(flow: Flow, usd: float | None) -> Flow:
    """Return the flow, held where the source's figure (None: it has none) differs and either might be graded."""
    least_usd = max(MIN_FLOW_USD, _LEAST_SHARE * flow.reserves_usd)
    if usd is None or flow.hold or max(abs(flow.usd), abs(usd)) < least_usd or figures_agree(flow, usd):
        return flow
    return replace(flow, hold=Hold(HoldReason.DISAGREE, f"ours {_millions(flow.usd)}, theirs {_millions(usd)}"))


def _millions(usd: float) -> str:
    """Return dollars, negative for what left, as people read them: `−$2,500 M`."""
    return f"{'−' if usd < 0 else '+'}${abs(usd) / 1e6:,.0f} M"
