"""What an import of a file would change in a place: nothing that is there is removed, and twice is as once.

Example: the file has Binance from severe on and OKX, the place has Binance from watch on and Kraken. One subscription
is added (OKX), one is changed (Binance), one stays as it is although the file does not have it (Kraken).

A file may come from another place, another platform or another bot. What only has a meaning there is left out, and
said: a mention where the platform or the server has none, a mute that waits for an incident of that time, an exchange
or a language that this bot does not know. Who subscribed is whoever imports: they are told when the place cannot be
reached any more.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from bot.domain.errors import AskerError
from bot.domain.mute import LONGEST_MUTE, Mute
from bot.domain.place import Place, Platform, Subscription, same_terms
from bot.domain.place_export import SUBSCRIPTIONS_PER_PLACE_MAX, PlaceChanges, PlaceExport, SettingFields
from bot.domain.place_settings import PlaceSetting, PlaceSettings, is_known_language
from bot.domain.setting_change import SettingEditor
from bot.language.translation import tr_count

_SAME_END = timedelta(seconds=1)  # a mute's end is rounded in a file, and by the store


class Omission(StrEnum):
    """Why something of a file is left out, or has no effect where it is imported."""

    NO_MENTIONS = "no mentions"
    MENTION_REFUSED = "mention refused"
    UNKNOWN_EXCHANGE = "unknown exchange"
    WAITS_FOR_INCIDENT = "waits for incident"
    CANNOT_ALERT = "cannot alert"
    MUTE_OVER = "mute over"
    MUTE_TOO_LONG = "mute too long"
    UNKNOWN_LANGUAGE = "unknown language"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What of a file is left out or has no effect, and why.

    `about` is the id of an exchange, None for all of them; of an unknown language it is the text in the file.
    """

    omission: Omission
    about: str | None


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """Where a file is imported, by whom and when.

    `known_exchanges` are the ids that this bot knows, none of them while it knows no list. `refused_mentions` are those
    that the platform refuses there, or to whoever imports. With `keeps_authors` who subscribed and when stays as the
    file says, which only an operator may have.
    """

    present: PlaceExport
    editor: SettingEditor
    now: datetime
    known_exchanges: Collection[str] = ()
    refused_mentions: Collection[str] = ()
    keeps_authors: bool = False


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import changes: new subscriptions, changed ones before and after, settings (name, before, after), mutes.

    `kept` are the place's own subscriptions that the file does not have, `unchanged` those that it has alike.
    """

    place: Place
    editor: SettingEditor
    added: tuple[Subscription, ...] = ()
    changed: tuple[tuple[Subscription, Subscription], ...] = ()
    settings: tuple[tuple[str, str, str], ...] = ()
    mutes: tuple[Mute, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    kept: int = 0
    unchanged: int = 0

    @property
    def changes(self) -> PlaceChanges:
        """Return what is to be written."""
        subscriptions = (*self.added, *(after for _, after in self.changed))
        fields = tuple((name, after) for name, _, after in self.settings)
        return PlaceChanges(self.place, self.editor, subscriptions, fields, self.mutes)


def plan_import(file: PlaceExport, target: ImportTarget) -> ImportPlan:
    """Return what importing a place's file changes; raise AskerError where the place would have too much."""
    present = {subscription.exchange: subscription for subscription in target.present.subscriptions}
    left_out: list[LeftOut] = []
    wanted = [
        _adapted(subscription, present.get(subscription.exchange), target, left_out)
        for subscription in file.subscriptions
    ]
    subscriptions = [subscription for subscription in wanted if subscription]
    added = [subscription for subscription in subscriptions if subscription.exchange not in present]
    both = [(present[each.exchange], each) for each in subscriptions if each.exchange in present]
    changed = [(before, after) for before, after in both if not same_terms(before, after)]
    mutes = [mute for mute in file.mutes if _is_new_mute(mute, target, left_out)]
    _check_number(len(present) + len(added), target.present.place)
    named = {subscription.exchange for subscription in file.subscriptions}
    return ImportPlan(
        target.present.place,
        target.editor,
        tuple(added),
        tuple(changed),
        _changed_settings(_known_settings(file.settings, left_out), target.present.settings),
        tuple(replace(mute, place=target.present.place, by=target.editor.id) for mute in mutes),
        tuple(left_out),
        kept=len(present.keys() - named),
        unchanged=len(both) - len(changed),
    )


