"""The mutes in Redis (the key MUTES of keys.py), with what was missed, and when each of them ends.

Every change is one script, timed by the server's clock: workers whose clocks differ agree on whether a mute lasts. What
is not posted is recorded in the same step that finds the place muted (record_missed.lua), so nothing falls between a
mute that ends and its summary.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import groupby
from uuid import uuid4

import msgspec
from typing_extensions import override

from bot.domain.mute import MissedIncident, Mute, UntilWorse
from bot.domain.place import Place
from bot.ports.mutes import EndedMutes, LiftedMutes, Mutes
from bot.ports.sources import Clock
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script
from bot.storage.reading_encoding import microseconds
from bot.storage.stored_mute import decode_missed, decode_mute, encode_mute_terms
from bot.storage.stored_subscription import stored_exchange

_ENDS, _UNTIL_WORSE = keys.MUTE_ENDS.key(), keys.MUTES_UNTIL_WORSE.key()
_MICROSECOND = timedelta(microseconds=1)

_StoredEnd = tuple[bytes, bytes, bytes, list[bytes]]
"""Of a mute that is over: place, exchange, the mute, and what was missed: incidents and values in turn."""


@dataclass(frozen=True, slots=True)
class RedisMutes(Mutes):
    """The mutes of all places; a simulation gives its own `clock`."""

    database: Database
    clock: Clock | None = None

    @override
    async def mute(
        self, place: Place, exchange: str | None, *, length: timedelta, by: str, worse: UntilWorse | None = None
    ) -> Mute:
        stored = stored_exchange(exchange)
        terms = encode_mute_terms(by, worse)
        arguments = (str(place), stored, length // _MICROSECOND, uuid4().hex, terms, int(worse is not None))
        value = await self.database.script(script("mutes", "mute"), _ENDS, *arguments, self._now())
        return decode_mute(place, stored, value)

    @override
    async def lift(self, place: Place, exchange: str | None, *, everything: bool = False) -> LiftedMutes:
        lifted = "" if everything else stored_exchange(exchange)
        reply = await self.database.script(script("mutes", "lift_mutes"), _ENDS, str(place), lifted, self._now())
        missed, found = reply
        return LiftedMutes(tuple(await self._mutes(place, found)), missed)

    @override
    async def of_place(self, place: Place) -> Sequence[Mute]:
        stored, now = await self.database.pipeline([("HGETALL", keys.MUTES.key(str(place))), ("TIME",)])
        now_us = microseconds(self.clock.now()) if self.clock else int(now[0]) * 10**6 + int(now[1])
        mutes = await self._mutes(place, [part for pair in stored.items() for part in pair])
        return [mute for mute in mutes if microseconds(mute.until) > now_us]

    @override
    async def record_missed(self, missed: Sequence[tuple[Place, MissedIncident]]) -> Sequence[bool]:
        packed = msgspec.msgpack.encode(
            [(str(place), found.incident, found.exchange, found.severity.rank) for place, found in missed]
        )
        recorded = await self.database.script(script("mutes", "record_missed"), _ENDS, packed, self._now())
        return [bool(was_recorded) for was_recorded in recorded]

    @override
    async def ended(self, limit: int) -> Sequence[EndedMutes]:
        found = await self.database.script(script("mutes", "ended_mutes"), _ENDS, limit, self._now())
        by_place = groupby(sorted(found), key=lambda end: end[0])
        ended = [await self._ended(name.decode(), [*ends]) for name, ends in by_place]
        return [of_place for of_place in ended if of_place]

    @override
    async def until_worse(self) -> Sequence[Mute]:
        members = [member.decode().partition(" ") for member in await self.database.command("SMEMBERS", _UNTIL_WORSE)]
        questions = [("HGET", keys.MUTES.key(name), exchange) for name, _, exchange in members]
        values = await self.database.pipeline(questions)
        found: list[Mute] = []
        for (name, _, exchange), value in zip(members, values, strict=True):
            if value is None:  # what is kept of the place has expired
                await self.database.command("SREM", _UNTIL_WORSE, f"{name} {exchange}")
            else:
                found += await self._mutes(Place.parse(name), [exchange.encode(), value])
        return found

    @override
    async def told(self, ended: EndedMutes) -> None:
        place = str(ended.place)
        mutes, missed = await self.database.pipeline(
            [("HGETALL", keys.MUTES.key(place)), ("HGETALL", keys.MISSED.key(place))]
        )
        told_ids = {mute.id.encode() for mute in ended.mutes}
        told_missed = {(found.incident.encode(), b"%d" % found.severity.rank) for found in ended.missed}
        await self._forget(
            place,
            mutes=[(exchange, value) for exchange, value in mutes.items() if _id_of(value) in told_ids],
            missed=[(incident, value) for incident, value in missed.items() if (incident, value[:1]) in told_missed],
        )

    async def _forget(
        self, place: str, *, mutes: Sequence[tuple[bytes, bytes]], missed: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        """Forget fields of a place's two keys as they were read; what has another value by now stays."""
        words: list[bytes] = []
        for what, found in ((b"mute", mutes), (b"missed", missed)):
            words += [word for field, value in found for word in (what, field, value)]
        await self.database.script(script("mutes", "told_mutes"), _ENDS, place, *words)

    async def _ended(self, name: str, found: Sequence[_StoredEnd]) -> EndedMutes | None:
        """Return what ended in a place; None where no mute of it can be read."""
        place, key = Place.parse(name), keys.MISSED.key(name)
        mutes = await self._mutes(place, [part for _, exchange, value, _ in found for part in (exchange, value)])
        readable_ids = {mute.id.encode() for mute in mutes}
        unreadable = [(exchange, value) for _, exchange, value, _ in found if _id_of(value) not in readable_ids]
        if unreadable:  # a copy was kept; they would stay the first to end for ever
            await self._forget(name, mutes=unreadable)
        missed = {fields[i].decode(): fields[i + 1] for *_, fields in found for i in range(0, len(fields), 2)}
        read = [
            await self.database.decoded(partial(decode_missed, incident), value, key, incident)
            for incident, value in missed.items()
        ]
        oldest_first = sorted(mutes, key=lambda mute: mute.since)
        return EndedMutes(place, oldest_first, [incident for incident in read if incident]) if mutes else None

    async def _mutes(self, place: Place, fields: Sequence[bytes]) -> list[Mute]:
        """Return the mutes of a place from exchanges and values in turn, that of all exchanges first."""
        key = keys.MUTES.key(str(place))
        read = [
            await self.database.decoded(partial(decode_mute, place, exchange.decode()), value, key, exchange)
            for exchange, value in zip(fields[::2], fields[1::2], strict=True)
        ]
        return sorted((mute for mute in read if mute), key=lambda mute: mute.exchange or "")

    def _now(self) -> str:
        return str(microseconds(self.clock.now())) if self.clock else ""


def _id_of(value: bytes) -> bytes:
    """Return the id in a stored mute; b"" where there is none."""
    _, _, rest = value.partition(b" ")
    return rest.partition(b" ")[2].partition(b" ")[0]
