"""/chart — a picture of an exchange: its reserves by asset, its flows, what it holds, or its outflow beside past runs.

Flows and composition are answered from memory; reserves over time and the outflow come from the store.
"""

from collections.abc import Sequence
from typing import Annotated

from bot.commands.arguments import Arg, ExchangeName
from bot.commands.declaration import Request, command
from bot.domain.errors import AskerError, StorageError
from bot.domain.exchange import Exchange
from bot.domain.incident import Incident
from bot.domain.signal import Rule
from bot.domain.snapshot import ExchangeSnapshot
from bot.language.translation import tr
from bot.messages.cards.chart import ChartWindow
from bot.messages.cards.chart_composition import composition_chart_card
from bot.messages.cards.chart_flows import flows_chart_card
from bot.messages.cards.chart_reserves import reserves_chart_card
from bot.messages.cards.chart_run import run_chart_card
from bot.messages.cards.reserves import reserves_card
from bot.messages.model import Message
from bot.messages.pictures import PictureKind


@command
async def chart(
    request: Request,
    exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")],
    what: Annotated[PictureKind, Arg("What to draw; flows, if nothing else is said")] = PictureKind.FLOWS,
    window: Annotated[ChartWindow | None, Arg("How far back; 30d, for a run 14d, if nothing else is said")] = None,
) -> Message:
    """Draw reserves, flows, what an exchange holds, or its outflow beside past runs"""
    snapshot = await request.queries.snapshot(exchange)
    if snapshot.shown_reading is None:
        # It may be that no wallets of it are known: that answer says so, and does not promise a chart for later.
        return reserves_card(snapshot, request.now)
    if what is PictureKind.COMPOSITION:
        if window:
            raise AskerError(
                tr(
                    "A composition is what {exchange} holds now, so it takes no window. For the past: {command}",
                    exchange=snapshot.exchange.name,
                    command=f"/chart {snapshot.exchange.id} reserves {window}",
                )
            )
        return composition_chart_card(snapshot)
    if what is PictureKind.RUN:
        return await _run(request, snapshot, window or ChartWindow.FORTNIGHT)
    incidents = await _outflows(request, snapshot.exchange)
    length = window or ChartWindow.MONTH
    if what is PictureKind.FLOWS:
        return flows_chart_card(snapshot, incidents, length)
    history = await request.queries.daily_assets(snapshot.exchange, request.now - length.length)
    return reserves_chart_card(snapshot, history, incidents, length)


async def _run(request: Request, snapshot: ExchangeSnapshot, window: ChartWindow) -> Message:
    incident = await request.queries.open_incident(snapshot.exchange)
    curve = await request.queries.outflow_curve(snapshot.exchange, incident)
    return run_chart_card(snapshot, curve, await request.queries.past_runs(), incident, window)


async def _outflows(request: Request, exchange: Exchange) -> Sequence[Incident]:
    """Return the outflows of an exchange, newest first; none while the store is away, for they are only marked."""
    try:
        recent = await request.queries.recent_incidents(exchange)
    except StorageError:
        return ()
    return [incident for incident in recent if incident.source_rule == Rule.OUTFLOW]
