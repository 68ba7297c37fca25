"""/hold, /release — what the owner of the bot does not let speak."""

from typing import Annotated

from bot.arguments import Arg, ExchangeName, Sentence
from bot.commands import Access, Request, command
from bot.domain.withheld import Withheld
from bot.messages.cards.holds import held_card, released_card
from bot.messages.model import Message


@command(access=Access.OWNER)
async def hold(
    request: Request,
    exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")],
    why: Annotated[Sentence | None, Arg("Why, in words that everybody will read")] = None,
) -> Message:
    """Withhold an exchange's figures from alerts, for everybody"""
    about = request.queries.exchange(exchange)
    withheld = Withheld(about.id, request.now, request.caller.id, why or "")
    await request.holds.hold(withheld)
    await request.queries.look_again(about)
    return held_card(withheld, about.name)


@command(access=Access.OWNER)
async def release(request: Request, exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")]) -> Message:
    """Let a withheld exchange's figures raise alerts again"""
    about = request.queries.exchange(exchange)
    was_held = await request.holds.release(about.id)
    await request.queries.look_again(about)
    return released_card(about.name, was_held=was_held)
