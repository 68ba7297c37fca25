"""Answers about all exchanges at once: the ranking of `/top` and the list of `/exchanges`.

A ranking by flow holds comparable windows only. With 17 exchanges read, of which two have held windows and three have
no reading from the start of the window, twelve are comparable: the first ten of them are shown, and two counted as
held. Where a total is shown, it is the last complete one: $106 B of Binance, marked, while its Tron is missing, and not
the $84 B that the source still tells. Of a flow that lies between two ends the certain one counts.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from bot.detection.window_coverage import GRADED_WINDOWS, window_coverage
from bot.domain.exchange import Listing
from bot.domain.flow import Flow, Window
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.common import LIABILITIES, WINDOW_NAMES, provenance
from bot.messages.cards.coverage import later_windows_line
from bot.messages.cards.flow_bounds import certain_share, certain_usd, is_bounded
from bot.messages.cards.shown_total import INCOMPLETE_MARK, listed_total, missing_notes, shown_total
from bot.messages.model import Action, Line, Message, ShownTotal, Table, Tone, line, lines
from bot.messages.number_format import percent, span, usd

_MAX_ROWS = 10
"""Exchanges in a ranking: as many as fit on a phone."""
_MAX_BUTTONS = 5
"""Buttons under the list: as many as Discord shows in one row."""
_AGE_SHOWN_FROM = timedelta(days=1)
"""Amounts are read every six hours at least; a total that is older than a day says its age in the list."""
_AT_LEAST = "* At least: a part is missing, or a step waits for the next reading, so more may have moved."


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
    """Return the ranking over every exchange that was read; by flow, held windows are left out and counted."""
    if by is RankBy.RESERVES:
        return _largest_reserves(snapshots, window, now)
    measured = [
        (snapshot, flow) for snapshot in snapshots if snapshot.signal and (flow := snapshot.signal.flow(window))
    ]
    comparable = [(snapshot, flow) for snapshot, flow in measured if flow.hold is None]
    held = [snapshot for snapshot, flow in measured if flow.hold is not None]
    ranked = sorted(comparable, key=_SORT_KEYS[by])[:_MAX_ROWS]
    if not ranked:
        return Message(
            title=f"Top · {_TITLES[by]}",
            tone=Tone.TROUBLE,
            lines=lines(
                f"No exchange has a comparable figure for {WINDOW_NAMES[window]} yet. /status says why.",
                _later_line(snapshots, window, now),
                *missing_notes(held),
            ),
        )
    rows = tuple(
        (
            _marked(snapshot, flow),
            usd(certain_usd(flow), signed=True),
            percent(certain_share(flow), signed=True),
            span(now - flow.end),
        )
        for snapshot, flow in ranked
    )
    return Message(
        title=f"Top · {_TITLES[by]} · {WINDOW_NAMES[window]}",
        lines=lines(
            f"{len(comparable)} of {len(snapshots)} exchanges are comparable over {WINDOW_NAMES[window]}. "
            "Reserves are clean ones at the window's start; liabilities are not in these figures.",
            f"{len(held)} held." if held else None,
            _AT_LEAST if any(is_bounded(flow) for _, flow in ranked) else None,
            *missing_notes([*(snapshot for snapshot, _ in ranked), *held]),
            _later_line(snapshots, window, now),
        ),
        table=Table(("Exchange", "Net flow", "Share", "Age"), rows, numeric=(1, 2, 3)),
        footer=_newest_provenance([snapshot for snapshot, _ in ranked]),
        actions=tuple(Action(snapshot.exchange.name, f"reserves {snapshot.exchange.id}") for snapshot, _ in ranked[:3]),
    )


def _largest_reserves(snapshots: Sequence[ExchangeSnapshot], window: Window, now: datetime) -> Message:
    """Return the exchanges that hold most, each with its last complete figure and its flow over the window."""
    totals = [(snapshot, total) for snapshot in snapshots if snapshot.reading and (total := shown_total(snapshot))]
    ranked = sorted(totals, key=lambda pair: -(pair[1].reserves_usd or 0.0))[:_MAX_ROWS]
    title = f"Top · {_TITLES[RankBy.RESERVES]} · {WINDOW_NAMES[window]}"
    if not ranked:
        return Message(title=title, tone=Tone.TROUBLE, lines=lines("No exchange has been read yet. /status says why."))
    rows = tuple(
        (_marked(snapshot), usd(total.reserves_usd or 0.0), _flow_cell(snapshot, window), span(now - total.as_of))
        for snapshot, total in ranked
    )
    return Message(
        title=title,
        lines=lines(
            "Clean reserves, without the exchange's own token; liabilities are not in these figures.",
            *missing_notes(snapshot for snapshot, _ in ranked),
        ),
        table=Table(("Exchange", "Reserves", "Flow", "Age"), rows, numeric=(1, 2, 3)),
        footer=_newest_provenance([snapshot for snapshot, _ in ranked]),
        actions=tuple(Action(snapshot.exchange.name, f"reserves {snapshot.exchange.id}") for snapshot, _ in ranked[:3]),
        totals=tuple(total for _, total in ranked),
    )


def _later_line(snapshots: Sequence[ExchangeSnapshot], window: Window, now: datetime) -> Line | None:
    """Return from when on the window can be judged of all exchanges, None when it is or is never judged (the hour)."""
    if window not in GRADED_WINDOWS:
        return None
    return later_windows_line(window_coverage(snapshots, now, (window,)))


_SORT_KEYS: dict[RankBy, Callable[[tuple[ExchangeSnapshot, Flow]], float]] = {
    RankBy.OUTFLOW: lambda pair: certain_share(pair[1]),  # outflows are negative: the largest comes first as it is
    RankBy.OUTFLOW_USD: lambda pair: certain_usd(pair[1]),
    RankBy.INFLOW: lambda pair: -certain_share(pair[1]),
}


def _marked(snapshot: ExchangeSnapshot, flow: Flow | None = None) -> str:
    """Return the exchange's name, marked where a part of it is missing now or its flow has two ends."""
    is_open = bool(snapshot.missing) or (flow is not None and is_bounded(flow))
    return snapshot.exchange.name + (INCOMPLETE_MARK if is_open else "")