def _check_number(number: int, place: Place) -> None:
    if number > SUBSCRIPTIONS_PER_PLACE_MAX:
        raise AskerError(
            tr_count(
                "With the file {place} would have {count} subscription; a place may have {most}. /unsubscribe some "
                "first.",
                "With the file {place} would have {count} subscriptions; a place may have {most}. /unsubscribe some "
                "first.",
                number,
                place=place,
                most=SUBSCRIPTIONS_PER_PLACE_MAX,
            )
        )


def _adapted(
    subscription: Subscription, present: Subscription | None, target: ImportTarget, left_out: list[LeftOut]
) -> Subscription | None:
    """Return a subscription as it would be in the target, None where it can be none there; note what is left out.

    `present` is the place's own to the same exchange: a mention that it has already stays.
    """
    exchange, place = subscription.exchange, target.present.place
    if exchange and target.known_exchanges and exchange not in target.known_exchanges:
        left_out.append(LeftOut(Omission.UNKNOWN_EXCHANGE, exchange))
        return None
    omission = None
    if subscription.mention and not (present and present.mention == subscription.mention):
        omission = _mention_omission(subscription, target)
    if omission:
        left_out.append(LeftOut(omission, exchange))
    adapted = replace(subscription, place=place, mention=None if omission else subscription.mention)
    if target.keeps_authors:
        return adapted
    return replace(
        adapted,
        created_by=target.editor.id,
        created_at=target.now,
        title="",
        follows=(),
    )


def _mention_omission(subscription: Subscription, target: ImportTarget) -> Omission | None:
    """Return why the mention of a subscription cannot be in the target, None where it can."""
    if subscription.place.platform is Platform.DISCORD is not target.present.place.platform:
        return Omission.NO_MENTIONS
    return Omission.MENTION_REFUSED if subscription.mention in target.refused_mentions else None


def _is_new_mute(mute: Mute, target: ImportTarget, left_out: list[LeftOut]) -> bool:
    """Return whether a mute of the file would be made; note it where it cannot be."""
    known = next((kept for kept in target.present.mutes if kept.exchange == mute.exchange), None)
    if known and abs(known.until - mute.until) < _SAME_END:
        return False
    length = mute.until - target.now
    omission = None
    if mute.worse:
        omission = Omission.WAITS_FOR_INCIDENT
    elif length <= timedelta(0):
        omission = Omission.MUTE_OVER
    elif length > LONGEST_MUTE:
        omission = Omission.MUTE_TOO_LONG
    if omission:
        left_out.append(LeftOut(omission, mute.exchange))
    return omission is None


def _known_settings(wanted: SettingFields, left_out: list[LeftOut]) -> SettingFields:
    """Return the settings of a file without a language that there is not here; note that."""
    language = dict(wanted).get(PlaceSetting.LANGUAGE)
    if language is None or is_known_language(language):
        return wanted
    left_out.append(LeftOut(Omission.UNKNOWN_LANGUAGE, language))
    return tuple(field for field in wanted if field[0] != PlaceSetting.LANGUAGE)


@lru_cache(maxsize=1024)  # of 100,000 places most have the settings of many others
def _changed_settings(wanted: SettingFields, present: SettingFields) -> tuple[tuple[str, str, str], ...]:
    """Return the settings that would get another value: name, before, after.

    What the place has is not read: a language or a zone that is no more must not keep others from being changed.
    """
    before = {**PlaceSettings().as_fields(), **dict(present)}
    after = PlaceSettings.from_fields(dict(wanted)).as_fields()
    named = [setting.value for setting in PlaceSetting if setting.value in dict(wanted)]
    return tuple((name, before[name], after[name]) for name in named if before[name] != after[name])
