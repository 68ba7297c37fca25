"""Who wants to hear what, and which places cannot be reached.

Each subscription stands in several indexes, which change together: lua/subscription_indexes.lua says which.
"""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from typing_extensions import override

from bot.domain.compact_subscriptions import CompactSubscriptions, SubscriptionTerms
from bot.domain.errors import AskerError
from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.ports.subscriptions import PlaceCheck, PlaceStatus, PlaceTrouble, Subscriptions
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script
from bot.storage.packing import microseconds
from bot.storage.retry_now import retry_now

MOST_PER_PLACE = 100
_PLACES, _EXCHANGES = keys.PLACES.key(), keys.SUBSCRIBED_EXCHANGES.key()
_TROUBLE, _DISABLED = keys.TROUBLE.key(), keys.DISABLED.key()
_ALL = "*"
_AT_A_TIME = 500


class _StoredTerms(msgspec.Struct, frozen=True, omit_defaults=True):
    """What decides whether a place is told, and how."""

    min_severity: Severity = Severity.WATCH
    sensitivity: Sensitivity = Sensitivity.NORMAL
    usd: float | None = None
    share: float | None = None
    mention: str | None = None


class _StoredSubscription(_StoredTerms, frozen=True, omit_defaults=True):
    """A subscription without its place and exchange, which its keys say."""

    created_by: str = ""
    created_at: datetime | None = None
    title: str = ""


_encoder = msgspec.json.Encoder()
_wish, _subscribed = msgspec.json.Decoder(_StoredTerms), msgspec.json.Decoder(_StoredSubscription)
_trouble, _words = msgspec.json.Decoder(PlaceTrouble), msgspec.msgpack.Decoder(list[str])
_replies = msgspec.msgpack.Decoder(list[tuple[str, str, str, str, int]])


