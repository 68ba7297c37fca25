"""All exchanges beside each other."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum

from bot.domain.exchange import Listing
from bot.domain.flow import Flow, Window
from bot.domain.outlook import Outlook
from bot.messages.cards.common import LIABILITIES, WINDOW_NAMES, provenance
from bot.messages.model import Action, Line, Message, Table, Tone, line, lines
from bot.messages.numbers import percent, span, usd

_SHOWN = 10


class By(StrEnum):
    """What exchanges are ranked by."""

    OUTFLOW = "outflow"
    OUTFLOW_USD = "outflow-usd"
    INFLOW = "inflow"
    RESERVES = "reserves"


_TITLES = {
    By.OUTFLOW: "largest outflow, share of reserves",
    By.OUTFLOW_USD: "largest outflow, US dollars",
    By.INFLOW: "largest inflow, share of reserves",
    By.RESERVES: "largest clean reserves",
}


def top_card(outlooks: Sequence[Outlook], by: By, window: Window, now: datetime) -> Message:
    """Return the ranking over every exchange that was read; held windows are left out and counted."""
    measured = [(one, flow) for one in outlooks if one.signal and (flow := one.signal.flow(window))]
    usable = [(one, flow) for one, flow in measured if flow.hold is None]
    ranked = sorted(usable, key=_KEYS[by])[:_SHOWN]
    if not ranked:
        return Message(
            title=f"Top · {_TITLES[by]}",
            tone=Tone.TROUBLE,
            lines=lines(f"No exchange has two comparable readings {WINDOW_NAMES[window]} apart yet. /status says why."),
        )
    column, figure = _COLUMNS.get(by, ("Net flow", lambda flow: usd(flow.usd, signed=True)))
    rows = tuple(
        (one.exchange.name, figure(flow), percent(flow.share, signed=True), span(now - flow.end))
        for one, flow in ranked
    )
    return Message(
        title=f"Top · {_TITLES[by]} · {WINDOW_NAMES[window]}",
        lines=lines(
            f"{len(usable)} of {len(outlooks)} exchanges are comparable over {WINDOW_NAMES[window]}. "
            "Reserves are clean ones at the window's start; liabilities are not in these figures.",
            f"{len(measured) - len(usable)} held." if len(measured) > len(usable) else None,
        ),
        table=Table(("Exchange", column, "Share", "Age"), rows, numeric=(1, 2, 3)),
        footer=_sources([one for one, _ in ranked]),
        actions=tuple(Action(one.exchange.name, f"reserves {one.exchange.id}") for one, _ in ranked[:3]),
    )


_KEYS: dict[By, Callable[[tuple[Outlook, Flow]], float]] = {
    By.OUTFLOW: lambda pair: pair[1].share,
    By.OUTFLOW_USD: lambda pair: pair[1].usd,
    By.INFLOW: lambda pair: -pair[1].share,
    By.RESERVES: lambda pair: -pair[1].reserves_usd,
}


_COLUMNS: dict[By, tuple[str, Callable[[Flow], str]]] = {By.RESERVES: ("Reserves", lambda flow: usd(flow.reserves_usd))}


def exchanges_card(listings: Sequence[Listing], read: frozenset[str]) -> Message:
    """Return the exchanges that are known, largest first; `read` are the ids whose amounts were read."""
    if not listings:
        return Message(
            title="Exchanges",
            tone=Tone.TROUBLE,
            lines=lines("The list has not been fetched yet. Ask again in a minute; /status says what is wrong."),
        )
    newest = max(listings, key=lambda one: one.fetched_at)
    rows = tuple(
        (
            one.exchange.id,
            usd(one.total_usd) if one.total_usd is not None else "unknown",
            _state(one, newest, read),
        )
        for one in listings
    )
    return Message(
        title=f"Exchanges · {len(listings)} known, {len(read)} watched",
        lines=lines(LIABILITIES),
        table=Table(("Exchange", "Total", "State"), rows, numeric=(1,)),
        footer=provenance(newest.source, newest.fetched_at, by_source=False),
        actions=tuple(Action(one.exchange.name, f"reserves {one.exchange.id}") for one in listings[:5]),
    )


def _state(row: Listing, newest: Listing, read: frozenset[str]) -> str:
    if row.fetched_at < newest.fetched_at:
        return "not listed"  # any more: what is known of it is as old as its last row
    if row.exchange.slug is None:
        return "no wallets"
    return "watched" if row.exchange.id in read else "not read yet"


def _sources(outlooks: Sequence[Outlook]) -> Line:
    newest = max((one.reading for one in outlooks if one.reading), key=lambda reading: reading.as_of, default=None)
    return provenance(newest.source, newest.as_of) if newest else line()
