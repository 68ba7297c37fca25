"""The subscriptions in Redis, and what is wrong with places that cannot be reached.

Each subscription is in several indexes, which change together: lua/subscription_indexes.lua says which. So an alert
about Binance reads two hashes, who subscribed to Binance and who subscribed to all, however many others there are.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import msgspec
from typing_extensions import override

from bot.domain.compact_subscriptions import CompactSubscriptions
from bot.domain.errors import AskerError
from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.severity import Sensitivity
from bot.ports.subscriptions import PlaceCheck, PlaceStatus, PlaceTrouble, Subscriptions
from bot.storage import keys
from bot.storage.connection import Database, RedisArgument
from bot.storage.damage import DamagedValues
from bot.storage.lua import script
from bot.storage.reading_encoding import microseconds
from bot.storage.retry_now import retry_now
from bot.storage.stored_subscription import (
    EVERY_EXCHANGE,
    decode_subscription,
    decode_terms,
    encode_subscription,
    stored_exchange,
)

SUBSCRIPTIONS_PER_PLACE_MAX = 100  # more than there are exchanges; bounds what one chat can store
_PLACES, _EXCHANGES = keys.PLACES.key(), keys.SUBSCRIBED_EXCHANGES.key()
_NOTICES_OFF = keys.NOTICES_OFF.key()
_TROUBLE, _DISABLED = keys.TROUBLE.key(), keys.DISABLED.key()
_SCAN_COUNT = 500  # fields of a hash per call, so that other commands get their turn in between


_encoder = msgspec.json.Encoder()
_trouble_decoder, _pairs_decoder = msgspec.json.Decoder(PlaceTrouble), msgspec.msgpack.Decoder(list[str])
_StatusReply = tuple[str, str, str, str, int]
"""Present place, trouble or "", own subscription or "", subscription to all or "", 1 if it is subscribed as needed."""
_statuses_decoder = msgspec.msgpack.Decoder(list[_StatusReply])


@dataclass(frozen=True, slots=True)
class RedisSubscriptions(Subscriptions):
    """The subscriptions and the troubles of all places."""

    database: Database
    damaged: DamagedValues = field(default_factory=DamagedValues)

    @override
    async def add(self, subscription: Subscription) -> None:
        place = subscription.place
        exchange, body = stored_exchange(subscription.exchange), encode_subscription(subscription)
        arguments = (str(place), exchange, body, SUBSCRIPTIONS_PER_PLACE_MAX)
        if not await self.database.script(script("subscription_indexes", "subscribe"), _PLACES, *arguments):
            raise AskerError(f"There are {SUBSCRIPTIONS_PER_PLACE_MAX} subscriptions here, the most a place may have.")

    @override
    async def remove(self, place: Place, exchange: str | None, *, everything: bool = False) -> int:
        removed = "" if everything else stored_exchange(exchange)
        return int(
            await self.database.script(script("subscription_indexes", "unsubscribe"), _PLACES, str(place), removed, "")
        )

    @override
    async def of_place(self, place: Place) -> Sequence[Subscription]:
        lines = await self.database.command("HGET", _PLACES, str(place))
        exchanges = sorted(lines.decode().split("\n")) if lines else []  # "*", all exchanges, sorts first
        bodies = await self.database.pipeline([("HGET", _subscribers(exchange), str(place)) for exchange in exchanges])
        found = [
            self._subscription(place, exchange, body) for exchange, body in zip(exchanges, bodies, strict=True) if body
        ]
        return [subscription for subscription in found if subscription]

    @override
    async def interested_in(self, exchange: str) -> Sequence[Subscription]:
        # The exchange's own subscribers come first, so that a place's own subscription wins over that to all.
        subscriptions, seen_places = CompactSubscriptions(), set[str]()
        for subscribed in (exchange, EVERY_EXCHANGE):
            async for place, body in self._scan(_subscribers(subscribed), "scan_reachable_places"):
                if place not in seen_places:
                    seen_places.add(place)
                    decode = partial(decode_terms, subscribed)
                    if terms := self.damaged.read(decode, body, key=_subscribers(subscribed), field=place):
                        subscriptions.add_stored(place, terms)
        return subscriptions

    @override
    async def presets(self, exchange: str) -> Collection[Sensitivity]:
        replies = await self.database.pipeline(
            [("HKEYS", keys.PRESET_COUNTS.key(subscribed)) for subscribed in (exchange, EVERY_EXCHANGE)]
        )
        known = {preset.value.encode(): preset for preset in Sensitivity}
        return {known[name] for names in replies for name in names if name in known}

    @override
    async def place_statuses(self, asked: Sequence[tuple[Place, str | None]]) -> Sequence[PlaceStatus]:
        questions = msgspec.msgpack.encode([(str(place), exchange or "") for place, exchange in asked])
        replies = _statuses_decoder.decode(await self.database.script(script("place_status"), _PLACES, questions))
        return [self._place_status(exchange or "", reply) for (_, exchange), reply in zip(asked, replies, strict=True)]

    @override
    async def places_without_notices(self) -> Collection[Place]:
        return frozenset(Place.parse(place.decode()) for place in await self.database.command("SMEMBERS", _NOTICES_OFF))

    @override
    async def switch_notices(self, place: Place, *, on: bool) -> None:
        await self.database.command("SREM" if on else "SADD", _NOTICES_OFF, str(place))

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
        await self.database.script(script("subscription_indexes", "move_chat"), _PLACES, _chat(old), _chat(new))

    @override
    async def trouble(self, place: Place) -> PlaceTrouble | None:
        own, of_chat = await self.database.command("HMGET", _TROUBLE, str(place), str(place.whole_chat))
        return self._trouble(str(place), own or of_chat)

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
        counts: Counter[Obstacle] = Counter()
        async for name, body in self._scan(_TROUBLE):
            if trouble := self._trouble(name, body):
                counts[trouble.obstacle] += trouble.disabled
        return +counts  # without those that are 0

    @override
    async def claim_place_checks(
        self, platform: Platform, *, now: datetime, again: datetime, limit: int
    ) -> Sequence[PlaceCheck]:
        arguments = (microseconds(now), microseconds(again), limit)
        reply = await self.database.script(script("due_recovery_checks"), _recovery_checks(platform), *arguments)
        return [
            PlaceCheck(trouble, first=bool(is_first))
            for body, is_first in zip(reply[::2], reply[1::2], strict=True)
            if (trouble := self._trouble("of a place to be checked", body))
        ]

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
        places = [place for name in expired for place in await self._with_topics(Place.parse(name.decode()))]
        for place in places:
            await self.database.script(
                script("subscription_indexes", "unsubscribe"), _PLACES, str(place), "", "trouble"
            )
        return places

    def _subscription(self, place: Place, exchange: str, body: str | bytes) -> Subscription | None:
        decode = partial(decode_subscription, place, exchange)
        return self.damaged.read(decode, body, key=_subscribers(exchange), field=str(place))

    def _trouble(self, place: str, body: str | bytes | None) -> PlaceTrouble | None:
        """Return the trouble of a place; a damaged one is none: the next attempt finds out what is wrong."""
        return self.damaged.read(_trouble_decoder.decode, body, key=_TROUBLE, field=place) if body else None

    def _place_status(self, exchange: str, reply: _StatusReply) -> PlaceStatus:
        name, trouble, own, to_all, is_subscribed = reply
        place = Place.parse(name)
        subscribed, body = (exchange, own) if own else (EVERY_EXCHANGE, to_all)
        return PlaceStatus(
            place,
            self._trouble(name, trouble),
            self._subscription(place, subscribed, body) if body else None,
            subscribed=bool(is_subscribed),
        )

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
        topics = sorted((Place.parse(name.decode()) for name in names), key=str)
        return [place, *([chat] if is_subscribed else []), *topics]

    async def _scan(self, key: str, script_name: str = "scan_hash") -> AsyncIterator[tuple[str, str]]:
        """Yield the fields and values of a hash, fetched some hundred at a time.

        A field may come twice when the hash changes meanwhile (https://redis.io/docs/latest/commands/scan/).
        """
        cursor = b"0"
        while True:
            cursor, packed = await self.database.script(script(script_name), key, cursor, _SCAN_COUNT)
            names_and_values = _pairs_decoder.decode(packed)
            for pair in zip(names_and_values[::2], names_and_values[1::2], strict=True):
                yield pair
            if int(cursor) == 0:
                return


def _subscribers(exchange: str) -> str:
    return keys.SUBSCRIBERS.key(exchange)


def _recovery_checks(platform: Platform) -> str:
    return keys.RECOVERY_CHECKS.key(platform)


def _chat(place: Place) -> str:
    return f"{place.platform}:{place.chat}"
