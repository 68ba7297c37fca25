"""The digests in Redis: by when the next one of each place is due, and up to when the last one told.

When a place's time is changed, change_settings.lua writes the next one; when a digest was posted, advance_digests.lua
does. The worker that polls finds what is due with one command, however many places wait for theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from typing_extensions import override

from bot.domain.digest import BlindSpan, DueDigest
from bot.domain.place import Place
from bot.ports.digests import Digests, DigestStep
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.lua import script
from bot.storage.reading_encoding import microseconds, moment

_DIGESTS, _TOLD, _BLIND = keys.DIGESTS.key(), keys.DIGESTS_TOLD.key(), keys.BLIND_SPANS.key()
_BLIND_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class RedisDigests(Digests):
    """The digests of all places."""

    database: Database

    @override
    async def due(self, now: datetime, *, limit: int) -> Sequence[DueDigest]:
        found = await self.database.command(
            "ZRANGEBYSCORE", _DIGESTS, "-inf", microseconds(now), "WITHSCORES", "LIMIT", 0, limit
        )
        names, scores = found[::2], found[1::2]
        told = await self.database.command("HMGET", _TOLD, *names) if names else []
        read = [await self._due(*entry) for entry in zip(names, scores, told, strict=True)]
        return [digest for digest in read if digest]

    @override
    async def advance(self, steps: Sequence[DigestStep]) -> None:
        packed = msgspec.msgpack.encode(
            [
                (
                    str(step.digest.place),
                    str(microseconds(step.digest.due)),
                    str(microseconds(step.next_due)) if step.next_due else "",
                    _told_after(step),
                )
                for step in steps
            ]
        )
        await self.database.script(script("advance_digests"), _DIGESTS, packed)

    @override
    async def record_blind_span(self, span: BlindSpan) -> None:
        since, until = microseconds(span.since), microseconds(span.until)
        await self.database.pipeline(
            [
                ("ZADD", _BLIND, until, f"{since} {until}"),
                ("ZREMRANGEBYSCORE", _BLIND, "-inf", microseconds(span.until - _BLIND_KEPT)),
                ("EXPIRE", _BLIND, keys.BLIND_SPANS.lifetime_s),
            ]
        )

    @override
    async def blind_spans(self, since: datetime) -> Sequence[BlindSpan]:
        found = await self.database.command("ZRANGEBYSCORE", _BLIND, f"({microseconds(since)}", "+inf")
        read = [await self.database.decoded(_decode_span, member, _BLIND, member) for member in found]
        return [span for span in read if span]

    async def _due(self, name: bytes, score: bytes | float, told: bytes | None) -> DueDigest | None:
        """Return a due digest; None for what is no place, which is removed, or it would be due for ever."""
        place = await self.database.decoded(_decode_place, name, _DIGESTS, name)
        if place is None:
            await self.database.command("ZREM", _DIGESTS, name)
            return None
        told_until, left_out = await self.database.decoded(_decode_told, told or b"0 0", _TOLD, name) or (None, None)
        return DueDigest(place, moment(int(float(score))), told_until, left_out)


def _told_after(step: DigestStep) -> str:
    """Return what is kept for the next digest: up to when was told, and the first that was left out since."""
    digest = step.digest
    if step.posted:
        return f"{microseconds(digest.due)} 0"
    told_until = microseconds(digest.told_until) if digest.told_until else 0
    return f"{told_until} {microseconds(digest.left_out or digest.due)}"


def _decode_place(name: bytes) -> Place:
    return Place.parse(name.decode())


def _decode_told(told: bytes) -> tuple[datetime | None, datetime | None]:
    told_until, left_out = map(int, told.split())
    return (moment(told_until) if told_until else None), (moment(left_out) if left_out else None)


def _decode_span(member: bytes) -> BlindSpan:
    since, until = map(int, member.split())
    return BlindSpan(moment(since), moment(until))
