"""/compare — an exchange beside another one, or beside a run of the past."""

from typing import Annotated

from bot.commands.arguments import Arg, ExchangeName
from bot.commands.declaration import Request, command
from bot.domain.errors import AskerError, UnknownExchange
from bot.domain.exchange import Exchange
from bot.domain.outflow_curve import OutflowCurve
from bot.messages.cards.comparison import beside_the_past_card, side_by_side_card
from bot.messages.model import Message


@command
async def compare(
    request: Request,
    a: Annotated[ExchangeName, Arg("Exchange, e.g. binance")],
    b: Annotated[ExchangeName, Arg("Another exchange, or a run of the past: ftx-2022, binance-2022")],
) -> Message:
    """Show two exchanges side by side, or one beside a run of the past"""
    one, other = await _meant(request, a), await _meant(request, b)
    if isinstance(one, OutflowCurve):
        one, other = other, one
    if isinstance(one, OutflowCurve):
        raise AskerError("One of the two must be an exchange that is watched; /exchanges lists them.")
    outlook = await request.queries.snapshot(one.id)
    if isinstance(other, Exchange):
        return side_by_side_card(outlook, await request.queries.snapshot(other.id), request.now)
    incident = await request.queries.open_incident(one)
    return beside_the_past_card(outlook, await request.queries.outflow_curve(one, incident), other, incident)


async def _meant(request: Request, name: ExchangeName) -> Exchange | OutflowCurve:
    """Return the exchange, or the run of the past, that a name means; raise UnknownExchange."""
    try:
        return request.queries.exchange(name)
    except UnknownExchange:
        past = await request.queries.past_curve(name)
        if past is None:
            raise
        return past
