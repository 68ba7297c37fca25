"""/rehearse — how often a preset or a threshold would have raised an alert over the last 90 days.

The stored readings are judged again with the thresholds asked for. Nothing is subscribed to.
"""

from collections.abc import Sequence
from typing import Annotated

from bot.alerting.routing import reaches
from bot.commands.arguments import Arg, ExchangeName, ThresholdArgument
from bot.commands.declaration import Access, Request, command
from bot.domain.exchange import Exchange
from bot.domain.place import Subscription
from bot.language.translation import tr
from bot.messages.cards.errors import question_card
from bot.messages.cards.rehearsal import nothing_to_rehearse_card, rehearsal_card
from bot.messages.cards.subscription_terms import rule_words
from bot.messages.model import Message
from bot.messages.subscription_line import dollars_typed, share_typed

_MOST_BUTTONS = 8
_MAX_EXCHANGES = 10
"""Exchanges that are judged for one question. The stored readings of each are read day by day, 90 days and more."""


@command(access=Access.MODERATOR)
async def rehearse(
    request: Request,
    rule: Annotated[
        ThresholdArgument,
        Arg("A sensitivity (early, normal, calm) or a limit such as 3% or $50M", ask="Which sensitivity or limit?"),
    ],
    exchange: Annotated[ExchangeName | None, Arg("Only this exchange; empty: those this place subscribed to")] = None,
) -> Message:
    """Show how often a sensitivity or limit would have fired in the last 90 days"""
    chosen = [request.queries.exchange(exchange)] if exchange else await _subscribed_exchanges(request)
    if not chosen:
        return _which_exchange(request, rule)
    judged = chosen[:_MAX_EXCHANGES]
    rehearsal = await request.queries.rehearse(judged, rule.sensitivity)
    if not rehearsal.judged_from:
        return nothing_to_rehearse_card([judged_exchange.name for judged_exchange in judged])
    # Presets decide what is an incident; the minimum in dollars or share then filters, as for a real subscription.
    subscription = Subscription(request.place, None, sensitivity=rule.sensitivity, usd=rule.usd, share=rule.share)
    return rehearsal_card(
        rule_words(subscription),
        rehearsal,
        [incident for incident in rehearsal.incidents if reaches(subscription, incident)],
        request.queries.names(),
        left_out=len(chosen) - len(judged),
        kinds=request.queries.kinds,
    )


async def _subscribed_exchanges(request: Request) -> Sequence[Exchange]:
    """Return the exchanges this place has subscribed to, largest first."""
    subscriptions = await request.subscriptions.of_place(request.place)
    subscribed_ids = {subscription.exchange for subscription in subscriptions}  # None stands for all exchanges
    return [
        exchange
        for exchange in request.queries.exchanges()
        if exchange.slug and (None in subscribed_ids or exchange.id in subscribed_ids)
    ]


def _which_exchange(request: Request, rule: ThresholdArgument) -> Message:
    """Return the question where nothing is subscribed, with the rule and an exchange on each button."""
    exchanges = [exchange for exchange in request.queries.exchanges() if exchange.slug][:_MOST_BUTTONS]
    return question_card(
        tr("Which exchange?"),
        tr("This place has no subscriptions; name an exchange: /rehearse early binance."),
        tuple((exchange.name, f"rehearse {_typed(rule)} {exchange.id}") for exchange in exchanges),
    )


def _typed(rule: ThresholdArgument) -> str:
    if rule.usd is not None:
        return dollars_typed(rule.usd)
    return share_typed(rule.share) if rule.share is not None else rule.sensitivity
