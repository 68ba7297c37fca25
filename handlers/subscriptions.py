"""/subscribe, /unsubscribe, /subscriptions — what a place wants to hear."""

from typing import Annotated

from bot.alerting.routing import reaches
from bot.commands.arguments import Arg, Elsewhere, ExchangeName, Mention, Share, Usd
from bot.commands.declaration import Access, Request, command
from bot.domain.errors import AskerError, NotPermitted
from bot.domain.exchange import Exchange, exchange_id
from bot.domain.place import Place, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.messages.cards.places import why_closed
from bot.messages.cards.subscriptions import subscribed_card, subscriptions_card, unsubscribed_card
from bot.messages.model import Message

_ALL = "all"


@command(access=Access.MODERATOR)
async def subscribe(  # noqa: PLR0913, PLR0917 — what a subscription holds, each a word of its own
    request: Request,
    exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance, or all")],
    sensitivity: Annotated[Sensitivity, Arg("How early to speak")] = Sensitivity.NORMAL,
    severity: Annotated[Severity, Arg("The mildest severity to hear of")] = Severity.WATCH,
    usd: Annotated[Usd | None, Arg("Only flows of at least this many dollars, e.g. $50M")] = None,
    percent: Annotated[Share | None, Arg("Only flows of at least this share of reserves, e.g. 3%")] = None,
    mention: Annotated[
        Mention | None, Arg("Whom to ping on opening and escalation: a role, @here or @everyone")
    ] = None,
    place: Annotated[Elsewhere | None, Arg("Another channel that you and the bot administer, e.g. @mychannel")] = None,
) -> Message:
    """Post alerts about an exchange in this place"""
    about = _exchange(request, exchange)
    target = await _target(request, place)
    subscription = Subscription(
        place=target,
        exchange=about.id if about else None,
        min_severity=severity,
        sensitivity=sensitivity,
        usd=usd,
        share=percent,
        mention=mention,
        created_by=request.caller.id,
        created_at=request.now,
    )
    await request.subscriptions.add(subscription)
    running = [
        incident
        for incident in await request.queries.open_incidents()
        if (about is None or incident.subject == about.id)
        and incident.sensitivity is sensitivity
        and reaches(subscription, incident)
    ]
    return subscribed_card(
        subscription,
        about.name if about else None,
        await request.reach.missing(target),
        running,
        is_tracked=about is None or about.slug is not None,
    )


@command(access=Access.MODERATOR)
async def unsubscribe(
    request: Request,
    exchange: Annotated[ExchangeName | None, Arg("Exchange, e.g. binance, or all; empty: everything")] = None,
    place: Annotated[Elsewhere | None, Arg("Another channel that you and the bot administer, e.g. @mychannel")] = None,
) -> Message:
    """Stop alerts in this place"""
    target = await _target(request, place)
    if exchange is None:
        return unsubscribed_card(None, await request.subscriptions.remove(target, None, everything=True))
    about = await _subscribed(request, target, exchange)
    count = await request.subscriptions.remove(target, about.id if about else None)
    return unsubscribed_card(about.name if about else "all exchanges", count)


@command
async def subscriptions(request: Request) -> Message:
    """List what this place has subscribed to"""
    found = await request.subscriptions.of_place(request.place)
    trouble = await request.subscriptions.trouble(request.place)
    why = why_closed(trouble.obstacle, trouble.reason) if trouble and trouble.disabled else None
    unwatched = {
        subscription.exchange
        for subscription in found
        if subscription.exchange and not request.queries.is_watched(subscription.exchange)
    }
    return subscriptions_card(found, request.queries.names(), why, unwatched)


def _exchange(request: Request, name: ExchangeName) -> Exchange | None:
    """Return the exchange, None for the word `all`; raise UnknownExchange."""
    return None if name.lower() == _ALL else request.queries.exchange(name)


async def _subscribed(request: Request, place: Place, name: ExchangeName) -> Exchange | None:
    """Return as `_exchange`, or an exchange that is not known, any more or yet, and that the place has."""
    try:
        return _exchange(request, name)
    except AskerError:
        wanted = exchange_id(name)
        if wanted not in {subscription.exchange for subscription in await request.subscriptions.of_place(place)}:
            raise
        return Exchange(wanted, wanted)


async def _target(request: Request, elsewhere: Elsewhere | None) -> Place:
    """Return the place that is meant: here, or another one that the caller moderates as well."""
    if elsewhere is None:
        return request.place
    target = await request.reach.find(elsewhere)
    if not request.caller.is_owner and not await request.caller.may_moderate(target):
        raise NotPermitted(f"Only the people who moderate {elsewhere} may do that.")
    return target
