"""The button *Undo*: the command that brings cancelled or changed subscriptions back as they were.

Example: `/unsubscribe binance` offers `subscribe binance severe normal $50M 0% nobody`, which says everything and
has to be remembered nowhere. What a command cannot say, or a button has no room for, is kept for an hour under a code.
"""

from collections.abc import Sequence
from dataclasses import replace

from bot.commands.declaration import Request
from bot.commands.place_export_json import export_text, read_export
from bot.domain.errors import AskerError
from bot.domain.place import Place, Subscription
from bot.domain.place_export import PlaceExport
from bot.language.translation import tr
from bot.messages.model import Action
from bot.messages.subscription_line import place_words, subscribe_line

_CANCELLED = "cancelled\n"
"""Stands before what is kept, so that no file that somebody sent to /import is taken for it: that names any place."""
_BUTTON_BYTES = 63  # Telegram takes 64, one of which says that the answer takes the message's place


async def undo_action(request: Request, place: Place, before: Sequence[Subscription]) -> Action:
    """Return the button that brings subscriptions of one place back; raise StorageError."""
    if len(before) == 1 and _is_said_by_a_command(request, before[0]):
        return Action(tr("Undo"), subscribe_line(before[0], request.place), in_place=True)
    text = _CANCELLED + export_text([PlaceExport(place, tuple(before))], request.now)
    code = await request.pending_changes.keep(place, text)
    words = ("unsubscribe", f"code:{code}", *place_words(place, request.place))
    return Action(tr("Undo"), " ".join(words), in_place=True)


async def kept_subscriptions(request: Request, place: Place, code: str) -> Sequence[Subscription]:
    """Return the subscriptions that are kept under the code of an *Undo* button; raise AskerError."""
    text = await request.pending_changes.read(place, code)
    if text is None or not text.startswith(_CANCELLED):
        raise AskerError(
            # Translators: “Undo” is the button.
            tr("This Undo was used already, or is more than an hour old. /subscriptions shows what there is.")
        )
    (export,) = read_export(text.removeprefix(_CANCELLED))
    return [replace(subscription, place=place) for subscription in export.subscriptions]


def _is_said_by_a_command(request: Request, subscription: Subscription) -> bool:
    line = subscribe_line(subscription, request.place)
    command = request.commands.get("subscribe")
    if not command or subscription.follows or len(line.encode()) > _BUTTON_BYTES:
        return False
    said = command.read_words(line.partition(" ")[2])
    return (said.get("usd") or None, said.get("percent") or None) == (subscription.usd, subscription.share)
