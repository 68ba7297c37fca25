"""The answers to `/privacy`: what is stored in general, what is stored about this place, and what was deleted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.place import Place
from bot.domain.place_export import PlaceExport
from bot.domain.place_settings import PlaceSettings
from bot.domain.setting_change import SettingChange
from bot.messages.cards.subscription_terms import EVERYTHING, short_line
from bot.messages.model import Action, Line, Message, Tone, bold, code, line, lines
from bot.messages.number_format import counted
from bot.messages.phone_screen import naming_what_fits
from bot.messages.subscription_line import place_words

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
        for number, singular, plural in (
            (len(self.export.subscriptions), "subscription", ""),
            (len(self.changed_settings), "changed setting", ""),
            (len(self.changes), "entry of who changed what", "entries of who changed what"),
            (len(self.export.mutes), "mute", ""),
        ):
            if number:
                yield counted(number, singular, plural)
        if self.has_trouble:
            yield "why alerts could not be delivered"


def privacy_card() -> Message:
    """Return what the bot stores about people and places, where, and for how long."""
    return Message(
        title="Privacy",
        lines=lines(
            line(bold("Places: "), "the id, what it subscribed to, its settings and mutes, and the ids of who changed "
                 "them (with their name for 180 days). Sent alerts, to edit them: 30 days."),
            line(bold("Drills: "), "exchange, asset, network, and when it was requested and ended (30 days). You and "
                 "your group are codes, which cannot be undone without the operator's token. Results are shown from "
                 "three people on."),
            line(bold("Not kept: "), "messages, members, or who asked what. Questions are answered and forgotten."),
            line(bold("Where: "), "on the server of whoever runs this bot; nothing goes to the makers of Runwatch."),
            line(bold("How long: "), "until you delete it. A place that removed the bot is forgotten after 30 days; "
                 "backups of the operator may have it for longer."),
        ),
        actions=(
            Action("Show what is stored here", "privacy show"),
            Action("Delete everything here", "privacy delete", starts_row=True),
            Action("Delete my drills", "privacy forget", starts_row=True),
        ),
        private=True,
    )  # fmt: skip


def stored_card(stored: StoredHere, names: Mapping[str, str], *, here: Place, names_people: bool = True) -> Message:
    """Return what is stored about a place; with `names_people` the ids and names of those who set it up."""
    export = stored.export
    place = place_words(export.place, here)
    end = "Nothing else: no messages, and nobody who only reads." if any(stored.counts()) else "Nothing is stored here."

    def naming(most: int) -> Message:
        surplus = len(export.subscriptions) - most
        return Message(
            title="Privacy · stored here",
            lines=lines(
                line(bold("Place: "), code(str(export.place))),
                *(short_line(subscription, names) for subscription in export.subscriptions[:most]),
                f"… and {surplus} more." if surplus > 0 else None,
                *_more_lines(stored, names, most, names_people=names_people),
                end,
            ),
            # Of nothing there is no file, and nothing to delete.
            actions=(
                Action("As a file", " ".join(("export", *place))),
                Action("Delete everything here", " ".join(("privacy delete", *place)), in_place=True),
            )
            if any(stored.counts())
            else (),
            private=True,
        )

    return naming_what_fits(naming, _MAX_NAMED)


def confirm_deletion_card(stored: StoredHere, confirmation: str, *, here: Place, is_own_chat: bool = False) -> Message:
    """Return what a deletion would remove, with the button that does it; without one where nothing is stored.

    With `is_own_chat` it is somebody's chat with the bot, and their drills go, too.
    """
    parts = [*stored.counts(), *(["your drills"] if is_own_chat else [])]
    if not parts:
        return Message(title="Privacy · nothing to delete", lines=lines("Nothing is stored here."), private=True)
    words = " ".join(("privacy delete", f"code:{confirmation}", *place_words(stored.export.place, here)))
    return Message(
        title="Privacy · delete everything here?",
        tone=Tone.TROUBLE,
        lines=lines(
            f"This deletes {', '.join(parts)}. No alerts are posted here any more, and it cannot be undone.",
            line("To keep a copy: ", code("/export"), "."),
        ),
        actions=(Action("Delete", words, in_place=True), Action("Keep", "privacy", in_place=True)),
        private=True,
    )


def deleted_card(stored: StoredHere, *, drills: int | None) -> Message:
    """Return what a deletion has removed; `drills` are those of the person whose private chat it is."""
    own = f" Of yours: {counted(drills, 'drill')}." if drills is not None else ""
    return Message(
        title="Privacy · deleted",
        tone=Tone.GOOD,
        lines=lines(
            f"Deleted: {_sum(stored)}.{own}",
            "Which alerts were sent here is forgotten within 30 days; backups of the operator may have the rest for "
            "longer.",
        ),
        actions=(Action("Subscribe again", "subscribe all"),),
        private=True,
    )


def _more_lines(stored: StoredHere, names: Mapping[str, str], most: int, *, names_people: bool) -> Iterator[Line | str]:
    if settings := stored.changed_settings:
        yield line(bold("Settings: "), " · ".join(f"{name} {value}" for name, value in settings.items()))
    if stored.changes:
        editors = sorted({change.editor.name for change in stored.changes} - {""}) if names_people else []
        by_whom = f" ({_listed(editors, most)})" if editors else ""
        yield f"Who changed settings: {counted(len(stored.changes), 'entry', 'entries')}, for 180 days{by_whom}."
    if stored.export.mutes:
        exchanges = [mute.exchange for mute in stored.export.mutes]
        muted = [names.get(exchange, exchange) if exchange else EVERYTHING for exchange in exchanges]
        yield f"Muted: {_listed(muted, most)}."
    if stored.has_trouble:
        yield "Why alerts could not be delivered here lately."
    if people := stored.people:
        shown = _listed(sorted(people), most) if names_people else "shown in a private chat"
        yield f"Ids of people who set this up: {len(people)} ({shown})."


def _listed(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _sum(stored: StoredHere) -> str:
    return ", ".join(stored.counts()) or "nothing"
