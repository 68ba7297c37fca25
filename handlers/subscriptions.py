"""/subscribe and /unsubscribe — which alerts a place gets.

A place is a chat, channel, group, topic or thread. Its moderators decide for it; `/subscriptions` is in
`subscription_list.py`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from bot.alerting.routing import followed_incidents, reaches
from bot.commands.arguments import (
    Arg,
    ConfirmationCode,
    ExchangeOrAll,
    LeastShare,
    LeastUsd,
    MentionOrNobody,
)
from bot.commands.declaration import Access, Request, command
from bot.detection.window_coverage import window_coverage
from bot.domain.errors import AskerError
from bot.domain.exchange import Exchange, exchange_id
from bot.domain.place import Place, Subscription, same_terms
from bot.domain.severity import Sensitivity, Severity
from bot.domain.stress import STRESS
from bot.language.translation import tr
from bot.messages.cards.subscription_refusals import never_critical, never_large_enough, never_watched, severity_guide
from bot.messages.cards.subscriptions import CriticalReach, subscribed_card, subscribed_to_stress_card
from bot.messages.cards.unsubscribed import restored_card, unsubscribed_card
from bot.messages.model import Action, Message
from bot.messages.subscription_line import ALL_WORD, unsubscribe_line
from handlers.subscription_undo import kept_subscriptions, undo_action
from handlers.target_place import OtherPlace, target_place
from handlers.withdrawals import any_withdrawal_source


@command(access=Access.MODERATOR)
async def subscribe(  # noqa: PLR0913, PLR0917 — what a subscription holds, each a word of its own
    request: Request,
    exchange: Annotated[
        ExchangeOrAll,
        Arg("An exchange, e.g. binance; or all; or stress for the daily stress test", ask="Alerts for which exchange?"),
    ],
    sensitivity: Annotated[Sensitivity | None, Arg("How soon to alert: early, normal, calm")] = None,
    severity: Annotated[
        Severity | None,
        Arg(
            "Lowest severity to post: watch, elevated, severe, critical",
            ask="From which severity on?",
            explain=severity_guide,
        ),
    ] = None,
    usd: Annotated[LeastUsd | None, Arg("Only outflows of at least this many dollars, e.g. $50M; $0 for any")] = None,
    percent: Annotated[
        LeastShare | None, Arg("Only outflows of at least this share of reserves, e.g. 3%; 0% for any")
    ] = None,
    mention: Annotated[
        MentionOrNobody | None, Arg("Whom to ping when it opens or gets worse: a role, @here, @everyone or nobody")
    ] = None,
    place: OtherPlace = None,
) -> Message:
    """Post alerts about an exchange, or the daily stress test, in this place"""
    if exchange.lower() == STRESS.id:
        said = (sensitivity, severity, usd, percent, mention)
        return await _subscribe_to_stress(request, await target_place(request, place), is_bare=not any(said))
    chosen = exchange_or_all(request, exchange)
    target = await target_place(request, place)
    held = await request.subscriptions.of_place(target)
    general = next((kept for kept in held if kept.exchange is None), None) if chosen else None
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
    can_be_critical = exchanges_with_critical(request, chosen)
    _check_can_fire(request, subscription, chosen, can_be_critical)
    mention_lacks = await request.place_access.check_mention(target, mention) if mention else ()
    all_open = await request.queries.open_incidents()
    subscription = replace(subscription, follows=followed_incidents(subscription, held, all_open))
    before = next((kept for kept in held if kept.exchange == subscription.exchange), None)
    undo = await _undo_subscribing(request, subscription, before)
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
        own=[kept for kept in held if kept.exchange not in {None, STRESS.id}] if chosen is None else (),
        names=request.queries.names(),
        before=before,
        undo=undo,
        here=request.place,
    )


@command(access=Access.MODERATOR)
async def unsubscribe(
    request: Request,
    exchange: Annotated[ExchangeOrAll | None, Arg("An exchange, e.g. binance, or all; empty: everything")] = None,
    code: Annotated[ConfirmationCode | None, Arg("What the button Undo fills in, to take it back")] = None,
    place: OtherPlace = None,
) -> Message:
    """Stop alerts in this place"""
    target = await target_place(request, place)
    if code is not None:
        return await _bring_back(request, target, code)
    held = await request.subscriptions.of_place(target)
    if exchange is None:
        chosen, cancelled = None, list(held)
        undo = await undo_action(request, target, cancelled) if cancelled else None
        count = await request.subscriptions.remove(target, None, everything=True)
    else:
        chosen = _exchange_to_cancel(request, held, exchange)
        exchange_key = chosen.id if chosen else None
        cancelled = [kept for kept in held if kept.exchange == exchange_key]
        undo = await undo_action(request, target, cancelled) if cancelled else None
        count = await request.subscriptions.remove(target, exchange_key)
    left = [kept for kept in held if kept not in cancelled]
    return unsubscribed_card(
        chosen, count, everything=exchange is None, left=left, undo=undo, here=request.place, place=target
    )


def exchange_or_all(request: Request, name: ExchangeOrAll) -> Exchange | None:
    """Return the exchange, or what stands for the stress test; None for the word `all`; raise UnknownExchange."""
    if name.lower() == STRESS.id:
        return STRESS
    return None if name.lower() == ALL_WORD else request.queries.exchange(name)


def exchanges_with_critical(request: Request, chosen: Exchange | None) -> list[Exchange]:
    """Return the exchanges of a subscription whose incidents can be critical: those that tell their withdrawals."""
    exchanges = request.queries.exchanges() if chosen is None else [chosen]
    return [exchange for exchange in exchanges if request.queries.has_withdrawal_source(exchange.id)]


def can_fire(request: Request, subscription: Subscription) -> bool:
    """Return whether an alert can ever come of a subscription that was not typed but read from a file."""
    if subscription.exchange == STRESS.id or not request.queries.exchanges():  # while no list is known, nothing is
        return True
    chosen = request.queries.exchange(subscription.exchange) if subscription.exchange else None
    try:
        _check_can_fire(request, subscription, chosen, exchanges_with_critical(request, chosen))
    except AskerError:
        return False
    return True


def _with_general(
    general: Subscription | None,
    subscription: Subscription,
    sensitivity: Sensitivity | None,
    severity: Severity | None,
) -> Subscription:
    """Return a subscription to one exchange that says nothing with what the place's one to all exchanges says there.

    Example: a place has `/subscribe all severe $50M`. After `/subscribe binance early` it hears of Binance early, from
    severe and $50 M on; after `/subscribe binance early $0` of any size. `general` is None where there is none, or
    where the subscription is that to all itself.
    """
    inherited = general or subscription
    return replace(
        subscription,
        sensitivity=sensitivity or inherited.sensitivity,
        min_severity=severity or inherited.min_severity,
        # None was not said; 0 and "" were, and mean that there is none.
        usd=inherited.usd if subscription.usd is None else subscription.usd or None,
        share=inherited.share if subscription.share is None else subscription.share or None,
        mention=inherited.mention if subscription.mention is None else subscription.mention or None,
    )


def _check_can_fire(
    request: Request, subscription: Subscription, chosen: Exchange | None, can_be_critical: Sequence[Exchange]
) -> None:
    """Raise AskerError for a subscription of which no alert could ever come."""
    if chosen and not request.queries.is_watched(chosen.id):
        raise AskerError(never_watched(chosen.name))
    if subscription.min_severity is Severity.CRITICAL and not can_be_critical:
        raise AskerError(never_critical(chosen, is_on=any_withdrawal_source(request)))
    # Closed withdrawals are an alert whatever the size of flows is, so only where none are seen a size rules all out.
    totals = [row.total_usd for row in request.queries.listings() if chosen is None or row.exchange.id == chosen.id]
    largest = max((total for total in totals if total is not None), default=None)
    if subscription.usd and largest and subscription.usd > largest and not can_be_critical:
        raise AskerError(never_large_enough(chosen.name if chosen else None, subscription.usd, largest))


async def _undo_subscribing(request: Request, subscription: Subscription, before: Subscription | None) -> Action | None:
    """Return the button that takes a new or changed subscription back, None where nothing changes."""
    if before is None:
        line = unsubscribe_line(subscription.place, subscription.exchange, request.place)
        return Action(tr("Undo"), line, in_place=True)
    return None if same_terms(before, subscription) else await undo_action(request, subscription.place, [before])


async def _bring_back(request: Request, target: Place, code: ConfirmationCode) -> Message:
    """Bring back what is kept under the code of an *Undo* button."""
    kept = await kept_subscriptions(request, target, code)
    await request.subscriptions.add_all(kept)
    await request.pending_changes.forget(target)
    return restored_card(kept, request.queries.names(), here=request.place, place=target)


async def _subscribe_to_stress(request: Request, target: Place, *, is_bare: bool) -> Message:
    """Post the daily stress test in a place; there is nothing to choose about it."""
    if not is_bare:
        raise AskerError(tr("The daily stress test is one card a day for everybody: /subscribe stress, without more."))
    subscription = Subscription(target, STRESS.id, created_by=request.caller.id, created_at=request.now)
    held = await request.subscriptions.of_place(target)
    before = next((kept for kept in held if kept.exchange == STRESS.id), None)
    undo = await _undo_subscribing(request, subscription, before)
    if before is None:
        await request.subscriptions.add(subscription)
    missing = await request.place_access.missing(target)
    return subscribed_to_stress_card(missing, undo=undo, here=request.place, place=target)


def _exchange_to_cancel(request: Request, held: Sequence[Subscription], name: ExchangeOrAll) -> Exchange | None:
    """Return the exchange to unsubscribe from, None for `all`; raise UnknownExchange.

    The source may have dropped an exchange that the place subscribed to: it can still be cancelled by its id.
    """
    try:
        return exchange_or_all(request, name)
    except AskerError:
        unlisted_id = exchange_id(name)
        if unlisted_id not in {subscription.exchange for subscription in held}:
            raise
        return Exchange(unlisted_id, unlisted_id)
