"""/approve — whether an alert that waits for a moderator is posted: the command behind the buttons of that question."""

from dataclasses import replace
from typing import Annotated

from bot.commands.arguments import Arg, IncidentNumber, PlaceName
from bot.commands.declaration import Access, Request, command
from bot.domain.approval import ApprovalDecision
from bot.domain.errors import NotPermitted, StorageError, echo
from bot.domain.place import Place, Platform
from bot.language.translation import tr
from bot.messages.cards.approval import decided_card, nothing_waits_card
from bot.messages.model import Message
from bot.messages.plain_text import clean
from handlers.target_place import OtherPlace, target_place

_ATTEMPTS = 10  # one more than what may change it within a second; more is a store that is damaged
_TELEGRAM_GROUP = "-100"  # how the ids of supergroups and channels begin


@command(access=Access.MODERATOR)
async def approve(
    request: Request,
    incident: Annotated[IncidentNumber, Arg("Incident that waits for a moderator, e.g. INC-42")],
    decision: Annotated[ApprovalDecision, Arg("post it, or discard it", ask="Post it, or discard it?")],
    place: OtherPlace = None,
) -> Message:
    """Post or discard an alert that waits for a moderator"""
    target, label = await _asked_place(request, place), f"INC-{incident}"
    by = echo(clean(request.caller.name)) or f"id {request.caller.id}"
    # Beside other moderators the bot itself changes what is stored: that the question arrived, or that it got worse.
    for _ in range(_ATTEMPTS):
        before = await request.approvals.get(target, label)
        if before is None:
            return nothing_waits_card(label)
        if before.decision:  # two moderators, or one twice: the first decision counts
            return decided_card(label, before)
        after = replace(before, decision=decision, by=by)
        if await request.approvals.put(target, label, before=before, after=after):
            return decided_card(label, after, is_late=before.is_over(request.now))
    raise StorageError("an approval is changed again and again")


async def _asked_place(request: Request, named: PlaceName | None) -> Place:
    """Return the place that an alert waits for; raise NotPermitted where the caller does not moderate it.

    A button in the chat of who is asked names a group by its id. The bot need not administer that group, which to find
    another place by its name takes: it posts there as a member.
    """
    if named is None or not named.startswith(_TELEGRAM_GROUP):
        return await target_place(request, named)
    group = Place(Platform.TELEGRAM, named)
    if not request.caller.is_owner and not await request.caller.may_moderate(group):
        raise NotPermitted(tr("Only the people who moderate that place may decide this."))
    return group
