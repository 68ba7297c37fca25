"""The outbox in Redis: messages on their way, in order per place and incident, each delivered at least once.

keys.py lists the keys, lua/lanes.lua says how the order is kept. A place gets the next message of an incident only when
the one before it is over. Four rules make that bearable:

- What is superseded is dropped: an edit by anything younger but a reply, which replaces nothing; a post by a younger
  post, or by the end of its incident. An incident that opens and ends while a group is unreachable is never told there.
- A message is edited once in five minutes at most; of the edits that come sooner, only the newest is sent.
- When a critical alert waits behind one of lower severity about the same incident, the other becomes as urgent.
- A worker owns what it claimed for 10 s and renews that every 2.5 s; what a dead worker had claimed goes to another.
"""

import asyncio
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import msgspec
import structlog
from typing_extensions import override

from bot.domain.errors import StorageError
from bot.domain.place import Platform
from bot.domain.severity import Severity
from bot.ports.outbox import Delivery, Outbox
from bot.ports.sources import Clock
from bot.storage import keys
from bot.storage.alert_payload import AlertPayload, decode_alert
from bot.storage.connection import Database, RedisArgument
from bot.storage.delivery_entry import Receipt, decode_entries, delivery_of, earlier_text, has_text, urgency
from bot.storage.lua import script
from bot.storage.reading_encoding import microseconds, moment
from bot.storage.write_batcher import WriteBatcher

_FANOUT = keys.FANOUT.key()
_DEAD_LETTERS = keys.DEAD_LETTERS.key()
_CLAIM_DURATION = timedelta(seconds=60)  # longer than the longest send; `open_store` renews and needs less
_ENTRIES_PER_CALL = 500  # of the script, so that other commands get their turn in between
_EDIT_INTERVAL = timedelta(minutes=5)  # figures change with every reading; nobody needs them more often
# Messages that arrive within 30 ms, 16 at most, are finished in one round trip.
_FINISH_BATCH_MAX, _FINISH_BATCH_WAIT_S = 16, 0.03
_MILLISECOND, _MICROSECOND = timedelta(milliseconds=1), timedelta(microseconds=1)
# An entry that seems idle for a day is anybody's at once.
_RETURNED = timedelta(days=1)

log = structlog.get_logger(__name__)


