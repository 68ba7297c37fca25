"""/reserves, /flows, /top, /exchanges — what exchanges hold and how it moves.

These are answered from memory, from the newest snapshot of each exchange, also while the store cannot be reached.
"""

from typing import Annotated

from bot.commands.arguments import Arg, ExchangeName
from bot.commands.declaration import Request, command
from bot.domain.flow import Window
from bot.messages.cards.flows import flows_card
from bot.messages.cards.ranking import RankBy, exchanges_card, top_card
from bot.messages.cards.reserves import reserves_card
from bot.messages.model import Message


@command
async def reserves(request: Request, exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")]) -> Message:
    """Show what an exchange holds and how much came or left"""
    snapshot = await request.queries.snapshot(exchange)
    outflow = await request.queries.known_outflow(snapshot.exchange)
    return reserves_card(snapshot, request.now, outflow, request.queries.own_readings(snapshot.exchange.id))


@command
async def flows(
    request: Request,
    exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")],
    window: Annotated[Window, Arg("Over how long, e.g. 7d; 24h if left out")] = Window.DAY,
) -> Message:
    """Show what left or came in, in which assets, and how unusual that is"""
    snapshot = await request.queries.snapshot(exchange)
    return flows_card(snapshot, window, request.now, await request.queries.known_outflow(snapshot.exchange))


@command
async def top(
    request: Request,
    by: Annotated[RankBy, Arg("Rank by outflow, inflow or reserves; outflow if left out")] = RankBy.OUTFLOW,
    window: Annotated[Window, Arg("Over how long, e.g. 7d; 24h if left out")] = Window.DAY,
) -> Message:
    """Rank exchanges by outflow, inflow or reserves"""
    return top_card(request.queries.snapshots(), by, window, request.now)


@command
async def exchanges(request: Request) -> Message:
    """List all exchanges, and which of them are watched"""
    return exchanges_card(request.queries.listings(), request.queries.snapshots(), request.now)
