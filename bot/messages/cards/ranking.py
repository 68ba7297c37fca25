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
from bot.language.translation import marked, tr, tr_count
from bot.messages.cards.common import liabilities, provenance, window_name
from bot.messages.cards.coverage import later_windows_line
from bot.messages.cards.flow_bounds import certain_share, certain_usd, is_bounded
from bot.messages.cards.shown_total import INCOMPLETE_MARK, listed_total, missing_notes, shown_total
from bot.messages.model import Action, Line, Message, ShownTotal, Table, Tone, line, lines, moment
from bot.messages.number_format import ago, percent, usd
from bot.messages.translated_lines import tr_line

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


class RankBy(StrEnum):
    """What exchanges are ranked by."""

    OUTFLOW = "outflow"
    OUTFLOW_USD = "outflow-usd"
    INFLOW = "inflow"
    RESERVES = "reserves"


_TITLES = {
    RankBy.OUTFLOW: marked("Largest outflows by share"),
    RankBy.OUTFLOW_USD: marked("Largest outflows in dollars"),
    RankBy.INFLOW: marked("Largest inflows by share"),
    RankBy.RESERVES: marked("Largest reserves"),
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
    title = f"{tr(_TITLES[by])} · {name}"
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
            tr(
                "Exchanges with a {window} figure: {count} of {all}.",
                window=name,
                count=len(comparable),
                all=len(snapshots),
            ),
            _unclear_line(len(unclear)),
            tr("Share of reserves {window} ago, own token excluded.", window=name),
            liabilities(),
            _other_way_line([flow for _, flow in ranked], by),
            _at_least() if any(is_bounded(flow) for _, flow in ranked) else None,
            *missing_notes([*shown, *unclear]),
            _later_line(snapshots, window, now),
        ),
        table=Table(
            (
                tr("Exchange"),
                tr("Net flow"),
                # Translators: the header of a narrow column: a share of the reserves, in per cent.
                tr("Share"),
            ),
            rows,
            numeric=(1, 2),
            chat_rows=_MAX_ROWS,
            least_rows=_LEAST_ROWS,
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
    command = next((f"/top {other}" for other in GRADED_WINDOWS if other in known), None)
    later = window_coverage(snapshots, now, (window,)).later if window in GRADED_WINDOWS else ()
    if later and command:
        return tr_line(
            "No {window} figures yet. Try {command}; {window} works from {time}.",
            window=name,
            command=command,
            time=moment(later[0].judged_from),
        )
    if later:
        return tr_line(
            "No {window} figures yet. {window} works from {time}.", window=name, time=moment(later[0].judged_from)
        )
    if command:
        return tr_line("No {window} figures yet. Try {command}. /status says why.", window=name, command=command)
    return tr_line("No {window} figures yet. /status says why.", window=name)


def _other_way_line(flows: Sequence[Flow], by: RankBy) -> str | None:
    """Return that not all of the largest outflows are any, or inflows; None where they are."""
    if by is RankBy.INFLOW:
        return tr("Those with a − have an outflow.") if any(certain_share(flow) < 0 for flow in flows) else None
    return tr("Those with a + have an inflow.") if any(certain_share(flow) > 0 for flow in flows) else None


def _at_least() -> str:
    return tr("* At least: a part is missing, or a jump waits for the next reading, so more may have moved.")


def _unclear_line(count: int) -> str | None:
    if not count:
        return None
    # Translators: {count} are exchanges; of /flows <exchange> only the word between < and > is not typed as it is.
    return tr_count(
        "{count} more is unclear: /flows <exchange> says why.",
        "{count} more are unclear: /flows <exchange> says why.",
        count,
    )


def _largest_reserves(snapshots: Sequence[ExchangeSnapshot], window: Window) -> Message:
    """Return the exchanges that hold most, each with its last complete figure and its flow over the window."""
    totals = [(snapshot, total) for snapshot in snapshots if snapshot.reading and (total := shown_total(snapshot))]
    ranked = sorted(totals, key=lambda pair: -(pair[1].reserves_usd or 0.0))[:_MAX_ROWS]
    title = f"{tr(_TITLES[RankBy.RESERVES])} · {window_name(window)}"
    if not ranked:
        nothing = tr("No exchange has been read yet. /status says why.")
        return Message(title=title, tone=Tone.TROUBLE, lines=lines(nothing))
    rows = tuple(
        (_marked(snapshot), usd(total.reserves_usd or 0.0), _flow_cell(snapshot, window)) for snapshot, total in ranked
    )
    return Message(
        title=title,
        lines=lines(
            tr("Without the exchange's own token; beside them the net flow of {window}.", window=window_name(window)),
            liabilities(),
            *missing_notes(snapshot for snapshot, _ in ranked),
        ),
        table=Table(
            (tr("Exchange"), tr("Reserves"), tr("Flow")),
            rows,
            numeric=(1, 2),
            chat_rows=_MAX_ROWS,
            least_rows=_LEAST_ROWS,
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
    # Translators: a flow that cannot be compared, in a narrow table.
    return tr("unclear") if flow.hold else percent(certain_share(flow), signed=True)


def exchanges_card(listings: Sequence[Listing], snapshots: Sequence[ExchangeSnapshot], now: datetime) -> Message:
    """Return the exchanges of the source's list, largest first, with the totals of their amounts where those were read.

    The list's own total falls with every chain that the source leaves out, and does not say so.
    """
    if not listings:
        return Message(
            title=tr("Exchanges"),
            tone=Tone.TROUBLE,
            lines=lines(tr("The list has not been fetched yet. Ask again in a minute; /status says what is wrong.")),
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
            usd(total.total_usd) if total else tr("unknown"),
            _state(listing, newest, total, now),
        )
        for listing, total in listed
    )
    return Message(
        # Translators: how many exchanges are known, and how many of them are watched.
        title=tr("Exchanges · {known} known, {watched} watched", known=len(listings), watched=len(read)),
        lines=lines(
            tr("The largest come first; every other one can be asked for by its name.") if is_long else None,
            liabilities(),
            *missing_notes(read[listing.exchange.id] for listing, _ in listed if listing.exchange.id in read),
        ),
        table=Table(
            (
                tr("Exchange"),
                tr("Total"),
                # Translators: the header of a narrow column: whether an exchange is watched.
                tr("State"),
            ),
            rows,
            numeric=(1,),
            chat_rows=_CHAT_ROWS,
            least_rows=_LEAST_ROWS,
        ),
        footer=provenance(newest.source, newest.fetched_at, by_source=False),
        actions=tuple(
            Action(listing.exchange.name, f"reserves {listing.exchange.id}") for listing, _ in listed[:_MAX_BUTTONS]
        ),
        totals=tuple(total for _, total in listed if total),
    )


def _state(listing: Listing, newest: Listing, total: ShownTotal | None, now: datetime) -> str:
    # All rows of one fetch have one time: an older row was not in the newest list any more.
    if listing.fetched_at < newest.fetched_at:
        # Translators: the state of an exchange in a narrow table: it is not in the source's list any more.
        return tr("not listed")
    if listing.exchange.slug is None:
        # Translators: the state of an exchange in a narrow table: the source knows none of its wallets.
        return tr("no wallets")
    if total is None or not total.is_checked:
        # Translators: the state of an exchange in a narrow table: its amounts come with the next readings.
        return tr("not read yet")
    # Translators: the state of an exchange in a narrow table.
    return tr("watched") if now - total.as_of < _AGE_SHOWN_FROM else ago(total.as_of, now)


def _ages(snapshots: Sequence[ExchangeSnapshot], times: Sequence[datetime]) -> Line:
    """Return where the figures of a table are from, and how old the newest and the oldest of them are."""
    readings = [snapshot.reading for snapshot in snapshots if snapshot.reading]
    if not readings:
        return line()
    newest, oldest = max(times), min(times)
    said = provenance(readings[0].source, newest)
    if newest - oldest < _AGES_DIFFER_FROM:
        return said
    # Translators: the time of the oldest of the figures above.
    return line(*said, " · ", *tr_line("oldest {time}", time=moment(oldest, relative=True)))
