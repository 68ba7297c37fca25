"""/compare — an exchange beside another exchange, or beside a known run of the past such as `ftx-2022`."""

from typing import Annotated

from bot.commands.arguments import Arg, ExchangeName, ExchangeOrPastRun
from bot.commands.declaration import Request, command
from bot.domain.errors import AskerError, UnknownExchange
from bot.domain.exchange import Exchange
from bot.domain.outflow_curve import OutflowCurve
from bot.language.translation import tr
from bot.messages.cards.comparison import beside_the_past_card, side_by_side_card
from bot.messages.model import Message


@command
async def compare(
    request: Request,
    a: Annotated[ExchangeName, Arg("Exchange, e.g. binance")],
    b: Annotated[
        ExchangeOrPastRun,
        Arg("Another exchange, or a run of the past: ftx-2022, binance-2022", ask="Compare it with what?"),
    ],
) -> Message:
    """Show two exchanges side by side, or one beside a run of the past"""
    first, second = await _exchange_or_past_run(request, a), await _exchange_or_past_run(request, b)
    if isinstance(first, OutflowCurve):  # `compare ftx-2022 binance` means the same as `compare binance ftx-2022`
        first, second = second, first
    if isinstance(first, OutflowCurve):
        raise AskerError(tr("One of the two must be a watched exchange; /exchanges lists them."))
    snapshot = await request.queries.snapshot(first.id)
    if isinstance(second, Exchange):
        if second.id == first.id:
            raise AskerError(
                tr("That is the same exchange twice. Compare {exchange} with another.", exchange=first.name)
            )
        return side_by_side_card(snapshot, await request.queries.snapshot(second.id), request.now)
    incident = await request.queries.open_incident(first)
    return beside_the_past_card(snapshot, await request.queries.outflow_curve(first, incident), second, incident)


async def _exchange_or_past_run(request: Request, name: str) -> Exchange | OutflowCurve:
    """Return the exchange, or the curve of the past run, that a name means; raise UnknownExchange."""
    try:
        return request.queries.exchange(name)
    except UnknownExchange:
        past_curve = await request.queries.past_curve(name)
        if past_curve is None:
            raise
        return past_curve
