"""The answers to `/export` and `/import`: the file, what it would change, and what it has changed.

Example of a preview: “Would add 3 subscriptions, change 1 and remove nothing.”, each change in a line, and the button
*Import* below it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from bot.domain.place import Place
from bot.domain.place_export import PlaceExport
from bot.domain.place_import import ImportPlan, LeftOut, Omission
from bot.messages.cards.subscription_terms import EVERYTHING, short_line, subscription_name, terms
from bot.messages.documents import Document
from bot.messages.model import Action, Line, Message, Tone, bold, code, line, lines, moment
from bot.messages.number_format import counted
from bot.messages.phone_screen import naming_what_fits
from bot.messages.subscription_line import place_words

_MAX_NAMED = 8
"""Changes that are named at most; a preview is one screen of a phone, and the file has all of them."""
_OMISSIONS = {
    Omission.NO_MENTIONS: "The mention is left out, because this platform has none for a whole chat",
    Omission.MENTION_REFUSED: "The mention is left out, because it is not possible here or not for you",
    Omission.UNKNOWN_EXCHANGE: "Left out, because this bot does not know the exchange",
    Omission.CANNOT_ALERT: "No alert can come of it on this bot",
    Omission.WAITS_FOR_INCIDENT: "The mute is left out, because it waits for an incident",
    Omission.MUTE_OVER: "The mute is left out, because it is over",
    Omission.MUTE_TOO_LONG: "The mute is left out, because it is longer than 30 days",
}


def export_card(export: PlaceExport, document: Document) -> Message:
    """Return the answer that brings the file along."""
    return Message(
        title="Export",
        tone=Tone.GOOD,
        lines=lines(
            f"In the file: {held_words(export)}.",
            line("To read it back, here or in another place: send it with the caption ", code("/import"),
                 ", or answer it with ", code("/import"), "; on Discord use the option file."),
        ),
        private=True,
        document=document,
    )  # fmt: skip


def held_words(export: PlaceExport) -> str:
    """Return what a place has set, as numbers: `3 subscriptions, 7 settings, 1 mute`."""
    counts = (
        counted(len(export.subscriptions), "subscription"),
        counted(len(export.settings), "setting"),
        counted(len(export.mutes), "mute"),
    )
    return ", ".join(counts)


def import_preview_card(
    plan: ImportPlan, names: Mapping[str, str], code: str, *, here: Place, origin: Place
) -> Message:
    """Return what an import would change, with the button that does it; `origin` is the place in the file."""
    words = " ".join(("import", f"code:{code}", *place_words(plan.place, here)))

    def naming(most: int) -> Message:
        return Message(
            title="Import · preview",
            lines=lines(
                f"{_summary(plan, would=True)} Nothing has changed yet.",
                None if origin == plan.place else "The file is from another place.",
                *_named_changes(plan, names, most),
                *left_out_lines(plan.left_out, names, most),
            ),
            actions=(Action("Import", words, in_place=True),),
            private=True,
        )

    return naming_what_fits(naming, _MAX_NAMED)


def nothing_to_import_card(plan: ImportPlan, names: Mapping[str, str]) -> Message:
    """Return the answer where everything in the file is in force already."""
    said = "Everything in the file is set here already."
    return naming_what_fits(
        lambda most: Message(
            title="Import · nothing to change",
            lines=lines(said, *left_out_lines(plan.left_out, names, most)),
            private=True,
        ),
        _MAX_NAMED,
    )


def imported_card(plan: ImportPlan, names: Mapping[str, str], *, here: Place) -> Message:
    """Return what an import has changed."""
    words = place_words(plan.place, here)
    return naming_what_fits(
        lambda most: Message(
            title="Imported",
            tone=Tone.GOOD,
            lines=lines(_summary(plan, would=False), *left_out_lines(plan.left_out, names, most)),
            actions=(Action("Subscriptions", " ".join(("subscriptions", *words)), in_place=True),),
            private=True,
        ),
        _MAX_NAMED,
    )


def _summary(plan: ImportPlan, *, would: bool) -> str:
    added = counted(len(plan.added), "subscription")
    parts = [f"add {added}", f"change {len(plan.changed)}", "remove nothing"]
    if not would:
        parts = [f"added {added}", f"changed {len(plan.changed)}", "removed nothing"]
    sentence = f"{'Would ' if would else ''}{', '.join(parts[:-1])} and {parts[-1]}"
    others = [
        counted(number, noun) for number, noun in ((len(plan.settings), "setting"), (len(plan.mutes), "mute")) if number
    ]
    more = f" {'Also' if would else 'Also set'}: {' and '.join(others)}." if others else ""
    kept = counted(plan.kept, "subscription not in the file stays", "subscriptions not in the file stay")
    stays = f" {kept}." if plan.kept else ""
    return f"{sentence[0].upper()}{sentence[1:]}.{more}{stays}"


def _named_changes(plan: ImportPlan, names: Mapping[str, str], most: int) -> Iterator[Line | str]:
    """Yield a line for each change, up to so many, then how many more there are."""
    named: list[Line | str] = [
        *(line("+ ", *short_line(subscription, names)) for subscription in plan.added),
        *(
            line("± ", bold(subscription_name(after, names)), f": {terms(before)} → {terms(after)}")
            for before, after in plan.changed
        ),
        *(f"± {name}: {before} → {after}" for name, before, after in plan.settings),
        *(line("+ mute ", bold(_name(mute.exchange, names)), " until ", moment(mute.until)) for mute in plan.mutes),
    ]
    surplus = len(named) - most
    return chain(named[:most], [f"… and {surplus} more."] if surplus > 0 else [])


def left_out_lines(left_out: Sequence[LeftOut], names: Mapping[str, str], most: int = _MAX_NAMED) -> Iterator[str]:
    """Yield a sentence for each reason, with what it concerns, up to so many of them."""
    for omission, sentence in _OMISSIONS.items():
        about = [_name(left.about, names) for left in left_out if left.omission is omission]
        if about:
            more = f" and {len(about) - most} more" if len(about) > most else ""
            yield f"{sentence}: {', '.join(about[:most])}{more}."


def _name(exchange: str | None, names: Mapping[str, str]) -> str:
    return names.get(exchange, exchange) if exchange else EVERYTHING
