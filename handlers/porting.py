"""/export and /import — everything that a place has set as a file, and the file read back, here or elsewhere."""

from dataclasses import replace
from typing import Annotated

from bot.commands.arguments import Arg, ConfirmationCode
from bot.commands.declaration import Access, Request, command
from bot.commands.place_export_json import export_text, read_export
from bot.domain.errors import AskerError, echo
from bot.domain.place import Place
from bot.domain.place_export import PlaceExport
from bot.domain.place_import import ImportPlan, ImportTarget, LeftOut, Omission, plan_import
from bot.domain.setting_change import SettingEditor
from bot.domain.stress import STRESS
from bot.language.translation import marked, tr, tr_count
from bot.messages.cards.porting import export_card, import_preview_card, imported_card, nothing_to_import_card
from bot.messages.documents import Document
from bot.messages.model import Message
from bot.messages.plain_text import clean
from handlers.subscriptions import can_fire
from handlers.target_place import OtherPlace, target_place

_PREVIEWED = "previewed\n"
"""Stands before a file that waits for its confirmation, so that nothing else that is kept is taken for one."""
_NO_FILE = marked(
    "Send the file with the command. On Telegram: the file with the caption /import, or answer the file with /import. "
    "On Discord: /import and the option {option}. On the command line: {command}."
)


@command(access=Access.MODERATOR)
async def export(
    request: Request,
    place: OtherPlace = None,
) -> Message:
    """Save everything that this place has set as a file"""
    exported = await request.place_exports.of_place(await target_place(request, place))
    # The day alone: a time of day would make two exports of one day look like two states.
    name = f"runwatch-{exported.place.platform}-{request.now:%Y-%m-%d}.json"
    return export_card(exported, Document(name, export_text([exported], request.now)))


@command(access=Access.MODERATOR, takes_document=True)
async def import_(
    request: Request,
    code: Annotated[ConfirmationCode | None, Arg("What the button Import fills in, after the preview")] = None,
    place: OtherPlace = None,
) -> Message:
    """Read a file of /export back, here or in another place: first shows what would change"""
    target = await target_place(request, place)
    if code is not None:
        return await _apply(request, target, code)
    if request.document is None:
        raise AskerError(tr(_NO_FILE, option="file", command="runwatch import FILE"))
    document = await request.document()
    file = _file_for(target, document.text)
    plan = await _plan(request, target, file)
    names = request.queries.names()
    if plan.changes.are_none:
        return nothing_to_import_card(plan, names)
    kept = await request.pending_changes.keep(target, _PREVIEWED + export_text([file], request.now))
    return import_preview_card(plan, names, kept, here=request.place, origin=file.place)


async def _apply(request: Request, target: Place, code: ConfirmationCode) -> Message:
    text = await request.pending_changes.read(target, code)
    if text is None or not text.startswith(_PREVIEWED):
        raise AskerError(
            tr("This import was done already, or its preview is more than an hour old. Send the file again.")
        )
    plan = await _plan(request, target, _file_for(target, text.removeprefix(_PREVIEWED)))
    await request.place_exports.apply(plan.changes, now=request.now)
    await request.pending_changes.forget(target)
    return imported_card(plan, request.queries.names(), here=request.place)


def _file_for(target: Place, text: str) -> PlaceExport:
    """Return the one place of a file, or that of several which is the target; raise AskerError."""
    places = read_export(text)
    own = [export for export in places if export.place == target] or places
    if len(own) != 1:
        raise AskerError(
            tr_count(
                "The file has {count} place, none of them this one. Send a file with one place, or use {command} on "
                "the command line for all of them.",
                "The file has {count} places, none of them this one. Send a file with one place, or use {command} on "
                "the command line for all of them.",
                len(places),
                command="runwatch import",
            )
        )
    return own[0]


async def _plan(request: Request, target: Place, file: PlaceExport) -> ImportPlan:
    present = await request.place_exports.of_place(target)
    known = {exchange.id for exchange in request.queries.exchanges()}
    editor = SettingEditor(request.caller.id, echo(clean(request.caller.name)))
    refused = await _refused_mentions(request, target, file)
    plan = plan_import(
        file, ImportTarget(present, editor, request.now, known | {STRESS.id} if known else frozenset(), refused)
    )
    # What /subscribe would refuse is imported, for the bot may be set up otherwise tomorrow, but not in silence.
    mute = [each.exchange for each in plan.changes.subscriptions if not can_fire(request, each)]
    left_out = (*plan.left_out, *(LeftOut(Omission.CANNOT_ALERT, exchange) for exchange in mute))
    return replace(plan, left_out=left_out)


async def _refused_mentions(request: Request, target: Place, file: PlaceExport) -> frozenset[str]:
    """Return the mentions of a file that nobody has in the target, or that the caller may not use."""
    refused: set[str] = set()
    for mention in {subscription.mention for subscription in file.subscriptions if subscription.mention}:
        try:
            await request.place_access.check_mention(target, mention)
        except AskerError:
            refused.add(mention)
    return frozenset(refused)
