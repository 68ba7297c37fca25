"""Answers about all exchanges at once: the ranking of `/top` and the list of `/exchanges`.

A ranking holds comparable windows only. With 17 exchanges read, of which two have held windows and three have no
reading from the start of the window, twelve are comparable: the first ten of them are shown, and two counted as held.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from bot.detection.window_coverage import GRADED_WINDOWS, window_coverage
from bot.domain.exchange import Listing
from bot.domain.flow import Flow, Window
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.common import LIABILITIES, WINDOW_NAMES, provenance
from bot.messages.cards.coverage import later_windows_line
from bot.messages.model import Action, Line, Message, Table, Tone, line, lines
from bot.messages.number_format import percent, span, usd

_MAX_ROWS = 10
"""Exchanges in a ranking: as many as fit on a phone."""


class RankBy(StrEnum):
    """What exchanges are ranked by."""

    OUTFLOW = "outflow"
    OUTFLOW_USD = "outflow-usd"
    INFLOW = "inflow"
    RESERVES = "reserves"


_TITLES = {
    RankBy.OUTFLOW: "largest outflow, share of reserves",
    RankBy.OUTFLOW_USD: "largest outflow, US dollars",
    RankBy.INFLOW: "largest inflow, share of reserves",
    RankBy.RESERVES: "largest clean reserves",
}


def top_card(snapshots: Sequence[ExchangeSnapshot], by: RankBy, window: Window, now: datetime) -> Message:
    """Return the ranking over every exchange that was read; held windows are left out and counted."""
    measured = [
        (snapshot, flow) for snapshot in snapshots if snapshot.signal and (flow := snapshot.signal.flow(window))
    ]
    comparable = [(snapshot, flow) for snapshot, flow in measured if flow.hold is None]
    ranked = sorted(comparable, key=_SORT_KEYS[by])[:_MAX_ROWS]
    if not ranked:
        return Message(
            title=f"Top · {_TITLES[by]}",
            tone=Tone.TROUBLE,
            lines=lines(
                f"No exchange has a comparable figure for {WINDOW_NAMES[window]} yet. /status says why.",
                _later_line(snapshots, window, now),
            ),
        )
    heading, format_figure = _COLUMNS.get(by, ("Net flow", lambda flow: usd(flow.usd, signed=True)))
    rows = tuple(
        (snapshot.exchange.name, format_figure(flow), percent(flow.share, signed=True), span(now - flow.end))
        for snapshot, flow in ranked
    )
    return Message(
        title=f"Top · {_TITLES[by]} · {WINDOW_NAMES[window]}",
        lines=lines(
            f"{len(comparable)} of {len(snapshots)} exchanges are comparable over {WINDOW_NAMES[window]}. "
            "Reserves are clean ones at the window's start; liabilities are not in these figures.",
            f"{len(measured) - len(comparable)} held." if len(measured) > len(comparable) else None,
            _later_line(snapshots, window, now),
        ),
        table=Table(("Exchange", heading, "Share", "Age"), rows, numeric=(1, 2, 3)),
        footer=_newest_provenance([snapshot for snapshot, _ in ranked]),
        actions=tuple(Action(snapshot.exchange.name, f"reserves {snapshot.exchange.id}") for snapshot, _ in ranked[:3]),
    )


def _later_line(snapshots: Sequence[ExchangeSnapshot], window: Window, now: datetime) -> Line | None:
    """Return from when on the window can be judged of all exchanges, None when it is or is never judged (the hour)."""
    if window not in GRADED_WINDOWS:
        return None
    return later_windows_line(window_coverage(snapshots, now, (window,)))


_SORT_KEYS: dict[RankBy, Callable[[tuple[ExchangeSnapshot, Flow]], float]] = {
    RankBy.OUTFLOW: lambda pair: pair[1].share,  # outflows are negative: the largest comes first as it is
    RankBy.OUTFLOW_USD: lambda pair: pair[1].usd,
    RankBy.INFLOW: lambda pair: -pair[1].share,
    RankBy.RESERVES: lambda pair: -pair[1].reserves_usd,
}


_COLUMNS: dict[RankBy, tuple[str, Callable[[Flow], str]]] = {
    RankBy.RESERVES: ("Reserves", lambda flow: usd(flow.reserves_usd))
}
"""The second column where it is not the net flow: its heading, and a flow as its text."""


def exchanges_card(listings: Sequence[Listing], read: frozenset[str]) -> Message:
    """Return the exchanges of the source's list, largest first; `read` are the ids whose amounts were read."""
    if not listings:
        return Message(
            title="Exchanges",
            tone=Tone.TROUBLE,
            lines=lines("The list has not been fetched yet. Ask again in a minute; /status says what is wrong."),
        )
    newest = max(listings, key=lambda listing: listing.fetched_at)
    rows = tuple(
        (
            listing.exchange.id,
            usd(listing.total_usd) if listing.total_usd is not None else "unknown",
            _state(listing, newest, read),
        )
        for listing in listings
    )
    return Message(
        title=f"Exchanges · {len(listings)} known, {len(read)} watched",
        lines=lines(LIABILITIES),
        table=Table(("Exchange", "Total", "State"), rows, numeric=(1,)),
        footer=provenance(newest.source, newest.fetched_at, by_source=False),
        actions=tuple(Action(listing.exchange.name, f"reserves {listing.exchange.id}") for listing in listings[:5]),
    )


def _state(listing: Listing, newest: Listing, read: frozenset[str]) -> str:
    # All rows of one fetch have one time: an older row was not in the newest list any more.
    if listing.fetched_at < newest.fetched_at:
        return "not listed"
    if listing.exchange.slug is None:
        return "no wallets"
    return "watched" if listing.exchange.id in read else "not read yet"


def _newest_provenance(snapshots: Sequence[ExchangeSnapshot]) -> Line:
    readings = [snapshot.reading for snapshot in snapshots if snapshot.reading]
    newest = max(readings, key=lambda reading: reading.as_of, default=None)
    return provenance(newest.source, newest.as_of) if newest else line()
