"""/hold, /release — the owner pauses an exchange's figures for everybody, and lets them raise alerts again.

In code this is a suppression; a window that is held for another reason is left as it is.
"""

from typing import Annotated

from bot.commands.arguments import Arg, ExchangeName, Sentence
from bot.commands.declaration import Access, Request, command
from bot.domain.suppression import Metric, Suppression
from bot.messages.cards.suppressions import released_card, suppressed_card
from bot.messages.model import Message


@command(access=Access.OWNER)
async def hold(
    request: Request,
    exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")],
    metric: Annotated[Metric, Arg("What of it is paused, typed as only:proof; empty: all")] = Metric.ALL,
    why: Annotated[Sentence | None, Arg("The reason that everybody will read")] = None,
) -> Message:
    """Pause an exchange's figures: no alert opens or closes on them, and answers say why"""
    suppressed = request.queries.exchange(exchange)
    suppression = Suppression(suppressed.id, request.now, request.caller.id, why or "", metric)
    await request.suppressions.add(suppression)
    await request.queries.fresh_snapshot(suppressed)  # so that answers show it at once, not from the next poll on
    return suppressed_card(suppression, suppressed.name)


@command(access=Access.OWNER)
async def release(
    request: Request,
    exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")],
    metric: Annotated[Metric, Arg("What of it is resumed; empty: all that is paused")] = Metric.ALL,
) -> Message:
    """Resume an exchange's figures that were paused with /hold"""
    released = request.queries.exchange(exchange)
    was_suppressed = await request.suppressions.remove(released.id, metric)
    await request.queries.fresh_snapshot(released)
    # One metric cannot be taken out of the suppression of all of them.
    still = request.queries.suppression(released.id, metric)
    return released_card(released.name, was_suppressed=was_suppressed, metric=metric, still=still)
