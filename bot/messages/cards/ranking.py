"""Answers about all exchanges at once: the ranking of `/top` and the list of `/exchanges`.

A ranking by flow has figures only that can be compared. With 17 exchanges read, of which two have unclear figures and
three have no reading from the start of the window, twelve are ranked: the first ten of them are shown, and two counted
as unclear. Where a total is shown, it is the last complete one: $106 B of Binance, marked, while its Tron is missing,
and not the $84 B that the source still tells. Of a flow that lies between two ends the certain one counts.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from bot.detection.window_coverage import GRADED_WINDOWS, window_coverage
from bot.domain.exchange import Listing
from bot.domain.flow import Flow, Window
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.common import liabilities, provenance, window_name
from bot.messages.cards.coverage import later_windows_line
from bot.messages.cards.flow_bounds import certain_share, certain_usd, is_bounded
from bot.messages.cards.shown_total import INCOMPLETE_MARK, listed_total, missing_notes, shown_total
from bot.messages.model import Action, Line, Message, ShownTotal, Table, Tone, line, lines, moment
from bot.messages.number_format import counted, percent, span, usd

_MAX_ROWS = 10
"""Exchanges in a ranking: as many as fit on a phone."""
_LEAST_ROWS = 8  # that a phone shows, whatever stands above them
_CHAT_ROWS = 15
"""Rows of the list of exchanges that a chat shows; the others can be asked for by name."""
_MAX_BUTTONS = 5
"""Buttons under the list: as many as Discord shows in one row."""
_AGES_DIFFER_FROM = timedelta(hours=1)
_AGE_SHOWN_FROM = timedelta(days=1)
"""Amounts are read every six hours at least; a total that is older than a day says its age in the list."""
_AT_LEAST = "* At least: a part is missing, or a jump waits for the next reading, so more may have moved."


class RankBy(StrEnum):
    """What exchanges are ranked by."""

    OUTFLOW = "outflow"
    OUTFLOW_USD = "outflow-usd"
    INFLOW = "inflow"
    RESERVES = "reserves"


_TITLES = {
    RankBy.OUTFLOW: "Largest outflows by share",
    RankBy.OUTFLOW_USD: "Largest outflows in dollars",
    RankBy.INFLOW: "Largest inflows by share",
    RankBy.RESERVES: "Largest reserves",
}


def top_card(snapshots: Sequence[ExchangeSnapshot], by: RankBy, window: Window, now: datetime) -> Message:
    """Return the ranking over every exchange that was read; by flow, held windows are left out and counted."""
    if by is RankBy.RESERVES:
        return _largest_reserves(snapshots, window)
    measured = [
        (snapshot, flow) for snapshot in snapshots if snapshot.signal and (flow := snapshot.signal.flow(window))
    ]
    comparable = [(snapshot, flow) for snapshot, flow in measured if flow.hold is None]
    unclear = [snapshot for snapshot, flow in measured if flow.hold is not None]
    ranked = sorted(comparable, key=_SORT_KEYS[by])[:_MAX_ROWS]
    name = window_name(window)
    title = f"{_TITLES[by]} · {name}"
    if not ranked:
        return Message(
            title=title,
            tone=Tone.TROUBLE,
            lines=lines(_nothing_ranked(snapshots, window, now), _unclear_line(len(unclear)), *missing_notes(unclear)),
        )
    rows = tuple(
        (_marked(snapshot, flow), usd(certain_usd(flow), signed=True), percent(certain_share(flow), signed=True))
        for snapshot, flow in ranked
    )
    shown = [snapshot for snapshot, _ in ranked]
    return Message(
        title=title,
        lines=lines(
            f"Exchanges with a {name} figure: {len(comparable)} of {len(snapshots)}.",
            _unclear_line(len(unclear)),
            f"Share of reserves {name} ago, own token excluded.",
            liabilities(),
            _other_way_line([flow for _, flow in ranked], by),
            _AT_LEAST if any(is_bounded(flow) for _, flow in ranked) else None,
            *missing_notes([*shown, *unclear]),
            _later_line(snapshots, window, now),
        ),
        table=Table(
            ("Exchange", "Net flow", "Share"), rows, numeric=(1, 2), chat_rows=_MAX_ROWS, least_rows=_LEAST_ROWS
        ),
        footer=_ages(shown, [flow.end for _, flow in ranked]),
        actions=tuple(Action(snapshot.exchange.name, f"reserves {snapshot.exchange.id}") for snapshot in shown[:3]),
    )


def _nothing_ranked(snapshots: Sequence[ExchangeSnapshot], window: Window, now: datetime) -> Line:
    """Return that no exchange has a figure, which window has, and from when on the one that was asked for works."""
    name = window_name(window)
    known = {
        flow.window for snapshot in snapshots if snapshot.signal for flow in snapshot.signal.flows if not flow.hold
    }
    instead = next((f" Try /top {other}" for other in GRADED_WINDOWS if other in known), "")
    later = window_coverage(snapshots, now, (window,)).later if window in GRADED_WINDOWS else ()
    if later:
        works = f"{'; ' if instead else ' '}{name} works from "
        return line(f"No {name} figures yet.{instead}{works}", moment(later[0].judged_from), ".")
    return line(f"No {name} figures yet.{instead}{'.' if instead else ''} /status says why.")


def _other_way_line(flows: Sequence[Flow], by: RankBy) -> str | None:
    """Return that not all of the largest outflows are any, or inflows; None where they are."""
    if by is RankBy.INFLOW:
        return "Those with a − have an outflow." if any(certain_share(flow) < 0 for flow in flows) else None
    return "Those with a + have an inflow." if any(certain_share(flow) > 0 for flow in flows) else None


def _unclear_line(count: int) -> str | None:
    if not count:
        return None
    return f"{counted(count, 'more is', 'more are')} unclear: /flows <exchange> says why."


def _largest_reserves(snapshots: Sequence[ExchangeSnapshot], window: Window) -> Message:
    """Return the exchanges that hold most, each with its last complete figure and its flow over the window."""
    totals = [(snapshot, total) for snapshot in snapshots if snapshot.reading and (total := shown_total(snapshot))]
    ranked = sorted(totals, key=lambda pair: -(pair[1].reserves_usd or 0.0))[:_MAX_ROWS]
    title = f"{_TITLES[RankBy.RESERVES]} · {window_name(window)}"
    if not ranked:
        return Message(title=title, tone=Tone.TROUBLE, lines=lines("No exchange has been read yet. /status says why."))
    rows = tuple(
        (_marked(snapshot), usd(total.reserves_usd or 0.0), _flow_cell(snapshot, window)) for snapshot, total in ranked
    )
    return Message(
        title=title,
        lines=lines(
            f"Without the exchange's own token; beside them the net flow of {window_name(window)}.",
            liabilities(),
            *missing_notes(snapshot for snapshot, _ in ranked),
        ),
        table=Table(
            ("Exchange", "Reserves", "Flow"), rows, numeric=(1, 2), chat_rows=_MAX_ROWS, least_rows=_LEAST_ROWS
        ),
        footer=_ages([snapshot for snapshot, _ in ranked], [total.as_of for _, total in ranked]),
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
    return "unclear" if flow.hold else percent(certain_share(flow), signed=True)


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
    is_long = len(listed) > _CHAT_ROWS
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
            "The largest come first; every other one can be asked for by its name." if is_long else None,
            liabilities(),
            *missing_notes(read[listing.exchange.id] for listing, _ in listed if listing.exchange.id in read),
        ),
        table=Table(("Exchange", "Total", "State"), rows, numeric=(1,), chat_rows=_CHAT_ROWS, least_rows=_LEAST_ROWS),
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


def _ages(snapshots: Sequence[ExchangeSnapshot], times: Sequence[datetime]) -> Line:
    """Return where the figures of a table are from, and how old the newest and the oldest of them are."""
    readings = [snapshot.reading for snapshot in snapshots if snapshot.reading]
    if not readings:
        return line()
    newest, oldest = max(times), min(times)
    older = (" · oldest ", moment(oldest, relative=True)) if newest - oldest >= _AGES_DIFFER_FROM else ()
    return (*provenance(readings[0].source, newest), *line(*older))