@dataclass(frozen=True, slots=True)
class RedisSubscriptions(Subscriptions):
    """The port Subscriptions on Redis."""

    database: Database

    @override
    async def add(self, subscription: Subscription) -> None:
        place = subscription.place
        words = (str(place), subscription.exchange or _ALL, _written(subscription), MOST_PER_PLACE)
        if not await self.database.script(script("subscription_indexes", "subscribe"), _PLACES, *words):
            raise AskerError(f"There are {MOST_PER_PLACE} subscriptions here, the most a place may have.")

    @override
    async def remove(self, place: Place, exchange: str | None, *, everything: bool = False) -> int:
        which = "" if everything else exchange or _ALL
        return int(
            await self.database.script(script("subscription_indexes", "unsubscribe"), _PLACES, str(place), which, "")
        )

    @override
    async def of_place(self, place: Place) -> Sequence[Subscription]:
        """The subscription to all exchanges comes first."""
        found = await self.database.command("HGET", _PLACES, str(place))
        exchanges = sorted(found.decode().split("\n")) if found else []
        texts = await self.database.pipeline([("HGET", _to(exchange), str(place)) for exchange in exchanges])
        return [_read(place, exchange, text) for exchange, text in zip(exchanges, texts, strict=True) if text]

    @override
    async def interested_in(self, exchange: str) -> Sequence[Subscription]:
        """Leave out who made them and when, for there may be a hundred thousand."""
        found, known = CompactSubscriptions(), set[str]()
        for which in (exchange, _ALL):
            async for place, text in self._scan(_to(which), "scan_reachable_places"):
                if place not in known:
                    known.add(place)
                    found.add_stored(place, _read_wish(which, text))
        return found

    @override
    async def presets(self, exchange: str) -> Collection[Sensitivity]:
        found = await self.database.pipeline([("HKEYS", _presets(which)) for which in (exchange, _ALL)])
        return {Sensitivity(name.decode()) for names in found for name in names}

    @override
    async def place_statuses(self, asked: Sequence[tuple[Place, str | None]]) -> Sequence[PlaceStatus]:
        words = msgspec.msgpack.encode([(str(place), exchange or "") for place, exchange in asked])
        found = _replies.decode(await self.database.script(script("place_status"), _PLACES, words))
        return [_standing(exchange or "", reply) for (_, exchange), reply in zip(asked, found, strict=True)]

    @override
    async def exchanges(self) -> Collection[str]:
        return frozenset(one.decode() for one in await self.database.command("SMEMBERS", _EXCHANGES))

    @override
    async def count(self) -> int:
        return int(await self.database.command("HLEN", _PLACES))

    @override
    async def move(self, old: Place, new: Place) -> None:
        """What the new address had already stays.

        Trouble with the old address is forgotten: the new one can be reached. Stories that were begun at the old
        address go on at the new one.
        """
        if old != new:
            came_from = keys.FORMER_ADDRESS
            await self.database.command("SET", came_from.key(_chat(new)), _chat(old), "EX", came_from.lifetime_s)
        await self.database.script(script("subscription_indexes", "move_chat"), _PLACES, _chat(old), _chat(new))

    @override
    async def trouble(self, place: Place) -> PlaceTrouble | None:
        own, chats = await self.database.command("HMGET", _TROUBLE, str(place), str(place.whole_chat))
        return _trouble.decode(own or chats) if own or chats else None

    @override
    async def record_trouble(self, trouble: PlaceTrouble) -> None:
        place = str(trouble.place)
        listed = (
            (
                ("ZADD", _DISABLED, microseconds(trouble.since), place),
                ("ZADD", _visits(trouble.place.platform), "NX", 0, place),
            )
            if trouble.disabled
            else (("ZREM", _DISABLED, place), ("ZREM", _visits(trouble.place.platform), place))
        )
        await self.database.pipeline([("HSET", _TROUBLE, place, _encoder.encode(trouble)), *listed])

    @override
    async def clear_trouble(self, place: Place) -> bool:
        whole = place.whole_chat
        healed = await self._everywhere_in(whole) if place == whole else [place]
        names = {str(one) for one in (whole, *healed)}
        of_chat, gone, *_ = await self.database.pipeline(
            [
                ("HDEL", _TROUBLE, str(whole)),
                ("HDEL", _TROUBLE, *names),
                ("ZREM", _DISABLED, *names),
                ("ZREM", _visits(place.platform), *names),
            ]
        )
        if of_chat or gone:
            await retry_now(self.database, await self._everywhere_in(whole) if of_chat else healed)
        return bool(of_chat or gone)

    @override
    async def disabled(self) -> Mapping[Obstacle, int]:
        counts: Counter[Obstacle] = Counter()
        async for _, text in self._scan(_TROUBLE):
            trouble = _trouble.decode(text)
            counts[trouble.obstacle] += trouble.disabled
        return +counts

    @override
    async def claim_place_checks(
        self, platform: Platform, *, now: datetime, again: datetime, limit: int
    ) -> Sequence[PlaceCheck]:
        words = (microseconds(now), microseconds(again), limit)
        found = await self.database.script(script("due_recovery_checks"), _visits(platform), *words)
        return [
            PlaceCheck(_trouble.decode(text), first=bool(first))
            for text, first in zip(found[::2], found[1::2], strict=True)
        ]

    @override
    async def check_place_again(self, place: Place, at: datetime) -> None:
        await self.database.command("ZADD", _visits(place.platform), "XX", microseconds(at), str(place))

    @override
    async def of_whole_chat(self, place: Place) -> Sequence[Subscription]:
        return [subscription for each in await self._with_topics(place) for subscription in await self.of_place(each)]

    @override
    async def forget_disabled(self, before: datetime) -> Sequence[Place]:
        due = await self.database.command("ZRANGEBYSCORE", _DISABLED, "-inf", f"({microseconds(before)}")
        places = [place for one in due for place in await self._with_topics(Place.parse(one.decode()))]
        for place in places:
            await self.database.script(
                script("subscription_indexes", "unsubscribe"), _PLACES, str(place), "", "trouble"
            )
        return places

    async def _everywhere_in(self, whole: Place) -> Sequence[Place]:
        """Return the places of a whole chat, the chat itself also when it has no subscription."""
        return sorted({Place(whole.platform, whole.chat), *await self._with_topics(whole)}, key=str)

    async def _with_topics(self, place: Place) -> list[Place]:
        """Return a place and, when it stands for a whole chat, the places of it that have subscriptions."""
        if place != place.whole_chat:
            return [place]
        chat = Place(place.platform, place.chat)
        itself, topics = await self.database.pipeline(
            [("HEXISTS", _PLACES, str(chat)), ("SMEMBERS", keys.TOPICS.key(str(chat)))]
        )
        inside = sorted((Place.parse(topic.decode()) for topic in topics), key=str)
        return [place, *([chat] if itself else []), *inside]

    async def _scan(self, key: str, way: str = "scan_hash") -> AsyncIterator[tuple[str, str]]:
        """Yield what a hash holds; some hundred at a time, one may come twice."""
        cursor = b"0"
        while True:
            cursor, packed = await self.database.script(script(way), key, cursor, _AT_A_TIME)
            found = _words.decode(packed)
            for pair in zip(found[::2], found[1::2], strict=True):
                yield pair
            if int(cursor) == 0:
                return


def _to(exchange: str) -> str:
    return keys.SUBSCRIBERS.key(exchange)


def _presets(exchange: str) -> str:
    return keys.PRESET_COUNTS.key(exchange)


def _visits(platform: Platform) -> str:
    return keys.RECOVERY_CHECKS.key(platform)


def _chat(place: Place) -> str:
    return f"{place.platform}:{place.chat}"


def _standing(exchange: str, reply: tuple[str, str, str, str, int]) -> PlaceStatus:
    to, trouble, own, everything, needed = reply
    place = Place.parse(to)
    which, wish = (exchange, own) if own else (_ALL, everything)
    subscription = _read(place, which, wish) if wish else None
    return PlaceStatus(place, _trouble.decode(trouble) if trouble else None, subscription, subscribed=bool(needed))


def _written(subscription: Subscription) -> bytes:
    return _encoder.encode(
        _StoredSubscription(**{name: getattr(subscription, name) for name in _StoredSubscription.__struct_fields__})
    )


def _read(place: Place, exchange: str, text: str | bytes) -> Subscription:
    found = _subscribed.decode(text)
    return Subscription(
        place,
        None if exchange == _ALL else exchange,
        **{name: getattr(found, name) for name in _StoredSubscription.__struct_fields__},
    )


def _read_wish(exchange: str, text: str) -> SubscriptionTerms:
    wish = _wish.decode(text)
    to = None if exchange == _ALL else exchange
    return (to, wish.min_severity, wish.sensitivity, wish.usd, wish.share, wish.mention)
