"""/rehearse — how often a rule would have spoken."""

from collections.abc import Sequence
from typing import Annotated

from bot.alerting.routing import reaches
from bot.commands.arguments import Arg, ExchangeName, ThresholdArgument
from bot.commands.declaration import Access, Request, command
from bot.domain.errors import AskerError
from bot.domain.exchange import Exchange
from bot.domain.place import Subscription
from bot.messages.cards.rehearsal import nothing_to_rehearse_card, rehearsal_card
from bot.messages.cards.subscriptions import rule_words
from bot.messages.model import Message

_MOST = 10  # exchanges at a time: their stored past is read day by day


@command(access=Access.MODERATOR)
async def rehearse(
    request: Request,
    rule: Annotated[ThresholdArgument, Arg("A preset (calm, normal, early) or a threshold such as 3% or $50M")],
    exchange: Annotated[ExchangeName | None, Arg("Only this exchange; empty: those this place subscribed to")] = None,
) -> Message:
    """Show how often a rule would have spoken in the last 90 days"""
    wanted = [request.queries.exchange(exchange)] if exchange else await _subscribed(request)
    found = await request.queries.rehearse(wanted[:_MOST], rule.sensitivity)
    if not found.judged_from:
        return nothing_to_rehearse_card([one.name for one in wanted[:_MOST]])
    wish = Subscription(request.place, None, sensitivity=rule.sensitivity, usd=rule.usd, share=rule.share)
    return rehearsal_card(
        rule_words(wish),
        found,
        [incident for incident in found.incidents if reaches(wish, incident)],
        request.queries.names(),
        left_out=len(wanted[_MOST:]),
        kinds=request.queries.kinds,
    )


async def _subscribed(request: Request) -> Sequence[Exchange]:
    """Return the exchanges this place has subscribed to, largest first; raise AskerError when there is none."""
    subscriptions = await request.subscriptions.of_place(request.place)
    named = {subscription.exchange for subscription in subscriptions}
    wanted = [
        exchange
        for exchange in request.queries.exchanges()
        if exchange.slug and (None in named or exchange.id in named)
    ]
    if not wanted:
        raise AskerError("This place has subscribed to nothing; name an exchange: /rehearse early binance.")
    return wanted
