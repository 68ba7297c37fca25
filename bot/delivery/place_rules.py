"""What a place's settings do to a delivery, decided when it is about to be sent, not when it was queued.

Example: a place is quiet from 22:00 to 07:00 in Paris. An elevated alert at 23:10 arrives there without a sound and
mentions nobody; a critical one sounds and mentions. With `recovered off` the reply that an incident is over is left
out; its message is edited all the same. With `publish on` an alert of Discord is published after it was posted.
With `sound severe` an elevated alert arrives without a sound at any hour.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from bot.domain.errors import StorageError
from bot.domain.place import Place, Platform
from bot.domain.place_settings import AUTOMATIC, PlaceSetting, PlaceSettings
from bot.domain.severity import Severity
from bot.domain.time_zones import UTC_NAME
from bot.messages.local_times import in_local_time
from bot.messages.model import Tone
from bot.ports.outbox import Delivery, DeliveryKind
from bot.ports.place_settings import PlaceSettingsStore

log = structlog.get_logger()

_SWITCHES = frozenset(map(str, PlaceSetting))  # a newer program may name one that this one does not have
_OPEN = frozenset({Tone.WATCH, Tone.ELEVATED, Tone.SEVERE, Tone.CRITICAL})  # tones of incidents that are not over


async def settings_or_defaults(store: PlaceSettingsStore, places: Sequence[Place]) -> Sequence[PlaceSettings]:
    """Return the settings of places, in one request; while they cannot be read, those that places have at first.

    An alert that sounds at night is better than one that does not come.
    """
    try:
        return await store.of_places(places)
    except StorageError as error:
        log.warning("settings of places not read, alerts go out as without any", error=str(error), places=len(places))
        return [PlaceSettings()] * len(places)


def unwanted_by_settings(delivery: Delivery, settings: PlaceSettings) -> str | None:
    """Return why a place does not want a delivery, as a label of the metric; None when it does."""
    # Only what resolves an incident is sent as an answer.
    if delivery.kind is DeliveryKind.REPLY and not settings.recovered:
        return "recovered off"
    # What is there already goes on being edited: a message that stays wrong is worse than one that nobody wanted.
    is_new = delivery.kind in {DeliveryKind.POST, DeliveryKind.REPLY} or delivery.sent_here is None
    if is_new and delivery.switch in _SWITCHES and settings.value_of(PlaceSetting(delivery.switch)) == "off":
        return f"{delivery.switch} off"
    return None


def following_settings(delivery: Delivery, settings: PlaceSettings, now: datetime) -> Delivery:
    """Return a delivery as a place wants it now: its times, its sound, and in quiet hours no mention below critical."""
    delivery = replace(delivery, publish=_is_published(delivery, settings))
    if delivery.place.platform is Platform.TELEGRAM and settings.timezone != UTC_NAME:
        local = in_local_time(delivery.message, settings.timezone)
        delivery = replace(delivery, message=local, timezone=settings.timezone)
    if settings.sound != AUTOMATIC:
        silent = _silent_by(settings.sound, delivery)
        delivery = replace(delivery, message=replace(delivery.message, silent=silent))
    if delivery.severity is Severity.CRITICAL or not settings.is_quiet_at(now):
        return delivery
    return replace(delivery, message=replace(delivery.message, silent=True, mention=None))


def _is_published(delivery: Delivery, settings: PlaceSettings) -> bool:
    """Return whether a delivery is to be published: a mute has made an edit of it where it is not to be posted."""
    is_posted = delivery.kind is DeliveryKind.POST and not delivery.older
    return delivery.publish and settings.publish and is_posted and delivery.place.platform is Platform.DISCORD


def _silent_by(sound: str, delivery: Delivery) -> bool:
    """Return whether a delivery comes without a sound in a place that set from which severity on alerts sound.

    `sound watch` gives a sound to alerts of incidents that are not over; ends, data notices, digests and stress tests
    go without one as before. Digests, and summaries after a mute, are about no exchange.
    """
    if delivery.message.tone not in _OPEN:
        return delivery.message.silent
    is_alert = delivery.about is not None and delivery.switch != PlaceSetting.NOTICES
    is_milder = delivery.severity.rank < Severity(sound).rank
    return is_milder or (delivery.message.silent and not is_alert)
