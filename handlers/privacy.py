"""/privacy — what is stored about a place and about whoever asks, shown and deleted."""

from enum import StrEnum
from typing import Annotated

from bot.commands.arguments import Arg, ConfirmationCode, PlaceName
from bot.commands.declaration import Request, command
from bot.domain.errors import AskerError, NotPermitted
from bot.domain.place import Place, Platform
from bot.language.translation import tr
from bot.messages.cards.drills import forgotten_drills_card
from bot.messages.cards.privacy import StoredHere, confirm_deletion_card, deleted_card, privacy_card, stored_card
from bot.messages.model import Message
from handlers.drills import drill_member
from handlers.target_place import OtherPlace, target_place

_DELETION = "delete everything here"
"""What is kept until it is confirmed, in place of a file: nobody else confirms, and no button of last week does."""


class PrivacyChoice(StrEnum):
    """What somebody may ask for beside what is stored in general."""

    SHOW = "show"
    DELETE = "delete"
    FORGET = "forget"


@command(linkable=False, about_place=True)
async def privacy(
    request: Request,
    what: Annotated[
        PrivacyChoice | None, Arg("show or delete what is stored about this place; forget: delete your drills")
    ] = None,
    code: Annotated[ConfirmationCode | None, Arg("What the button Delete fills in, to confirm it")] = None,
    place: OtherPlace = None,
) -> Message:
    """Show what is stored about you and this place, or delete it"""
    if what is PrivacyChoice.FORGET:
        return forgotten_drills_card(await request.drills.forget(drill_member(request)))
    if what is None and code is None:
        return privacy_card()
    target = await _own_place(request, place)
    if what is PrivacyChoice.SHOW:
        # A group on Telegram reads every answer: who its moderators are by number is not its members' business.
        is_shared = request.place.platform is Platform.TELEGRAM and not request.private
        stored, names = await _stored(request, target), request.queries.names()
        return stored_card(stored, names, here=request.place, names_people=not is_shared)
    if code is not None:
        return await _delete(request, target, code)
    kept = await request.pending_changes.keep(target, _DELETION)
    is_own_chat = request.private and target == request.place and request.caller.is_person
    return confirm_deletion_card(await _stored(request, target), kept, here=request.place, is_own_chat=is_own_chat)


async def _own_place(request: Request, elsewhere: PlaceName | None) -> Place:
    """Return the place that is asked about; raise NotPermitted for who neither moderates it nor is alone in it."""
    target = await target_place(request, elsewhere)
    is_alone = request.private and target == request.place
    if not (is_alone or request.caller.is_owner or await request.caller.may_moderate(target)):
        raise NotPermitted(
            tr("What is stored about this place is shown to the people who moderate it; ask one of them.")
        )
    return target


async def _stored(request: Request, target: Place) -> StoredHere:
    return StoredHere(
        await request.place_exports.of_place(target),
        tuple(await request.place_settings.changes(target)),
        has_trouble=await request.subscriptions.trouble(target) is not None,
    )


async def _delete(request: Request, target: Place, code: ConfirmationCode) -> Message:
    if await request.pending_changes.read(target, code) != _DELETION:
        raise AskerError(tr("This was confirmed already, or is more than an hour old. Ask for /privacy delete again."))
    stored = await _stored(request, target)
    await request.place_exports.forget(target)
    # In a private chat the place is the person, and what they pressed in groups is theirs as well.
    is_own = request.private and target == request.place and request.caller.is_person
    drills = await request.drills.forget(drill_member(request)) if is_own else None
    return deleted_card(stored, drills=drills)
