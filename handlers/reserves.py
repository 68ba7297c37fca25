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
    """Show what an exchange holds and how it moved"""
    snapshot = await request.queries.snapshot(exchange)
    return reserves_card(snapshot, request.now, await request.queries.known_outflow(snapshot.exchange))


@command
async def flows(
    request: Request,
    exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")],
    window: Annotated[Window, Arg("Over how long")] = Window.DAY,
) -> Message:
    """Show net flows, what they consist of and how unusual they are"""
    snapshot = await request.queries.snapshot(exchange)
    return flows_card(snapshot, window, request.now, await request.queries.known_outflow(snapshot.exchange))


@command
async def top(
    request: Request,
    by: Annotated[RankBy, Arg("What to rank by")] = RankBy.OUTFLOW,
    window: Annotated[Window, Arg("Over how long")] = Window.DAY,
) -> Message:
    """Rank all exchanges by outflow, inflow or reserves"""
    return top_card(request.queries.snapshots(), by, window, request.now)


@command
async def exchanges(request: Request) -> Message:
    """List the exchanges that are known and watched"""
    return exchanges_card(request.queries.listings(), request.queries.snapshots(), request.now)
