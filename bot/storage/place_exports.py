"""What places have set as a whole, in Redis: read from where each part is kept, written in one step (import_place.lua).

Only one step leaves no place with half of a file when the bot stops while it imports.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

import msgspec
from typing_extensions import override

from bot.domain.errors import AskerError
from bot.domain.place import Place
from bot.domain.place_export import SUBSCRIPTIONS_PER_PLACE_MAX, PlaceChanges, PlaceExport
from bot.domain.place_settings import PlaceSetting
from bot.language.translation import tr
from bot.ports.place_exports import PlaceExports
from bot.ports.sources import Clock
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script
from bot.storage.mutes import RedisMutes
from bot.storage.pending_changes import RedisPendingChanges
from bot.storage.place_settings import RedisPlaceSettings, setting_changes, settings_arguments
from bot.storage.reading_encoding import microseconds
from bot.storage.stored_mute import encode_mute_terms
from bot.storage.stored_subscription import encode_subscription, stored_exchange
from bot.storage.subscriptions import RedisSubscriptions

_PLACES = keys.PLACES.key()
_INDEXES = ("subscription_indexes", "settings_indexes", "mutes")


@dataclass(frozen=True, slots=True)
class RedisPlaceExports(PlaceExports):
    """Everything that places have set; a simulation gives its own `clock`."""

    database: Database
    subscriptions: RedisSubscriptions
    place_settings: RedisPlaceSettings
    mutes: RedisMutes
    pending_changes: RedisPendingChanges
    clock: Clock | None = None

    @override
    async def places(self) -> Sequence[Place]:
        subscribed, with_settings, with_language, notices_off, drills_off, muted = await self.database.pipeline(
            [
                ("HKEYS", _PLACES),
                ("HKEYS", keys.PLACE_SETTINGS.key()),
                ("HKEYS", keys.LANGUAGES_SET.key()),
                ("SMEMBERS", keys.NOTICES_OFF.key()),
                ("SMEMBERS", keys.DRILLS_OFF.key()),
                ("ZRANGE", keys.MUTE_ENDS.key(), 0, -1),
            ]
        )
        names: set[bytes] = {*subscribed, *with_settings, *with_language, *notices_off, *drills_off}
        names |= {member.partition(b" ")[0] for member in muted}
        return sorted(_readable(names), key=str)

    @override
    async def of_place(self, place: Place) -> PlaceExport:
        # Together: for 100,000 places the round trips take longer than everything else.
        settings, subscriptions, mutes = await asyncio.gather(
            self.place_settings.of_place(place), self.subscriptions.of_place(place), self.mutes.of_place(place)
        )
        return PlaceExport(place, tuple(subscriptions), tuple(sorted(settings.as_fields().items())), tuple(mutes))

    @override
    async def apply(self, changes: PlaceChanges, *, now: datetime) -> None:
        packed = msgspec.msgpack.encode(
            {
                "place": str(changes.place),
                "most": SUBSCRIPTIONS_PER_PLACE_MAX,
                "now": str(microseconds(self.clock.now())) if self.clock else "",
                "subscriptions": _subscription_words(changes),
                "settings": await self._setting_words(changes, now) if changes.settings else [],
                "mutes": _mute_words(changes),
            }
        )
        if not await self.database.script(script(*_INDEXES, "import_place"), _PLACES, packed):
            raise AskerError(
                # Translators: the count is 100.
                tr(
                    "With the file this place would have more than {count} subscriptions, the most it may have. "
                    "/unsubscribe some first.",
                    count=SUBSCRIPTIONS_PER_PLACE_MAX,
                )
            )

    @override
    async def forget(self, place: Place) -> None:
        await self.pending_changes.forget(place)
        await self.database.script(script(*_INDEXES, "unsubscribe"), _PLACES, str(place), "", "trouble")

    async def _setting_words(self, changes: PlaceChanges, now: datetime) -> list[str]:
        before = await self.place_settings.of_place(changes.place)
        after = before
        for name, text in changes.settings:
            after = after.with_value(PlaceSetting(name), text)
        after = after.approved_by(changes.editor.id, before)
        return settings_arguments(before, after, setting_changes(before, after, changes.editor, now), now)


def _subscription_words(changes: PlaceChanges) -> list[str]:
    words: list[str] = []
    for subscription in changes.subscriptions:
        words += [stored_exchange(subscription.exchange), encode_subscription(subscription).decode()]
    return words


def _mute_words(changes: PlaceChanges) -> list[str]:
    words: list[str] = []
    for mute in changes.mutes:
        terms = encode_mute_terms(mute.by, None).decode()
        words += [stored_exchange(mute.exchange), str(microseconds(mute.until)), uuid4().hex, terms]
    return words


def _readable(names: Iterable[bytes]) -> list[Place]:
    """Return the places that are named, but for what is no name of one."""
    read: list[Place] = []
    for name in names:
        try:
            read.append(Place.parse(name.decode()))
        except ValueError:  # it is set aside, and said, by who reads the value
            continue
    return read
