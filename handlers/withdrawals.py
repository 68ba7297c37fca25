"""/withdrawals — over which networks exchanges let users take out the majors, by their own word.

Answered from memory, also while the store cannot be reached; only older changes come from the store.
"""

from typing import Annotated

from bot.commands.arguments import Arg, ExchangeName
from bot.commands.declaration import Request, command
from bot.domain.errors import StorageError
from bot.domain.exchange import Exchange
from bot.domain.suppression import Metric
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.messages.cards.drills import drill_line
from bot.messages.cards.withdrawals import (
    CLOSINGS_COUNTED,
    all_withdrawals_card,
    no_withdrawals_card,
    withdrawals_card,
)
from bot.messages.model import Message


@command
async def withdrawals(
    request: Request, exchange: Annotated[ExchangeName | None, Arg("Exchange, e.g. gate; empty: all of them")] = None
) -> Message:
    """Show which assets can be withdrawn, over which networks, and what is closed since when"""
    if exchange is None:
        return _all_exchanges(request)
    asked = request.queries.exchange(exchange)
    outgoing = request.queries.outgoing(asked.id)
    if not request.queries.has_withdrawal_source(asked.id):
        return no_withdrawals_card(asked, is_on=any_withdrawal_source(request), outgoing=outgoing)
    known = request.queries.withdrawals(asked.id) or ExchangeWithdrawals(asked.id, asked.name)
    try:
        changes = await request.queries.withdrawal_transitions(asked.id, request.now - CLOSINGS_COUNTED)
    except StorageError:
        changes = known.transitions
    drills = drill_line(await request.queries.drills(asked.id, request.place))
    paused = request.queries.suppression(asked.id, Metric.WITHDRAWALS)
    return withdrawals_card(asked, known, changes, request.queries.names(), request.now, drills, outgoing, paused)


def any_withdrawal_source(request: Request) -> bool:
    """Return whether this bot asks any exchange about its withdrawals."""
    return any(request.queries.has_withdrawal_source(exchange.id) for exchange in request.queries.exchanges())


def _all_exchanges(request: Request) -> Message:
    by_id: dict[str, Exchange] = {exchange.id: exchange for exchange in request.queries.exchanges()}
    known = [(by_id[status.exchange], status) for status in request.queries.all_withdrawals()]
    watched = sum(request.queries.is_watched(exchange_id) for exchange_id in by_id)
    return all_withdrawals_card(known, watched, request.now)
