"""/subscriptions — what a place has subscribed to, page by page, with buttons that change it."""

from typing import Annotated

from bot.commands.arguments import Arg, ExchangeOrAll, PageNumber
from bot.commands.declaration import Request, command
from bot.domain.place import Place, Platform
from bot.domain.stress import STRESS
from bot.messages.cards.places import why_closed
from bot.messages.cards.subscription_list import ListedPlace, subscription_detail_card, subscriptions_card
from bot.messages.model import Message
from handlers.subscriptions import exchange_or_all, exchanges_with_critical
from handlers.target_place import OtherPlace, target_place


@command(about_place=True)
async def subscriptions(
    request: Request,
    exchange: Annotated[ExchangeOrAll | None, Arg("One of them in detail, e.g. binance or all")] = None,
    page: Annotated[PageNumber | None, Arg("Which page, where there are many")] = None,
    place: OtherPlace = None,
) -> Message:
    """List what this place has subscribed to, and change it"""
    target = await target_place(request, place)
    subscribed = await request.subscriptions.of_place(target)
    listed = ListedPlace(
        target,
        request.place,
        subscribed,
        request.queries.names(),
        may_name_channels=request.private and target.platform is Platform.TELEGRAM,
        paused_because=await _why_paused(request, target),
        unwatched=frozenset(
            subscription.exchange
            for subscription in subscribed
            if subscription.exchange not in {None, STRESS.id} and not request.queries.is_watched(subscription.exchange)
        ),
    )
    return subscriptions_card(listed, page or 1) if exchange is None else _detail(request, listed, exchange)


def _detail(request: Request, listed: ListedPlace, name: ExchangeOrAll) -> Message:
    chosen = exchange_or_all(request, name)
    id_ = chosen.id if chosen else None
    return subscription_detail_card(listed, id_, can_be_critical=bool(exchanges_with_critical(request, chosen)))


async def _why_paused(request: Request, place: Place) -> str | None:
    trouble = await request.subscriptions.trouble(place)
    return why_closed(trouble.obstacle, trouble.reason) if trouble and trouble.disabled else None
