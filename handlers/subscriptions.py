"""/subscribe, /unsubscribe, /subscriptions — which alerts a place gets.

A place is a chat, channel, group, topic or thread. Its moderators decide for it; anybody in it may look.
"""

from dataclasses import replace
from typing import Annotated

from bot.alerting.routing import followed_incidents, reaches
from bot.commands.arguments import Arg, ExchangeOrAll, Mention, PlaceName, Share, Usd
from bot.commands.declaration import Access, Request, command
from bot.detection.window_coverage import window_coverage
from bot.domain.errors import AskerError
from bot.domain.exchange import Exchange, exchange_id
from bot.domain.place import Place, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.stress import STRESS
from bot.messages.cards.places import why_closed
from bot.messages.cards.subscriptions import (
    EVERYTHING,
    CriticalReach,
    never_critical,
    subscribed_card,
    subscribed_to_stress_card,
    subscriptions_card,
    unsubscribed_card,
)
from bot.messages.model import Message
from handlers.target_place import target_place
from handlers.withdrawals import any_withdrawal_source

_ALL = "all"
"""What people type for every exchange, including those listed later; stored as no exchange."""


@command(access=Access.MODERATOR)
async def subscribe(  # noqa: PLR0913, PLR0917 — what a subscription holds, each a word of its own
    request: Request,
    exchange: Annotated[
        ExchangeOrAll,
        Arg("Exchange, e.g. binance, or all; or stress: one card a day", ask="Alerts for which exchange?"),
    ],
    sensitivity: Annotated[Sensitivity | None, Arg("How early to speak; normal, if nothing else is said")] = None,
    severity: Annotated[
        Severity | None,
        Arg(
            "The mildest severity to hear of; critical takes closed withdrawals as well", ask="From which severity on?"
        ),
    ] = None,
    usd: Annotated[Usd | None, Arg("Only flows of at least this many dollars, e.g. $50M")] = None,
    percent: Annotated[Share | None, Arg("Only flows of at least this share of reserves, e.g. 3%")] = None,
    mention: Annotated[
        Mention | None, Arg("Whom to ping on opening and escalation: a role, @here or @everyone")
    ] = None,
    place: Annotated[PlaceName | None, Arg("Another channel that you and the bot administer, e.g. @mychannel")] = None,
) -> Message:
    """Post alerts about an exchange, or the daily stress test, in this place"""
    if exchange.lower() == STRESS.id:
        said = (sensitivity, severity, usd, percent, mention)
        return await _subscribe_to_stress(request, await target_place(request, place), is_bare=not any(said))
    chosen = _exchange_or_all(request, exchange)
    target = await target_place(request, place)
    before = await request.subscriptions.of_place(target)
    general = next((held for held in before if held.exchange is None), None) if chosen else None
    subscription = _with_general(
        general,
        Subscription(
            place=target,
            exchange=chosen.id if chosen else None,
            usd=usd,
            share=percent,
            mention=mention,
            created_by=request.caller.id,
            created_at=request.now,
        ),
        sensitivity,
        severity,
    )
    can_be_critical = _can_be_critical(request, chosen)
    if subscription.min_severity is Severity.CRITICAL and not can_be_critical:
        raise AskerError(never_critical(chosen, is_on=any_withdrawal_source(request)))
    mention_lacks = await request.place_access.check_mention(target, mention) if mention else ()
    all_open = await request.queries.open_incidents()
    subscription = replace(subscription, follows=followed_incidents(subscription, before, all_open))
    await request.subscriptions.add(subscription)
    # A place that subscribes during a run is told at once what is open: the next alert may be hours away.
    open_incidents = [
        incident
        for incident in all_open
        if (chosen is None or incident.subject == chosen.id)
        and incident.sensitivity is subscription.preset_for(incident.number)
        and reaches(subscription, incident)
    ]
    snapshots = [await request.queries.snapshot(exchange)] if chosen else request.queries.snapshots()
    return subscribed_card(
        subscription,
        chosen.name if chosen else None,
        await request.place_access.missing(target),
        open_incidents,
        is_tracked=chosen is None or chosen.slug is not None,
        coverage=window_coverage(snapshots, request.now),
        mention_lacks=mention_lacks,
        critical=CriticalReach(len(can_be_critical), len(request.queries.exchanges()) if chosen is None else 1),
        general=general,
        own=[held for held in before if held.exchange not in {None, STRESS.id}] if chosen is None else (),
        names=request.queries.names(),
    )