class RedisOutbox(Outbox):
    """The outbox as one worker sees it: what it claimed and has not finished is in `_claims`, by receipt.

    A claim ends after `idle`, and another worker gets the delivery, unless `renew_claims` is called meanwhile
    (`keep_renewing` does that as long as it runs).

    What is due and what has expired is judged by the server's clock, so that the clocks of workers do not matter. A
    simulation gives its own `clock`, by which hours pass in seconds.
    """

    def __init__(self, database: Database, clock: Clock | None = None, *, idle: timedelta = _CLAIM_DURATION) -> None:
        self._database = database
        self._clock = clock
        self._idle = idle
        self._claims: dict[str, Receipt] = {}
        self._claimed_until_s: dict[str, float] = {}  # on the event loop's clock, as the next
        self._expires_at_s: dict[str, float] = {}
        self._unwritten_ends: set[str] = set()
        self._ends_in_progress = 0
        self._end_batcher = WriteBatcher(
            self._write_ends, max_records=_FINISH_BATCH_MAX, max_wait_s=_FINISH_BATCH_WAIT_S
        )

    @override
    async def claim(
        self, platform: Platform, *, limit: int, wait: timedelta, stopping: asyncio.Event | None = None
    ) -> Sequence[Delivery]:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait.total_seconds()
        while True:
            batch = await self._claim_batch(platform, limit)
            if batch.deliveries:
                return batch.deliveries
            left = timedelta(seconds=deadline - loop.time())
            if left <= timedelta() or (stopping and stopping.is_set()):
                return ()
            pause = left if batch.next_due_in is None else min(left, batch.next_due_in)
            is_woken = await self._database.wait_for_entry(
                keys.WAKE_UP.key(platform), after=batch.newest_wake_up, wait=pause, stopping=stopping
            )
            if not is_woken and pause == left:
                return ()  # the whole wait is over: what a dead worker had claimed is found by the next call

    @override
    async def finish(self, delivery: Delivery, *, message_id: str | None, leaves: str | None = None) -> None:
        # The edit of the message that this one leaves behind is a delivery of its own, after all others.
        await self._end(delivery, message_id=message_id or "", leaves=leaves or "")

    @override
    async def postpone(self, delivery: Delivery, *, pause: timedelta, failed: bool = True) -> None:
        # What follows in its lane waits with it.
        await self._database.script(
            script("lanes", "postpone_delivery"),
            _FANOUT,
            *Receipt.parse(delivery.receipt).script_arguments(delivery),
            delivery.message.mention or "",
            delivery.attempt + failed,
            pause // _MICROSECOND,
            earlier_text(delivery),
            self._simulated_now(),
        )
        self._forget(delivery)

    @override
    async def give_up(self, delivery: Delivery, reason: str) -> None:
        await self._end(delivery, reason=reason or "no reason given")

    @override
    async def given_up_since(self, at: datetime) -> int:
        # The id of an entry is the time at which it was added, in milliseconds of the server's clock.
        return len(await self._database.command("XRANGE", _DEAD_LETTERS, int(at.timestamp() * 1000), "+"))

    @override
    async def depth(self) -> Mapping[tuple[Platform, Severity], int]:
        # Deliveries that a worker has claimed count, too.
        depth: dict[tuple[Platform, Severity], int] = {}
        for severity, platform, number in (await self._backlog())[1:]:
            key = Platform(platform.decode()), Severity(severity.decode())
            depth[key] = depth.get(key, 0) + number
        return depth

    @override
    async def oldest_queued_at(self) -> datetime | None:
        created_us = (await self._backlog())[0]
        return moment(int(float(created_us))) if created_us else None

    async def front_entries(self, platforms: Iterable[Platform]) -> Mapping[Platform, Sequence[str]]:
        """Return the oldest entry of each queue of some platforms, taken or not; raise StorageError.

        An entry leaves its queue when it is sent, or postponed, so the oldest is soon another one while messages go
        out.
        """
        streams = [
            (platform, keys.DELIVERIES.key(platform, priority)) for platform in platforms for priority in range(3)
        ]
        replies = await self._database.pipeline([("XRANGE", stream, "-", "+", "COUNT", 1) for _, stream in streams])
        front: dict[Platform, list[str]] = {}
        for (platform, stream), entries in zip(streams, replies, strict=True):
            front.setdefault(platform, []).extend(f"{stream} {entry_id.decode()}" for entry_id, _ in entries)
        return front

    @override
    def has_expired(self, delivery: Delivery) -> bool:
        if self._clock:
            return delivery.expires_at <= self._clock.now()
        return _loop_time() >= self._expires_at_s.get(delivery.receipt, math.inf)

    @override
    def still_owns(self, delivery: Delivery) -> bool:
        if _loop_time() < self._claimed_until_s.get(delivery.receipt, 0.0):
            return True
        self._forget(delivery)
        return False

    async def renew_claims(self) -> None:
        """Renew the claim of everything that is claimed here and has not ended; raise StorageError."""
        # The claims last from before the call: how long the reply took is not known to the server.
        until_s = _loop_time() + self._idle.total_seconds()
        renewed = [receipt for receipt in await self._set_idle_time(timedelta()) if receipt in self._claims]
        self._claimed_until_s.update((receipt, until_s) for receipt in renewed)

    async def keep_renewing(self) -> None:
        """Renew the claims four times as often as they end, until cancelled."""
        while True:
            await asyncio.sleep(self._idle.total_seconds() / 4)
            try:
                await self.renew_claims()
            except StorageError as error:
                log.warning("claims of deliveries not renewed", error=str(error), number=len(self._claims))

    async def return_claims(self) -> None:
        """Make everything claimed here anybody's at once, for a worker that stops; raise StorageError."""
        await self._set_idle_time(_RETURNED)
        self._claims.clear()
        self._claimed_until_s.clear()
        self._expires_at_s.clear()

    async def try_to_return_claims(self) -> None:
        """Return the claims; while the store is away they end by themselves, a little later."""
        with suppress(StorageError):
            await self.return_claims()

    async def _claim_batch(self, platform: Platform, limit: int) -> "_ClaimedBatch":
        arguments = (platform, limit, self._simulated_now(), self._idle // _MILLISECOND, _EDIT_INTERVAL // _MICROSECOND)
        reply: Sequence[Any] = (1,)
        sent_at_s = _loop_time()
        while reply[0]:  # a big fan-out is queued bit by bit, so that other commands get their turn in between
            sent_at_s = _loop_time()
            reply = await self._database.script(script("lanes", "claim_deliveries"), _FANOUT, *arguments)
        _, entries, bodies, newest_wake_up, due_us, now_us = reply
        payloads = await self._payloads(bodies)
        expires_us = {alert.decode(): expiry for alert, expiry in zip(bodies[::3], bodies[2::3], strict=True)}
        # What an unreadable alert was to say is known to nobody: its entries are claimed five times and given up then.
        readable = [entry for entry in decode_entries(entries) if has_text(entry, payloads)]
        claimed = sorted((delivery_of(entry, payloads) for entry in readable), key=urgency)
        # When a claim was not renewed in time, the delivery may come back to the very worker that is still sending it,
        # or that sent it while the store was away: it is not sent twice.
        deliveries = [
            delivery
            for delivery in claimed
            if delivery.receipt not in self._claims and delivery.receipt not in self._unwritten_ends
        ]
        until_s = sent_at_s + self._idle.total_seconds()
        self._claims.update((delivery.receipt, Receipt.parse(delivery.receipt)) for delivery in claimed)
        self._claimed_until_s.update((delivery.receipt, until_s) for delivery in claimed)
        now = int(now_us)
        for delivery in claimed:
            left_us = int(expires_us[delivery.alert] or microseconds(delivery.expires_at)) - now
            self._expires_at_s[delivery.receipt] = sent_at_s + left_us / 1e6
        next_due_in = (int(float(due_us)) - now) * _MICROSECOND if due_us else None
        return _ClaimedBatch(deliveries, newest_wake_up.decode(), next_due_in)

    async def _payloads(self, bodies: Sequence[bytes]) -> Mapping[str, AlertPayload]:
        """Return the alerts that can be read, by id; `bodies` are ids, texts and ends of life in turn."""
        read = {
            alert.decode(): await self._database.decoded(decode_alert, body, keys.ALERT.key(alert.decode()), "body")
            for alert, body in zip(bodies[::3], bodies[1::3], strict=True)
        }
        return {alert: payload for alert, payload in read.items() if payload}

    async def _end(self, delivery: Delivery, *, message_id: str = "", leaves: str = "", reason: str = "") -> None:
        receipt = self._claims.get(delivery.receipt) or Receipt.parse(delivery.receipt)
        end = (
            *receipt.script_arguments(delivery),
            message_id,
            str(delivery.place),
            reason,
            self._simulated_now(),
            earlier_text(delivery),
            leaves,
        )
        self._unwritten_ends.add(delivery.receipt)
        self._ends_in_progress += 1
        try:
            await self._end_batcher.add(end, is_last=self._ends_in_progress >= len(self._claims))
        finally:
            self._ends_in_progress -= 1
        self._unwritten_ends.discard(delivery.receipt)
        self._forget(delivery)

    def _forget(self, delivery: Delivery) -> None:
        for of_claims in (self._claims, self._claimed_until_s, self._expires_at_s):
            of_claims.pop(delivery.receipt, None)

    def _simulated_now(self) -> str:
        """Return the present of a simulation, "" for that of the server; as text, because Lua would round a number."""
        return str(microseconds(self._clock.now())) if self._clock else ""

    async def _write_ends(self, ends: Sequence[Sequence[RedisArgument]]) -> None:
        await self._database.script(script("lanes", "finish_deliveries"), _FANOUT, msgspec.msgpack.encode(ends))

    async def _backlog(self) -> Any:
        return await self._database.script(script("backlog"), keys.ALERTS.key(), *Platform)

    async def _set_idle_time(self, idle: timedelta) -> Collection[str]:
        """Set how long each claimed entry seems to be idle, and return the receipts.

        Claims that may have ended are left out: the entries may be another worker's.
        """
        now_s = _loop_time()
        owned = {text: receipt for text, receipt in self._claims.items() if now_s < self._claimed_until_s[text]}
        by_stream = sorted(owned.values(), key=lambda receipt: receipt.stream)
        for stream, receipts in groupby(by_stream, key=lambda receipt: receipt.stream):
            entries = [receipt.entry for receipt in receipts]
            for start in range(0, len(entries), _ENTRIES_PER_CALL):
                batch = entries[start : start + _ENTRIES_PER_CALL]
                await self._database.script(script("set_idle_time"), stream, idle // _MILLISECOND, *batch)
        return owned.keys()


@dataclass(frozen=True, slots=True)
class _ClaimedBatch:
    """What one call of the script handed out.

    When that is nothing, `newest_wake_up` is the entry to wait behind, and `next_due_in` the time until a postponed
    delivery is due (None: there is none).
    """

    deliveries: Sequence[Delivery]
    newest_wake_up: str
    next_due_in: timedelta | None


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
