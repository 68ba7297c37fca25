"""/approve — whether an alert that waits for a moderator is posted: the command behind the buttons of that question."""

from dataclasses import replace
from typing import Annotated

from bot.commands.arguments import Arg, IncidentNumber, PlaceName
from bot.commands.declaration import Access, Request, command
from bot.domain.approval import ApprovalDecision
from bot.domain.errors import echo
from bot.messages.cards.approval import decided_card, nothing_waits_card
from bot.messages.model import Message
from bot.messages.plain_text import clean
from handlers.target_place import target_place


@command(access=Access.MODERATOR)
async def approve(
    request: Request,
    incident: Annotated[IncidentNumber, Arg("Incident that waits for a moderator, e.g. INC-42")],
    decision: Annotated[ApprovalDecision, Arg("post it, or discard it")],
    place: Annotated[PlaceName | None, Arg("Another channel that you and the bot administer, e.g. @mychannel")] = None,
) -> Message:
    """Post or discard an alert that waits for a moderator"""
    target, label = await target_place(request, place), f"INC-{incident}"
    before = await request.approvals.get(target, label)
    if before is None:
        return nothing_waits_card(label)
    if before.decision:  # two moderators, or one twice: the first decision counts
        return decided_card(label, before)
    by = echo(clean(request.caller.name)) or f"id {request.caller.id}"
    after = replace(before, decision=decision, by=by)
    if await request.approvals.put(target, label, before=before, after=after):
        return decided_card(label, after)
    return decided_card(label, await request.approvals.get(target, label) or after)
