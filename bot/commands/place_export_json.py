"""The file of `/export`, `/import`, `runwatch export` and `runwatch import`: what places have set, as versioned JSON.

Example, with the names sorted (docs/export.md describes every field):

    {"exported_at": "2026-11-30T14:05:00+00:00", "format": "runwatch-settings", "format_version": 1, "places": [
      {"place": "telegram:-1001234567890", "subscriptions": [{"exchange": "binance", "severity": "severe"}]}]}

What has its default is left out. Reading refuses what it does not understand, with the path of the field and what it
may be: a file that was read in half would leave a place with half of its alerts.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from bot.commands.checked_fields import CheckedFields, Choice
from bot.commands.strict_json import read_json, shown
from bot.domain.errors import AskerError
from bot.domain.mute import Mute, UntilWorse
from bot.domain.place import Place, Subscription
from bot.domain.place_export import SUBSCRIPTIONS_PER_PLACE_MAX, PlaceExport, SettingFields
from bot.domain.place_settings import PlaceSetting, PlaceSettings, is_known_language
from bot.domain.severity import Sensitivity, Severity
from bot.language.translation import marked, tr
from bot.messages.subscription_line import ALL_WORD

FORMAT_NAME = "runwatch-settings"
FORMAT_VERSION = 1
"""Grows when a file could be misunderstood by a program that knows the one before."""

_EXCHANGE = (
    r"[^\s*{}:/A-Z]{1,64}"  # an id as `exchange_id` makes it: neither `*`, which stands for all, nor a key's marks
)
_MENTION = r"here|everyone|\d{1,20}"
_PLACE = r"(discord|telegram|terminal):[^\s/:]{1,64}(/\d{1,20})?"
_MOST_USD = 1e12  # as in a typed command
_NO_SENSITIVITY = marked("{path} in the file has to be an incident's number and a sensitivity.")
_NO_SEVERITY = marked("{path} in the file has to be an incident's number and a severity.")
_HEADER_NAMES = ("exported_at", "format", "format_version", "places")
_PLACE_NAMES = ("place", "subscriptions", "settings", "mutes")
_MUTE_NAMES = ("exchange", "since", "until", "muted_by", "until_worse")
_SUBSCRIPTION_NAMES = (
    *("exchange", "severity", "sensitivity", "usd", "share", "mention"),
    *("subscribed_by", "subscribed_at", "title", "follows"),
)  # fmt: skip


def export_text(places: Sequence[PlaceExport], now: datetime) -> str:
    """Return the file, indented and sorted, so that two of them can be compared line by line."""
    content = {**header_json(now), "places": [place_json(place) for place in places]}
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def header_json(now: datetime) -> dict[str, Any]:
    """Return what every file begins with."""
    return {"exported_at": now.isoformat(), "format": FORMAT_NAME, "format_version": FORMAT_VERSION}


def place_json(export: PlaceExport) -> dict[str, Any]:
    """Return one place as JSON values."""
    subscribed = sorted(export.subscriptions, key=lambda subscription: subscription.exchange or "")
    mutes = sorted(export.mutes, key=lambda mute: mute.exchange or "")
    return {
        "mutes": [_mute_json(mute) for mute in mutes],
        "place": str(export.place),
        "settings": dict(export.settings),
        "subscriptions": [_subscription_json(subscription) for subscription in subscribed],
    }


def read_export(text: str) -> tuple[PlaceExport, ...]:
    """Return the places in a file; raise AskerError with a sentence that names what is wrong."""
    fields = CheckedFields(read_json(text))
    check_header(fields)
    places, path = fields.take("places")
    fields.check_all_taken(_HEADER_NAMES)
    if not isinstance(places, list):
        raise AskerError(tr("The file names no places. Send the file that /export made, unchanged."))
    return tuple(read_place(content, f"{path}[{index}]") for index, content in enumerate(places))


def check_header(fields: CheckedFields) -> None:
    """Raise AskerError unless a file is one of ours, of a version that this program knows."""
    name, _ = fields.take("format")
    version, _ = fields.take("format_version")
    fields.moment("exported_at")
    if name != FORMAT_NAME:
        raise AskerError(tr("This isn't a file of Runwatch's settings. Send the file that /export made, unchanged."))
    if version != FORMAT_VERSION or isinstance(version, bool):
        raise AskerError(
            tr(
                "The file has version {version}; this Runwatch reads version {known}. "
                "Have the bot updated, or export the settings again where they come from.",
                version=shown(version),
                known=FORMAT_VERSION,
            )
        )


def read_place(content: Any, path: str) -> PlaceExport:
    """Return one place of a file; raise AskerError."""
    fields = CheckedFields(content, path)
    meaning = tr("a place such as {place}", place="telegram:-1001234567890")
    name = fields.text("place", _PLACE, meaning) or fields.refuse_missing("place")
    place = Place.parse(name)
    entries = fields.entries("subscriptions", SUBSCRIPTIONS_PER_PLACE_MAX)
    mutes = [_mute(entry, at, place) for entry, at in fields.entries("mutes", SUBSCRIPTIONS_PER_PLACE_MAX)]
    settings = _settings(*fields.take("settings"))
    fields.check_all_taken(_PLACE_NAMES)
    subscriptions: dict[str | None, Subscription] = {}
    for entry, entry_path in entries:
        subscription = _subscription(entry, entry_path, place)
        if subscription.exchange in subscriptions:
            raise AskerError(
                # Translators: {path} is a subscription in the file, such as `places[0].subscriptions[2]`.
                tr(
                    "{path} is to {exchange}, as an earlier one is. Keep one.",
                    path=entry_path,
                    exchange=subscription.exchange or ALL_WORD,
                )
            )
        subscriptions[subscription.exchange] = subscription
    if len({mute.exchange for mute in mutes}) < len(mutes):
        mutes_path = f"{path}.mutes"
        raise AskerError(tr("{path} names an exchange twice. Keep one of the two.", path=mutes_path))
    return PlaceExport(place, tuple(subscriptions.values()), settings, tuple(mutes))


def _subscription_json(subscription: Subscription) -> dict[str, Any]:
    fields: Mapping[str, Any] = {
        "exchange": subscription.exchange or ALL_WORD,
        "severity": subscription.min_severity if subscription.min_severity is not Severity.WATCH else None,
        "sensitivity": subscription.sensitivity if subscription.sensitivity is not Sensitivity.NORMAL else None,
        "usd": subscription.usd,
        "share": subscription.share,
        "mention": subscription.mention,
        "subscribed_by": subscription.created_by or None,
        "subscribed_at": subscription.created_at.isoformat() if subscription.created_at else None,
        "title": subscription.title or None,
        "follows": [[number, sensitivity] for number, sensitivity in subscription.follows] or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _subscription(content: Any, path: str, place: Place) -> Subscription:
    fields = CheckedFields(content, path)
    exchange = fields.text("exchange", _EXCHANGE, _exchange_meaning())
    subscription = Subscription(
        place,
        None if exchange == ALL_WORD else exchange or fields.refuse_missing("exchange"),
        fields.choice("severity", Severity) or Severity.WATCH,
        fields.choice("sensitivity", Sensitivity) or Sensitivity.NORMAL,
        fields.number("usd", 1, _MOST_USD),
        fields.number("share", 1e-9, 1),
        fields.text("mention", _MENTION, tr("here, everyone or the id of a role")),
        fields.text("subscribed_by", ".{0,100}", tr("the id of a person")) or "",
        fields.moment("subscribed_at"),
        fields.text("title", ".{0,300}", tr("a text of 300 letters at most")) or "",
        tuple(_numbered(entry, at, Sensitivity, _NO_SENSITIVITY) for entry, at in fields.entries("follows", 1000)),
    )
    fields.check_all_taken(_SUBSCRIPTION_NAMES)
    return subscription


def _exchange_meaning() -> str:
    return tr("the id of an exchange, such as binance, or {word}", word=ALL_WORD)


def _settings(content: Any, path: str) -> SettingFields:
    """Return the settings in a file, each as people type it; raise AskerError for one that cannot be."""
    if content is None:
        return ()
    fields = CheckedFields(content, path)
    meaning = tr("a setting as it is typed")
    texts = {setting.value: fields.text(setting, ".{1,100}", meaning) for setting in PlaceSetting}
    fields.check_all_taken(PlaceSetting)
    given = tuple((name, text) for name, text in texts.items() if text is not None)
    try:
        return _canonical(given)
    except AskerError as error:
        raise AskerError(tr("{path} in the file: {problem}", path=path, problem=error)) from error


@lru_cache(maxsize=1024)  # of 100,000 places most have the settings of many others
def _canonical(given: SettingFields) -> SettingFields:
    """Return settings as this program writes them, sorted: `22-7` is `22:00-07:00`; raise AskerError.

    A language that it does not know stays as it is: another bot may have it, and the import leaves it out.
    """
    unknown = tuple(
        (name, text) for name, text in given if name == PlaceSetting.LANGUAGE and not is_known_language(text)
    )
    known = dict(field for field in given if field not in unknown)
    read = PlaceSettings.from_fields(known)
    return tuple(sorted([*unknown, *((name, read.value_of(PlaceSetting(name))) for name in known)]))


def _mute_json(mute: Mute) -> dict[str, Any]:
    fields: Mapping[str, Any] = {
        "exchange": mute.exchange or ALL_WORD,
        "since": mute.since.isoformat(),
        "until": mute.until.isoformat(),
        "muted_by": mute.by or None,
        "until_worse": [mute.worse.incident, mute.worse.severity] if mute.worse else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _mute(content: Any, path: str, place: Place) -> Mute:
    fields = CheckedFields(content, path)
    exchange = fields.text("exchange", _EXCHANGE, _exchange_meaning())
    worse, worse_path = fields.take("until_worse")
    mute = Mute(
        place,
        None if exchange == ALL_WORD else exchange or fields.refuse_missing("exchange"),
        fields.moment("since") or fields.refuse_missing("since"),
        fields.moment("until") or fields.refuse_missing("until"),
        fields.text("muted_by", ".{0,100}", tr("the id of a person")) or "",
        None if worse is None else UntilWorse(*_numbered(worse, worse_path, Severity, _NO_SEVERITY)),
    )
    fields.check_all_taken(_MUTE_NAMES)
    return mute


def _numbered(content: Any, path: str, words: type[Choice], refusal: str) -> tuple[int, Choice]:
    """Return an incident's number and a word of an enumeration; raise AskerError with the text `refusal`."""
    match content:
        case [int(number), str(word)] if not isinstance(number, bool) and word in list(words):
            return number, words(word)
    raise AskerError(tr(refusal, path=path))
