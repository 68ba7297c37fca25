"""The answers to `/privacy`: what is stored in general, what is stored about this place, and what was deleted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.domain.place import Place
from bot.domain.place_export import PlaceExport
from bot.domain.place_settings import PlaceSettings
from bot.domain.setting_change import SettingChange
from bot.language.name_lists import clauses, named_up_to, sentences
from bot.language.translation import tr, tr_count
from bot.messages.cards.common import surplus_line
from bot.messages.cards.subscription_terms import exchange_name, short_line
from bot.messages.model import Action, Line, Message, Tone, code, lines
from bot.messages.phone_screen import naming_what_fits
from bot.messages.subscription_line import place_words
from bot.messages.translated_lines import tr_line

_MAX_NAMED = 8  # subscriptions; an answer is one screen of a phone, and /export has all of them


@dataclass(frozen=True, slots=True)
class StoredHere:
    """What is stored about one place: what it has set, who changed settings, and whether it could not be reached."""

    export: PlaceExport
    changes: tuple[SettingChange, ...] = ()
    has_trouble: bool = False

    @property
    def changed_settings(self) -> dict[str, str]:
        """Return the settings that differ from what places have at first."""
        at_first = PlaceSettings().as_fields()
        return {name: value for name, value in self.export.settings if value != at_first.get(name)}

    @property
    def people(self) -> frozenset[str]:
        """Return the ids of the people that are stored: who subscribed, muted or changed a setting."""
        subscribed = {subscription.created_by for subscription in self.export.subscriptions}
        muted = {mute.by for mute in self.export.mutes}
        return frozenset({*subscribed, *muted, *(change.editor.id for change in self.changes)} - {""})

    def counts(self) -> Iterator[str]:
        """Yield what there is, in numbers."""
        if count := len(self.export.subscriptions):
            yield tr_count("{count} subscription", "{count} subscriptions", count)
        if count := len(self.changed_settings):
            yield tr_count("{count} changed setting", "{count} changed settings", count)
        if count := len(self.changes):
            yield tr_count("{count} entry of who changed what", "{count} entries of who changed what", count)
        if count := len(self.export.mutes):
            yield tr_count("{count} mute", "{count} mutes", count)
        if self.has_trouble:
            # Translators: the last of several things that are stored.
            yield tr("why alerts could not be delivered")


def privacy_card() -> Message:
    """Return what the bot stores about people and places, where, and for how long."""
    return Message(
        title=tr("Privacy"),
        lines=lines(
            tr_line(
                "**Places:** the id, what it subscribed to, its settings and mutes, and the ids of who changed them "
                "(with their name for 180 days). Sent alerts, to edit them: 30 days."
            ),
            tr_line(
                "**Drills:** exchange, asset, network, and when it was requested and ended (30 days). You and your "
                "group are codes, which cannot be undone without the operator's token. Results are shown from three "
                "people on."
            ),
            tr_line("**Not kept:** messages, members, or who asked what. Questions are answered and forgotten."),
            tr_line("**Where:** on the server of whoever runs this bot; nothing goes to the makers of Runwatch."),
            tr_line(
                "**How long:** until you delete it. A place that removed the bot is forgotten after 30 days; backups "
                "of the operator may have it for longer."
            ),
        ),
        actions=(
            Action(tr("Show what is stored here"), "privacy show"),
            Action(tr("Delete everything here"), "privacy delete", starts_row=True),
            Action(tr("Delete my drills"), "privacy forget", starts_row=True),
        ),
        private=True,
    )


def stored_card(stored: StoredHere, names: Mapping[str, str], *, here: Place, names_people: bool = True) -> Message:
    """Return what is stored about a place; with `names_people` the ids and names of those who set it up."""
    export = stored.export
    place = place_words(export.place, here)
    is_any = any(stored.counts())
    end = tr("Nothing else: no messages, and nobody who only reads.") if is_any else tr("Nothing is stored here.")

    def naming(most: int) -> Message:
        return Message(
            title=tr("Privacy · stored here"),
            lines=lines(
                tr_line("**Place:** {place}", place=code(str(export.place))),
                *(short_line(subscription, names) for subscription in export.subscriptions[:most]),
                surplus_line(len(export.subscriptions) - most),
                *_more_lines(stored, names, most, names_people=names_people),
                end,
            ),
            # Of nothing there is no file, and nothing to delete.
            actions=(
                Action(tr("As a file"), " ".join(("export", *place))),
                Action(tr("Delete everything here"), " ".join(("privacy delete", *place)), in_place=True),
            )
            if is_any
            else (),
            private=True,
        )

    return naming_what_fits(naming, _MAX_NAMED)


def confirm_deletion_card(stored: StoredHere, confirmation: str, *, here: Place, is_own_chat: bool = False) -> Message:
    """Return what a deletion would remove, with the button that does it; without one where nothing is stored.

    With `is_own_chat` it is somebody's chat with the bot, and their drills go, too.
    """
    parts = list(stored.counts())
    if is_own_chat:
        # Translators: the last of several things that are deleted.
        parts.append(tr("your drills"))
    if not parts:
        nothing = tr("Nothing is stored here.")
        return Message(title=tr("Privacy · nothing to delete"), lines=lines(nothing), private=True)
    words = " ".join(("privacy delete", f"code:{confirmation}", *place_words(stored.export.place, here)))
    return Message(
        title=tr("Privacy · delete everything here?"),
        tone=Tone.TROUBLE,
        lines=lines(
            # Translators: {things} is a list, “2 subscriptions, 1 mute”: where words change their form in a
            # sentence, put it behind a colon.
            tr(
                "This deletes {things}. No alerts are posted here any more, and it cannot be undone.",
                things=clauses(parts),
            ),
            tr_line("To keep a copy: {command}.", command=code("/export")),
        ),
        actions=(Action(tr("Delete"), words, in_place=True), Action(tr("Keep"), "privacy", in_place=True)),
        private=True,
    )


def deleted_card(stored: StoredHere, *, drills: int | None) -> Message:
    """Return what a deletion has removed; `drills` are those of the person whose private chat it is."""
    things = clauses(stored.counts())
    deleted = tr("Deleted: {things}.", things=things) if things else tr("Deleted: nothing.")
    if drills is not None:
        own = tr_count("Of yours: {count} drill.", "Of yours: {count} drills.", drills)
        deleted = sentences(deleted, own)
    return Message(
        title=tr("Privacy · deleted"),
        tone=Tone.GOOD,
        lines=lines(
            deleted,
            tr(
                "Which alerts were sent here is forgotten within 30 days; backups of the operator may have the rest "
                "for longer."
            ),
        ),
        actions=(Action(tr("Subscribe again"), "subscribe all"),),
        private=True,
    )


def _more_lines(stored: StoredHere, names: Mapping[str, str], most: int, *, names_people: bool) -> Iterator[Line | str]:
    if settings := stored.changed_settings:
        words = " · ".join(f"{name} {value}" for name, value in settings.items())
        yield tr_line("**Settings:** {settings}", settings=words)
    if stored.changes:
        editors = sorted({change.editor.name for change in stored.changes} - {""}) if names_people else []
        yield _changes_line(len(stored.changes), named_up_to(editors, most))
    if stored.export.mutes:
        muted = [exchange_name(mute.exchange, names) for mute in stored.export.mutes]
        yield tr("Muted: {exchanges}.", exchanges=named_up_to(muted, most))
    if stored.has_trouble:
        yield tr("Why alerts could not be delivered here lately.")
    if people := sorted(stored.people):
        yield (
            tr("Ids of people who set this up: {count} ({ids}).", count=len(people), ids=named_up_to(people, most))
            if names_people
            else tr("Ids of people who set this up: {count} (shown in a private chat).", count=len(people))
        )


def _changes_line(count: int, editors: str) -> str:
    """Return how many changes of settings are stored, and whose where they are named."""
    if not editors:
        return tr_count(
            "Who changed settings: {count} entry, for 180 days.",
            "Who changed settings: {count} entries, for 180 days.",
            count,
        )
    return tr_count(
        "Who changed settings: {count} entry, for 180 days ({names}).",
        "Who changed settings: {count} entries, for 180 days ({names}).",
        count,
        names=editors,
    )
