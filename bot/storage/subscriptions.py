"""The subscriptions in Redis, and what is wrong with places that cannot be reached.

Each subscription is in several indexes, which change together: lua/subscription_indexes.lua says which. So an alert
about Binance reads two hashes, who subscribed to Binance and who subscribed to all, however many others there are.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec
from typing_extensions import override

from bot.domain.compact_subscriptions import CompactSubscriptions
from bot.domain.errors import AskerError
from bot.domain.mute import Mute
from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.place_export import SUBSCRIPTIONS_PER_PLACE_MAX
from bot.domain.severity import Sensitivity
from bot.language.translation import tr
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceCheck, PlaceStatus, PlaceTrouble, Subscriptions
from bot.storage import keys
from bot.storage.connection import Database, RedisArgument
from bot.storage.lua import script
from bot.storage.packed_replies import StatusReply, check_name, decoded_statuses, decoded_texts
from bot.storage.reading_encoding import microseconds
from bot.storage.retry_now import retry_now
from bot.storage.stored_mute import decode_mute
from bot.storage.stored_subscription import (
    EVERY_EXCHANGE,
    decode_subscription,
    decode_terms,
    encode_subscription,
    stored_exchange,
)
from bot.storage.unreadable_values import UNREADABLE_ERRORS

_PLACES, _EXCHANGES = keys.PLACES.key(), keys.SUBSCRIBED_EXCHANGES.key()
_NOTICES_OFF = keys.NOTICES_OFF.key()
_TROUBLE, _DISABLED = keys.TROUBLE.key(), keys.DISABLED.key()
_INDEXES = ("subscription_indexes", "settings_indexes", "mutes")  # lua, needed by what moves or forgets a place
_SCAN_COUNT = 500  # fields of a hash per call, so that other commands get their turn in between


_encoder = msgspec.json.Encoder()
_trouble_decoder = msgspec.json.Decoder(PlaceTrouble)


@dataclass(frozen=True, slots=True)
class RedisSubscriptions(Subscriptions):
    """The subscriptions and the troubles of all places; whether a mute lasts a simulation judges by its own `clock`."""

    database: Database
    clock: Clock | None = None

    @override
    async def add(self, subscription: Subscription) -> None:
        await self.add_all([subscription])

    @override
    async def add_all(self, subscriptions: Sequence[Subscription]) -> None:
        if not subscriptions:
            return
        arguments: list[RedisArgument] = [str(subscriptions[0].place), SUBSCRIPTIONS_PER_PLACE_MAX]
        for subscription in subscriptions:
            arguments += [stored_exchange(subscription.exchange), encode_subscription(subscription)]
        if not await self.database.script(script("subscription_indexes", "subscribe"), _PLACES, *arguments):
            # Translators: the count is 100.
            text = tr(
                "There are {count} subscriptions here, the most a place may have.", count=SUBSCRIPTIONS_PER_PLACE_MAX
            )
            raise AskerError(text)

    @override
    async def remove(self, place: Place, exchange: str | None, *, everything: bool = False) -> int:
        return await self._unsubscribe(place, "" if everything else stored_exchange(exchange))

    @override
    async def of_place(self, place: Place) -> Sequence[Subscription]:
        return (await self.of_places([place]))[0]

    @override
    async def of_places(self, places: Sequence[Place]) -> Sequence[Sequence[Subscription]]:
        if not places:
            return []
        lines = await self.database.command("HMGET", _PLACES, *map(str, places))
        subscribed = [
            (place, exchange)
            for place, exchanges in zip(places, lines, strict=True)
            for exchange in sorted(exchanges.decode().split("\n") if exchanges else [])  # "*", all, sorts first
        ]
        bodies = await self.database.pipeline(
            [("HGET", _subscribers(exchange), str(place)) for place, exchange in subscribed]
        )
        read: dict[Place, list[Subscription]] = {place: [] for place in places}
        for (place, exchange), body in zip(subscribed, bodies, strict=True):
            if body and (subscription := await self._subscription(place, exchange, body)):
                read[place].append(subscription)
        return [read[place] for place in places]

    @override
    async def interested_in(self, exchange: str) -> Sequence[Subscription]:
        # The exchange's own subscribers come first, so that a place's own subscription wins over that to all.
        subscriptions, seen_places = CompactSubscriptions(), set[str]()
        for subscribed in (exchange, EVERY_EXCHANGE):
            key = _subscribers(subscribed)
            async for place, body in self._scan(key, "scan_reachable_places"):
                if place in seen_places:
                    continue
                # Decoded here and not by `Database.decoded`, which would cost a hundred thousand calls more.
                try:
                    check_name(place)
                    terms = decode_terms(subscribed, body)
                except UNREADABLE_ERRORS as error:
                    await self._set_aside(key, place, body, error)
                    continue
                seen_places.add(place)
                subscriptions.add_stored(place, terms)
        return subscriptions

    @override
    async def presets(self, exchange: str) -> Collection[Sensitivity]:
        counts = [keys.PRESET_COUNTS.key(subscribed) for subscribed in (exchange, EVERY_EXCHANGE)]
        replies = await self.database.pipeline([("HKEYS", key) for key in counts])
        read = [
            await self.database.decoded(_decoded_preset, name, key, name)
            for key, names in zip(counts, replies, strict=True)
            for name in names
        ]
        return {preset for preset in read if preset}

    @override
    async def place_statuses(self, asked: Sequence[tuple[Place, str | None]]) -> Sequence[PlaceStatus]:
        questions = msgspec.msgpack.encode([(str(place), exchange or "") for place, exchange in asked])
        now = str(microseconds(self.clock.now())) if self.clock else ""
        packed = await self.database.script(script("mutes", "place_status"), _PLACES, questions, now)
        replies = decoded_statuses(packed)
        return [
            await self._place_status(exchange or "", reply) for (_, exchange), reply in zip(asked, replies, strict=True)
        ]

    @override
    async def places_without_notices(self) -> Collection[Place]:
        return frozenset(await self._places(_NOTICES_OFF, await self.database.command("SMEMBERS", _NOTICES_OFF)))

    @override
    async def exchanges(self) -> Collection[str]:
        return frozenset(exchange.decode() for exchange in await self.database.command("SMEMBERS", _EXCHANGES))

    @override
    async def count(self) -> int:
        return int(await self.database.command("HLEN", _PLACES))

    @override
    async def move(self, old: Place, new: Place) -> None:
        # Subscriptions that the new address had already stay. Trouble with the old address is forgotten, for the new
        # one can be reached. The former address is kept because alerts of open incidents go on at the new one.
        if old != new:
            former = keys.FORMER_ADDRESS
            await self.database.command("SET", former.key(_chat(new)), _chat(old), "EX", former.lifetime_s)
        await self.database.script(script(*_INDEXES, "move_chat"), _PLACES, _chat(old), _chat(new))

    @override
    async def trouble(self, place: Place) -> PlaceTrouble | None:
        own, of_chat = await self.database.command("HMGET", _TROUBLE, str(place), str(place.whole_chat))
        return await self._trouble(str(place), own or of_chat) if own or of_chat else None

    @override
    async def record_trouble(self, trouble: PlaceTrouble) -> None:
        place = str(trouble.place)
        checks = _recovery_checks(trouble.place.platform)
        indexes: tuple[tuple[RedisArgument, ...], ...] = (("ZREM", _DISABLED, place), ("ZREM", checks, place))
        if trouble.disabled:  # NX: trouble that is recorded again does not make the next check sooner
            indexes = (
                ("ZADD", _DISABLED, microseconds(trouble.since), place),
                ("ZADD", checks, "NX", 0, place),
            )
        await self.database.pipeline([("HSET", _TROUBLE, place, _encoder.encode(trouble)), *indexes])

    @override
    async def clear_trouble(self, place: Place) -> bool:
        whole_chat = place.whole_chat
        reachable = await self._places_of_chat(whole_chat) if place == whole_chat else [place]
        names = {str(cleared) for cleared in (whole_chat, *reachable)}
        chat_had_trouble, places_had_trouble, *_ = await self.database.pipeline(
            [
                ("HDEL", _TROUBLE, str(whole_chat)),
                ("HDEL", _TROUBLE, *names),
                ("ZREM", _DISABLED, *names),
                ("ZREM", _recovery_checks(place.platform), *names),
            ]
        )
        if chat_had_trouble:
            reachable = await self._places_of_chat(whole_chat)
        if chat_had_trouble or places_had_trouble:
            await retry_now(self.database, reachable)
        return bool(chat_had_trouble or places_had_trouble)

    @override
    async def disabled(self) -> Mapping[Obstacle, int]:
        return await self._count_troubles(disabled=True)

    @override
    async def refusing(self) -> Mapping[Obstacle, int]:
        return await self._count_troubles(disabled=False)

    @override
    async def claim_place_checks(
        self, platform: Platform, *, now: datetime, again: datetime, limit: int
    ) -> Sequence[PlaceCheck]:
        arguments = (microseconds(now), microseconds(again), limit)
        reply = await self.database.script(script("due_recovery_checks"), _recovery_checks(platform), *arguments)
        read = [
            (await self._trouble("a place to check", body), is_first)
            for body, is_first in zip(reply[::2], reply[1::2], strict=True)
        ]
        return [PlaceCheck(trouble, first=bool(is_first)) for trouble, is_first in read if trouble]

    @override
    async def check_place_again(self, place: Place, at: datetime) -> None:
        await self.database.command("ZADD", _recovery_checks(place.platform), "XX", microseconds(at), str(place))

    @override
    async def of_whole_chat(self, place: Place) -> Sequence[Subscription]:
        places = await self._with_topics(place)
        return [subscription for inner in places for subscription in await self.of_place(inner)]

    @override
    async def forget_disabled(self, before: datetime) -> Sequence[Place]:
        expired = await self.database.command("ZRANGEBYSCORE", _DISABLED, "-inf", f"({microseconds(before)}")
        closed = await self._places(_DISABLED, expired)
        places = [place for closed_place in closed for place in await self._with_settings(closed_place)]
        for place in places:
            await self._unsubscribe(place, "", "trouble")
        return places

    async def _unsubscribe(self, place: Place, exchange: str, forgotten: str = "") -> int:
        unsubscribe = script(*_INDEXES, "unsubscribe")
        return int(await self.database.script(unsubscribe, _PLACES, str(place), exchange, forgotten))

    async def _count_troubles(self, *, disabled: bool) -> Mapping[Obstacle, int]:
        counts: Counter[Obstacle] = Counter()
        async for place, body in self._scan(_TROUBLE):
            if trouble := await self._trouble(place, body):
                counts[trouble.obstacle] += trouble.disabled is disabled
        return +counts  # without those that are 0

    async def _places(self, key: keys.KeyName, names: Collection[bytes]) -> list[Place]:
        """Return the places that a key names, but for what is no name of a place."""
        read = [await self.database.decoded(_decoded_place, name, key, name) for name in names]
        return [place for place in read if place]

    async def _subscription(self, place: Place, exchange: str, body: str | bytes) -> Subscription | None:
        decode = partial(decode_subscription, place, exchange)
        return await self.database.decoded(decode, body, _subscribers(exchange), str(place))

    async def _trouble(self, place: str, body: str | bytes) -> PlaceTrouble | None:
        return await self.database.decoded(_trouble_decoder.decode, body, _TROUBLE, place)

    async def _set_aside(self, key: keys.KeyName, place: str, body: str, error: Exception) -> None:
        name, raw = f"{self.database.prefix}{key}", body.encode(errors="surrogateescape")
        await self.database.unreadable.set_aside(raw, name, place, error)

    async def _place_status(self, exchange: str, reply: StatusReply) -> PlaceStatus:
        name, trouble, own, to_all, is_subscribed, *muted = reply
        place = Place.parse(name)
        subscribed, body = (exchange, own) if own else (EVERY_EXCHANGE, to_all)
        mutes = [
            await self._mute(place, stored, value)
            for stored, value in zip((exchange, EVERY_EXCHANGE), muted, strict=True)
            if value
        ]
        return PlaceStatus(
            place,
            await self._trouble(name, trouble) if trouble else None,
            await self._subscription(place, subscribed, body) if body else None,
            subscribed=bool(is_subscribed),
            mutes=tuple(mute for mute in mutes if mute),
        )

    async def _mute(self, place: Place, exchange: str, value: str) -> Mute | None:
        key = keys.MUTES.key(str(place))
        return await self.database.decoded(partial(decode_mute, place, exchange), value, key, exchange)

    async def _places_of_chat(self, whole_chat: Place) -> Sequence[Place]:
        """Return the places of a whole chat, the chat itself also when it has no subscription."""
        chat = Place(whole_chat.platform, whole_chat.chat)
        return sorted({chat, *await self._with_topics(whole_chat)}, key=str)

    async def _with_topics(self, place: Place) -> list[Place]:
        """Return a place and, when it stands for a whole chat, the places of it that have subscriptions."""
        if place != place.whole_chat:
            return [place]
        chat = Place(place.platform, place.chat)
        is_subscribed, names = await self.database.pipeline(
            [("HEXISTS", _PLACES, str(chat)), ("SMEMBERS", keys.TOPICS.key(str(chat)))]
        )
        topics = sorted(await self._places(keys.TOPICS.key(str(chat)), names), key=str)
        return [place, *([chat] if is_subscribed else []), *topics]

    async def _with_settings(self, place: Place) -> list[Place]:
        """Return a place and, when it stands for a whole chat, the places of it that have subscriptions or settings."""
        if place != place.whole_chat:
            return [place]
        chat = Place(place.platform, place.chat)
        topics = keys.SETTINGS_TOPICS.key(str(chat))
        with_settings = await self._places(topics, await self.database.command("SMEMBERS", topics))
        return [place, *sorted({chat, *await self._with_topics(place), *with_settings} - {place}, key=str)]

    async def _scan(self, key: keys.KeyName, script_name: str = "scan_hash") -> AsyncIterator[tuple[str, str]]:
        """Yield the fields and values of a hash, fetched some hundred at a time.

        A field may come twice when the hash changes meanwhile (https://redis.io/docs/latest/commands/scan/).
        """
        cursor = b"0"
        while True:
            cursor, packed = await self.database.script(script(script_name), key, cursor, _SCAN_COUNT)
            names_and_values = decoded_texts(packed)
            for pair in zip(names_and_values[::2], names_and_values[1::2], strict=True):
                yield pair
            if int(cursor) == 0:
                return


def _decoded_place(name: bytes) -> Place:
    return Place.parse(name.decode())


def _decoded_preset(name: bytes) -> Sensitivity:
    return Sensitivity(name.decode())


def _subscribers(exchange: str) -> keys.KeyName:
    return keys.SUBSCRIBERS.key(exchange)


def _recovery_checks(platform: Platform) -> keys.KeyName:
    return keys.RECOVERY_CHECKS.key(platform)


def _chat(place: Place) -> str:
    return f"{place.platform}:{place.chat}"
