"""The outbox: messages on their way, in order per place and incident, at least once.

keys.py lists the keys, lua/lanes.lua says how the order is kept.

A place gets the next message of an incident only when the one before is over. What is superseded is dropped: an edit
by anything younger but a reply, which replaces nothing; a post by a younger post, or by the end of its incident. So
nobody is told of what is over before they could be told of it. A message is edited once in five minutes at most. One
that waits for a less urgent one of the same incident lends it its urgency.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import groupby
from typing import Any

import msgspec
import structlog
from typing_extensions import override

from bot.domain.errors import StorageError
from bot.domain.place import Place, Platform
from bot.domain.severity import Severity
from bot.ports.outbox import Delivery, Outbox
from bot.ports.sources import Clock
from bot.storage import keys
from bot.storage.alert_payload import AlertPayload, decode_alert
from bot.storage.connection import Database, Word
from bot.storage.lua import script
from bot.storage.packing import microseconds, moment
from bot.storage.write_batcher import WriteBatcher

_FANOUT = keys.FANOUT.key()
_GIVEN_UP_ON = timedelta(seconds=60)  # longer than the longest send
_AT_A_TIME = 500
_BETWEEN_EDITS = timedelta(minutes=5)
_ENDS_TOGETHER, _ENDS_WITHIN = 16, 0.03  # deliveries, seconds: what ends in a moment is noted in one round trip

_Entry = tuple[int, str, str, str, str, int, str, str]
"""Priority, entry, alert, place, mention, attempts before, newest message there, older message."""
_entries = msgspec.msgpack.Decoder(list[_Entry])

log = structlog.get_logger(__name__)


class RedisOutbox(Outbox):
    """The port Outbox on Redis.

    What was taken and is not over after `idle` goes to another worker, unless this one calls `hold` meanwhile
    (`keep_holding` does, as long as it runs).
    """

    def __init__(self, database: Database, clock: Clock, *, idle: timedelta = _GIVEN_UP_ON) -> None:
        self._database = database
        self._clock = clock
        self._idle = idle
        self._in_hand: dict[str, _Receipt] = {}
        self._ours_until: dict[str, float] = {}
        self._unnoted: set[str] = set()
        self._ending = 0
        self._ends = WriteBatcher(self._note_ends, most=_ENDS_TOGETHER, within=_ENDS_WITHIN)

    @override
    async def claim(self, platform: Platform, *, limit: int, wait: timedelta) -> Sequence[Delivery]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait.total_seconds()
        while True:
            batch = await self._next(platform, limit)
            if batch.deliveries:
                return batch.deliveries
            left = timedelta(seconds=deadline - loop.time())
            if left <= timedelta():
                return ()
            pause = left if batch.due_in is None else min(left, batch.due_in)
            await self._database.news(keys.WAKE_UP.key(platform), after=batch.bell, wait=pause)

    @override
    async def finish(self, delivery: Delivery, *, message_id: str | None, leaves: str | None = None) -> None:
        """That an older message was followed by this one becomes a delivery of its own, after all others."""
        await self._finish(delivery, message_id=message_id or "", leaves=leaves or "")

    @override
    async def postpone(self, delivery: Delivery, *, until: datetime, failed: bool = True) -> None:
        """What follows in its lane waits with it."""
        receipt = _Receipt.read(delivery.receipt)
        await self._database.script(
            script("lanes", "postpone_delivery"),
            _FANOUT,
            *receipt.words(delivery),
            delivery.message.mention or "",
            delivery.attempt + failed,
            microseconds(until),
            delivery.older or "",
        )
        self._forget(delivery)

    @override
    async def give_up(self, delivery: Delivery, reason: str) -> None:
        await self._finish(delivery, reason=reason or "no reason given")

    @override
    async def depth(self) -> Mapping[tuple[Platform, Severity], int]:
        """Those that a worker has in hand count too."""
        depth: dict[tuple[Platform, Severity], int] = {}
        for severity, platform, number in (await self._backlog())[1:]:
            key = Platform(platform.decode()), Severity(severity.decode())
            depth[key] = depth.get(key, 0) + number
        return depth

    @override
    async def oldest_queued_at(self) -> datetime | None:
        created = (await self._backlog())[0]
        return moment(int(float(created))) if created else None

    @override
    def still_owns(self, delivery: Delivery) -> bool:
        if _now() < self._ours_until.get(delivery.receipt, 0.0):
            return True
        self._forget(delivery)
        return False

    async def renew_claims(self) -> None:
        """Say that what was taken here and is not over is still being worked on."""
        now = _now()
        held = [receipt for receipt in await self._set_idle(0) if receipt in self._in_hand]
        self._ours_until.update((receipt, now + self._idle.total_seconds()) for receipt in held)

    async def keep_renewing(self) -> None:
        """Call `hold` again and again, until cancelled."""
        while True:
            await asyncio.sleep(self._idle.total_seconds() / 4)
            try:
                await self.renew_claims()
            except StorageError as error:
                log.warning("deliveries in hand not held", error=str(error), number=len(self._in_hand))

    async def return_claims(self) -> None:
        """Give what was taken here and is not over to whoever takes next; for a worker that stops."""
        await self._set_idle(int(timedelta(days=1) / timedelta(milliseconds=1)))
        self._in_hand.clear()
        self._ours_until.clear()

    async def try_to_return_claims(self) -> None:
        """Hand back; while the store is away it happens by itself, a little later."""
        with suppress(StorageError):
            await self.return_claims()

    async def _next(self, platform: Platform, limit: int) -> "_TakenBatch":
        idle, now = int(self._idle / timedelta(milliseconds=1)), self._clock.now()
        words = (platform, limit, microseconds(now), idle, _BETWEEN_EDITS // timedelta(microseconds=1))
        reply: Sequence[Any] = (1,)
        asked = _now()
        while reply[0]:  # a big fan-out is queued bit by bit, so that other commands get their turn
            asked = _now()
            reply = await self._database.script(script("lanes", "take_deliveries"), _FANOUT, *words)
        _, entries, bodies, bell, due = reply
        letters = {alert.decode(): decode_alert(body) for alert, body in zip(bodies[::2], bodies[1::2], strict=True)}
        found = sorted((_taken(entry, letters) for entry in _entries.decode(entries)), key=_order)
        # What nobody held in time may come back to the very worker that is still sending it: it is not sent twice.
        taken = [
            delivery
            for delivery in found
            if delivery.receipt not in self._in_hand and delivery.receipt not in self._unnoted
        ]
        self._in_hand.update((delivery.receipt, _Receipt.read(delivery.receipt)) for delivery in found)
        self._ours_until.update((delivery.receipt, asked + self._idle.total_seconds()) for delivery in found)
        return _TakenBatch(taken, bell.decode(), moment(int(float(due))) - now if due else None)

    async def _finish(self, delivery: Delivery, *, message_id: str = "", leaves: str = "", reason: str = "") -> None:
        end = (
            *(self._in_hand.get(delivery.receipt) or _Receipt.read(delivery.receipt)).words(delivery),
            message_id,
            str(delivery.place),
            reason,
            str(microseconds(self._clock.now())),  # as a number it would be rounded there
            delivery.older or "",
            leaves,
        )
        self._unnoted.add(delivery.receipt)  # so that it is not taken again here after the store was away for long
        self._ending += 1
        try:
            await self._ends.add(end, last=self._ending >= len(self._in_hand))
        finally:
            self._ending -= 1
        self._unnoted.discard(delivery.receipt)
        self._forget(delivery)

    def _forget(self, delivery: Delivery) -> None:
        self._in_hand.pop(delivery.receipt, None)
        self._ours_until.pop(delivery.receipt, None)

    async def _note_ends(self, ends: Sequence[Sequence[Word]]) -> None:
        await self._database.script(script("lanes", "finish_deliveries"), _FANOUT, msgspec.msgpack.encode(ends))

    async def _backlog(self) -> Any:
        return await self._database.script(script("backlog"), keys.ALERTS.key(), *Platform)

    async def _set_idle(self, milliseconds: int) -> Collection[str]:
        """Say of what is in hand for certain for how long nobody has touched it, and return the receipts."""
        now = _now()
        ours = {text: receipt for text, receipt in self._in_hand.items() if now < self._ours_until[text]}
        by_stream = sorted(ours.values(), key=lambda receipt: receipt.stream)
        for stream, receipts in groupby(by_stream, key=lambda receipt: receipt.stream):
            entries = [receipt.entry for receipt in receipts]
            for start in range(0, len(entries), _AT_A_TIME):
                some = entries[start : start + _AT_A_TIME]
                await self._database.script(script("set_idle_time"), stream, milliseconds, *some)
        return ours.keys()


@dataclass(frozen=True, slots=True)
class _TakenBatch:
    """What one look at the outbox brought, where to wait for more, and when something put off is due."""

    deliveries: Sequence[Delivery]
    bell: str
    due_in: timedelta | None


@dataclass(frozen=True, slots=True)
class _Receipt:
    """Where a delivery lies: its stream's platform and priority, its entry, and the place it was queued for."""

    priority: int
    entry: str
    place: Place

    @classmethod
    def read(cls, text: str) -> "_Receipt":
        priority, entry, place = text.split(" ", 2)
        return cls(int(priority), entry, Place.parse(place))

    @override
    def __str__(self) -> str:
        return f"{self.priority} {self.entry} {self.place}"

    @property
    def stream(self) -> str:
        return keys.DELIVERIES.key(self.place.platform, self.priority)

    def words(self, delivery: Delivery) -> tuple[Word, ...]:
        """Return the arguments that the scripts for the end of a delivery begin with."""
        return self.place.platform, self.priority, self.entry, delivery.alert, delivery.incident, str(self.place)


def _order(delivery: Delivery) -> tuple[bool, int]:
    """Return how urgent a delivery is: what only tells an older message of a newer one comes last."""
    return delivery.older is not None, -delivery.severity.rank


def _taken(entry: _Entry, letters: Mapping[str, AlertPayload]) -> Delivery:
    priority, position, alert, to, mention, attempt, sent, older = entry
    place = Place.parse(to)
    letter = letters[alert]
    message = replace(letter.message, mention=mention) if mention else letter.message
    return Delivery(
        key=blake2b(f"{alert}\n{to}".encode(), digest_size=16).hexdigest(),
        receipt=str(_Receipt(priority, position, place)),
        alert=alert,
        incident=letter.incident,
        severity=letter.severity,
        kind=letter.kind,
        place=place,
        message=message,
        created_at=letter.created_at,
        expires_at=letter.expires_at,
        attempt=attempt,
        about=letter.about,
        once=letter.once,
        sent=sent or None,
        older=older or None,
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
