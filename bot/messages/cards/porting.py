"""The answers to `/export` and `/import`: the file, what it would change, and what it has changed.

Example of a preview: “Would add 3 subscriptions, change 1 and remove nothing.”, each change in a line, and the button
*Import* below it.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from bot.domain.mute import Mute
from bot.domain.place import Place
from bot.domain.place_export import PlaceExport
from bot.domain.place_import import ImportPlan, LeftOut, Omission
from bot.language.name_lists import clauses, joined, named_up_to, sentences
from bot.language.translation import marked, tr, tr_count
from bot.messages.cards.common import surplus_line
from bot.messages.cards.subscription_terms import exchange_name, short_line, subscription_name, terms
from bot.messages.documents import Document
from bot.messages.model import Action, Line, Message, Tone, bold, code, line, lines, moment
from bot.messages.phone_screen import naming_what_fits
from bot.messages.plain_text import shorten
from bot.messages.subscription_line import place_words
from bot.messages.translated_lines import tr_line

_MAX_NAMED = 8
"""Changes that are named at most; a preview is one screen of a phone, and the file has all of them."""
_MAX_LANGUAGE = 12  # letters: a tag such as zh-Hant-TW
_OMISSIONS = {
    Omission.NO_MENTIONS: marked(
        "The mention is left out, because this platform has none for a whole chat: {exchanges}."
    ),
    Omission.MENTION_REFUSED: marked(
        "The mention is left out, because it is not possible here or not for you: {exchanges}."
    ),
    Omission.UNKNOWN_EXCHANGE: marked("Left out, unknown to this bot: {exchanges}."),
    Omission.CANNOT_ALERT: marked("No alert can come of it on this bot: {exchanges}."),
    Omission.WAITS_FOR_INCIDENT: marked("The mute is left out, because it waits for an incident: {exchanges}."),
    Omission.MUTE_OVER: marked("The mute is left out, because it is over: {exchanges}."),
    Omission.MUTE_TOO_LONG: marked("The mute is left out, because it is longer than 30 days: {exchanges}."),
}


def export_card(export: PlaceExport, document: Document) -> Message:
    """Return the answer that brings the file along."""
    return Message(
        title=tr("Export"),
        tone=Tone.GOOD,
        lines=lines(
            # Translators: {things} is “3 subscriptions, 7 settings, 1 mute”.
            tr("In the file: {things}.", things=_held_words(export)),
            tr_line(
                "To read it back, here or in another place: send it with the caption {command}, or answer it with "
                "{command}; on Discord use the option {option}.",
                command=code("/import"),
                option="file",
            ),
        ),
        private=True,
        document=document,
    )


def _held_words(export: PlaceExport) -> str:
    """Return what a place has set, as numbers: `3 subscriptions, 7 settings, 1 mute`."""
    count = len(export.subscriptions)
    counts = (
        tr_count("{count} subscription", "{count} subscriptions", count),
        _setting_count(len(export.settings)),
        _mute_count(len(export.mutes)),
    )
    return clauses(counts)


def _setting_count(count: int) -> str:
    return tr_count("{count} setting", "{count} settings", count)


def _mute_count(count: int) -> str:
    return tr_count("{count} mute", "{count} mutes", count)


def import_preview_card(
    plan: ImportPlan, names: Mapping[str, str], code: str, *, here: Place, origin: Place
) -> Message:
    """Return what an import would change, with the button that does it; `origin` is the place in the file."""
    words = " ".join(("import", f"code:{code}", *place_words(plan.place, here)))

    def naming(most: int) -> Message:
        return Message(
            title=tr("Import · preview"),
            lines=lines(
                sentences(*_summary(plan, would=True), tr("Nothing has changed yet.")),
                None if origin == plan.place else tr("The file is from another place."),
                *_named_changes(plan, names, most),
                *left_out_lines(plan.left_out, names, most),
            ),
            # Translators: on a button.
            actions=(Action(tr("Import"), words, in_place=True),),
            private=True,
        )

    return naming_what_fits(naming, _MAX_NAMED)


def nothing_to_import_card(plan: ImportPlan, names: Mapping[str, str]) -> Message:
    """Return the answer where everything in the file is in force already."""
    said = tr("Everything in the file is set here already.")
    return naming_what_fits(
        lambda most: Message(
            title=tr("Import · nothing to change"),
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
            title=tr("Imported"),
            tone=Tone.GOOD,
            lines=lines(sentences(*_summary(plan, would=False)), *left_out_lines(plan.left_out, names, most)),
            actions=(Action(tr("Subscriptions"), " ".join(("subscriptions", *words)), in_place=True),),
            private=True,
        ),
        _MAX_NAMED,
    )


def _summary(plan: ImportPlan, *, would: bool) -> Iterator[str]:
    """Yield the sentences that say in numbers what an import would change, or has changed."""
    added, changed = len(plan.added), len(plan.changed)
    counts = ((_setting_count, plan.settings), (_mute_count, plan.mutes))
    others = joined([count_of(len(changes)) for count_of, changes in counts if changes])
    if others and not added and not changed:
        # Translators: {things} is “1 setting and 2 mutes”, or one of them.
        yield (
            tr("Would set {things} and remove nothing.", things=others)
            if would
            else tr("Set: {things}.", things=others)
        )
        others = ""
    elif would:
        yield tr_count(
            "Would add {count} subscription, change {changed} and remove nothing.",
            "Would add {count} subscriptions, change {changed} and remove nothing.",
            added,
            changed=changed,
        )
    else:
        yield tr_count(
            "Added {count} subscription, changed {changed} and removed nothing.",
            "Added {count} subscriptions, changed {changed} and removed nothing.",
            added,
            changed=changed,
        )
    if others:
        # Translators: {things} is “1 setting and 2 mutes”, or one of them.
        text = marked("Also: {things}.")
        if not would:
            # Translators: {things} is “1 setting and 2 mutes”, or one of them.
            text = marked("Also set: {things}.")
        yield tr(text, things=others)
    if plan.kept:
        yield tr_count(
            "{count} subscription not in the file stays.", "{count} subscriptions not in the file stay.", plan.kept
        )


def _named_changes(plan: ImportPlan, names: Mapping[str, str], most: int) -> Iterator[Line | str]:
    """Yield a line for each change, up to so many, then how many more there are."""
    named: list[Line | str] = [
        *(line("+ ", *short_line(subscription, names)) for subscription in plan.added),
        *(
            line("± ", bold(subscription_name(after, names)), f": {terms(before)} → {terms(after)}")
            for before, after in plan.changed
        ),
        *(f"± {name}: {before} → {after}" for name, before, after in plan.settings),
        *(_mute_line(mute, names) for mute in plan.mutes),
    ]
    return chain(named[:most], filter(None, [surplus_line(len(named) - most)]))


def _mute_line(mute: Mute, names: Mapping[str, str]) -> Line:
    until = moment(mute.until)
    if mute.exchange is None:
        # Translators: a mute that is added.
        return tr_line("+ mute **all exchanges** until {time}", time=until)
    # Translators: a mute that is added.
    return tr_line("+ mute **{exchange}** until {time}", exchange=exchange_name(mute.exchange, names), time=until)


def left_out_lines(left_out: Sequence[LeftOut], names: Mapping[str, str], most: int = _MAX_NAMED) -> Iterator[str]:
    """Yield a sentence for each reason, with what it concerns, up to so many of them."""
    for omission, sentence in _OMISSIONS.items():
        about = [exchange_name(left.about, names) for left in left_out if left.omission is omission]
        if about:
            yield tr(sentence, exchanges=named_up_to(about, most))
    for left in left_out:
        if left.omission is Omission.UNKNOWN_LANGUAGE and left.about:
            # Translators: {language} is what a file says, such as “eo”.
            yield tr("Unknown language left out: {language}.", language=shorten(left.about, _MAX_LANGUAGE))