def _flow_cell(snapshot: ExchangeSnapshot, window: Window) -> str:
    flow = snapshot.signal.flow(window) if snapshot.signal else None
    if flow is None:
        return "–"
    return "held" if flow.hold else percent(certain_share(flow), signed=True)


def exchanges_card(listings: Sequence[Listing], snapshots: Sequence[ExchangeSnapshot], now: datetime) -> Message:
    """Return the exchanges of the source's list, largest first, with the totals of their amounts where those were read.

    The list's own total falls with every chain that the source leaves out, and does not say so.
    """
    if not listings:
        return Message(
            title="Exchanges",
            tone=Tone.TROUBLE,
            lines=lines("The list has not been fetched yet. Ask again in a minute; /status says what is wrong."),
        )
    newest = max(listings, key=lambda listing: listing.fetched_at)
    read = {snapshot.exchange.id: snapshot for snapshot in snapshots if snapshot.reading}
    listed = [
        (listing, shown_total(read[listing.exchange.id]) if listing.exchange.id in read else listed_total(listing))
        for listing in listings
    ]
    listed.sort(key=lambda pair: -(pair[1].total_usd if pair[1] else 0.0))
    rows = tuple(
        (
            listing.exchange.id + (INCOMPLETE_MARK if total and total.missing else ""),
            usd(total.total_usd) if total else "unknown",
            _state(listing, newest, total, now),
        )
        for listing, total in listed
    )
    return Message(
        title=f"Exchanges · {len(listings)} known, {len(read)} watched",
        lines=lines(
            LIABILITIES,
            *missing_notes(read[listing.exchange.id] for listing, _ in listed if listing.exchange.id in read),
        ),
        table=Table(("Exchange", "Total", "State"), rows, numeric=(1,)),
        footer=provenance(newest.source, newest.fetched_at, by_source=False),
        actions=tuple(
            Action(listing.exchange.name, f"reserves {listing.exchange.id}") for listing, _ in listed[:_MAX_BUTTONS]
        ),
        totals=tuple(total for _, total in listed if total),
    )


def _state(listing: Listing, newest: Listing, total: ShownTotal | None, now: datetime) -> str:
    # All rows of one fetch have one time: an older row was not in the newest list any more.
    if listing.fetched_at < newest.fetched_at:
        return "not listed"
    if listing.exchange.slug is None:
        return "no wallets"
    if total is None or not total.is_checked:
        return "not read yet"
    age = now - total.as_of
    return "watched" if age < _AGE_SHOWN_FROM else f"{span(age)} ago"


def _newest_provenance(snapshots: Sequence[ExchangeSnapshot]) -> Line:
    readings = [snapshot.reading for snapshot in snapshots if snapshot.reading]
    newest = max(readings, key=lambda reading: reading.as_of, default=None)
    return provenance(newest.source, newest.as_of) if newest else line()
