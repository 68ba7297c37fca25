"""/hold, /release — what the owner of the bot does not let speak."""

from typing import Annotated

from bot.commands.arguments import Arg, ExchangeName, Sentence
from bot.commands.declaration import Access, Request, command
from bot.domain.suppression import Suppression
from bot.messages.cards.suppressions import released_card, suppressed_card
from bot.messages.model import Message


@command(access=Access.OWNER)
async def hold(
    request: Request,
    exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")],
    why: Annotated[Sentence | None, Arg("Why, in words that everybody will read")] = None,
) -> Message:
    """Withhold an exchange's figures from alerts, for everybody"""
    about = request.queries.exchange(exchange)
    withheld = Suppression(about.id, request.now, request.caller.id, why or "")
    await request.suppressions.add(withheld)
    await request.queries.fresh_snapshot(about)
    return suppressed_card(withheld, about.name)


@command(access=Access.OWNER)
async def release(request: Request, exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")]) -> Message:
    """Let a withheld exchange's figures raise alerts again"""
    about = request.queries.exchange(exchange)
    was_held = await request.suppressions.remove(about.id)
    await request.queries.fresh_snapshot(about)
    return released_card(about.name, was_held=was_held)
