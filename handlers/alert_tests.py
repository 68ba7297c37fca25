"""/test — whether alerts arrive in this place, found out by sending a marked one."""

from enum import StrEnum
from typing import Annotated

from bot.commands.arguments import Arg
from bot.commands.declaration import Access, Request, command
from bot.domain.alert_tests import AlertTestMention
from bot.domain.place import Platform
from bot.language.translation import written_in
from bot.messages.cards.alert_tests import alert_test_result_card
from bot.messages.model import Message
from handlers.target_place import OtherPlace, target_place


class PingChoice(StrEnum):
    """Whether a test mentions whom real alerts mention."""

    PING = "ping"


@command(access=Access.MODERATOR)
async def test(
    request: Request,
    mention: Annotated[PingChoice | None, Arg("ping: with the mention of the subscription; empty: without")] = None,  # noqa: PT028 — a command, not a test of ours
    place: OtherPlace = None,  # noqa: PT028 — as above
) -> Message:
    """Send a marked test alert here, by the same route as real ones"""
    target = await target_place(request, place)
    subscriptions = await request.subscriptions.of_place(target)
    # Telegram has no mention for a whole chat, so that nothing could be tested.
    mentions = [
        subscription.mention
        for subscription in subscriptions
        if subscription.mention and target.platform is not Platform.TELEGRAM
    ]
    mentioned = mentions[0] if mentions and mention else None
    # A real alert is in the language of its place, whatever language whoever tests it speaks.
    with written_in((await request.place_settings.of_place(target)).language):
        result = await request.alert_tester.run(target, mention=mentioned)
    left_out = AlertTestMention.LEFT_OUT if mentions else AlertTestMention.NONE
    return alert_test_result_card(
        result,
        mutes=await request.mutes.of_place(target),
        names=request.queries.names(),
        has_subscriptions=bool(subscriptions),
        lacks=await request.place_access.missing(target),
        mention=AlertTestMention.USED if mentioned else left_out,
        where=place or "",
    )