@command(access=Access.MODERATOR)
async def unsubscribe(
    request: Request,
    exchange: Annotated[ExchangeOrAll | None, Arg("Exchange, e.g. binance, or all; empty: everything")] = None,
    place: Annotated[PlaceName | None, Arg("Another channel that you and the bot administer, e.g. @mychannel")] = None,
) -> Message:
    """Stop alerts in this place"""
    target = await target_place(request, place)
    if exchange is None:
        return unsubscribed_card(None, await request.subscriptions.remove(target, None, everything=True))
    chosen = await _exchange_to_cancel(request, target, exchange)
    count = await request.subscriptions.remove(target, chosen.id if chosen else None)
    return unsubscribed_card(chosen.name if chosen else EVERYTHING, count)


@command
async def subscriptions(request: Request) -> Message:
    """List what this place has subscribed to"""
    subscribed = await request.subscriptions.of_place(request.place)
    trouble = await request.subscriptions.trouble(request.place)
    why_disabled = why_closed(trouble.obstacle, trouble.reason) if trouble and trouble.disabled else None
    unwatched = {
        subscription.exchange
        for subscription in subscribed
        if subscription.exchange not in {None, STRESS.id} and not request.queries.is_watched(subscription.exchange)
    }
    return subscriptions_card(subscribed, request.queries.names(), why_disabled, unwatched)


def _exchange_or_all(request: Request, name: ExchangeOrAll) -> Exchange | None:
    """Return the exchange, or what stands for the stress test; None for the word `all`; raise UnknownExchange."""
    if name.lower() == STRESS.id:
        return STRESS
    return None if name.lower() == _ALL else request.queries.exchange(name)


def _with_general(
    general: Subscription | None,
    subscription: Subscription,
    sensitivity: Sensitivity | None,
    severity: Severity | None,
) -> Subscription:
    """Return a subscription to one exchange that says nothing with what the place's one to all exchanges says there.

    Example: a place has `/subscribe all severe $50M`. After `/subscribe binance early` it hears of Binance early, from
    severe and $50 M on. `general` is None where there is none, or where the subscription is that to all itself.
    """
    inherited = general or subscription
    return replace(
        subscription,
        sensitivity=sensitivity or inherited.sensitivity,
        min_severity=severity or inherited.min_severity,
        usd=subscription.usd or inherited.usd,
        share=subscription.share or inherited.share,
        mention=subscription.mention or inherited.mention,
    )


def _can_be_critical(request: Request, chosen: Exchange | None) -> list[Exchange]:
    """Return the exchanges of a subscription whose incidents can be critical: those that tell their withdrawals."""
    exchanges = request.queries.exchanges() if chosen is None else [chosen]
    return [exchange for exchange in exchanges if request.queries.has_withdrawal_source(exchange.id)]


async def _subscribe_to_stress(request: Request, target: Place, *, is_bare: bool) -> Message:
    """Post the daily stress test in a place; there is nothing to choose about it."""
    if not is_bare:
        raise AskerError("The daily stress test is one card a day for everybody: /subscribe stress, without more.")
    await request.subscriptions.add(
        Subscription(target, STRESS.id, created_by=request.caller.id, created_at=request.now)
    )
    return subscribed_to_stress_card(await request.place_access.missing(target))


async def _exchange_to_cancel(request: Request, place: Place, name: ExchangeOrAll) -> Exchange | None:
    """Return the exchange to unsubscribe from, None for `all`; raise UnknownExchange.

    The source may have dropped an exchange that the place subscribed to: it can still be cancelled by its id.
    """
    try:
        return _exchange_or_all(request, name)
    except AskerError:
        unlisted_id = exchange_id(name)
        if unlisted_id not in {subscription.exchange for subscription in await request.subscriptions.of_place(place)}:
            raise
        return Exchange(unlisted_id, unlisted_id)
