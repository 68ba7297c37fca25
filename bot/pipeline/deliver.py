"""Empties the outbox at a platform's pace: send, postpone, move, give up."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.domain.errors import (
    BadMessage,
    ChatGone,
    ChatMoved,
    NotAllowed,
    RetryLater,
    StorageError,
    TopicClosed,
    Unreachable,
)
from bot.domain.place import Place
from bot.messages.model import Message
from bot.pipeline.pace import PACES, Pacer
from bot.ports import ChatPlatform, Clock, Delivery, DeliveryKind, Meter, Outbox, PlaceTrouble, Subscriptions

log = structlog.get_logger()

_AT_ONCE = 16
_WAIT = timedelta(seconds=1)
_MOST_TRIES = 12
_TROUBLED_FOR = timedelta(hours=24)
_TROUBLED_TIMES = 3
_STORE_PAUSE = 1.0
_REFUSED_PAUSE = timedelta(minutes=30)
_FAULT_PAUSE = timedelta(seconds=30)


class Courier:
    """Delivers one platform's messages: several places at a time, each place in order."""

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        chat: ChatPlatform,
        *,
        outbox: Outbox,
        subscriptions: Subscriptions,
        clock: Clock,
        meter: Meter,
        pacer: Pacer | None = None,
    ) -> None:
        self._chat = chat
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._clock = clock
        self._meter = meter
        self._pacer = pacer or Pacer(PACES[chat.platform])
        self._stopping = False

    async def run(self) -> None:
        """Deliver until told to stop; what is under way then is finished, the rest stays queued."""
        while not self._stopping:
            try:
                await self.deliver_waiting(wait=_WAIT)
            except StorageError as error:
                log.warning("store away while delivering", platform=str(self._chat.platform), error=str(error))
                await asyncio.sleep(_STORE_PAUSE)

    def stop(self) -> None:
        """Take no more from the outbox."""
        self._stopping = True

    async def deliver_waiting(self, *, wait: timedelta = timedelta()) -> int:
        """Deliver one batch and return how many there were; raise StorageError."""
        batch = await self._outbox.take(self._chat.platform, limit=_AT_ONCE, wait=wait)
        by_place: defaultdict[Place, list[Delivery]] = defaultdict(list)
        for delivery in batch:
            by_place[delivery.place].append(delivery)
        # Everybody's turn comes to its end before a store that is away stops the round.
        ends = await asyncio.gather(*map(self._deliver_in_order, by_place.values()), return_exceptions=True)
        for fault in ends:
            if fault:
                raise fault
        return len(batch)

    async def _deliver_in_order(self, deliveries: Sequence[Delivery]) -> None:
        for delivery in deliveries:
            try:
                await self._deliver(delivery)
            except StorageError:
                raise
            except Exception as fault:
                log.exception("delivery broke", place=str(delivery.place), incident=delivery.incident)
                await self._retry(delivery, RetryLater(f"a fault of our own: {fault!r}", after=_FAULT_PAUSE))

    async def _deliver(self, delivery: Delivery) -> None:
        reason = await self._why_not(delivery)
        if reason:
            await self._drop(delivery, reason)
            return
        await self._pacer.turn(delivery.place)
        try:
            await self._send(delivery)
        except RetryLater as busy:
            await self._retry(delivery, busy)
        except ChatMoved as moved:
            await self._move(delivery, moved)
        except ChatGone as gone:
            await self._disable(delivery, delivery.place.whole_chat, gone)
        except TopicClosed as closed:
            await self._disable(delivery, delivery.place, closed)
        except NotAllowed as refused:
            await self._note_refusal(delivery, refused)
        except BadMessage as bad:
            await self._give_up(delivery, "message refused", str(bad))

    async def _why_not(self, delivery: Delivery) -> str | None:
        if delivery.expires_at <= self._clock.now():
            return "expired"
        trouble = await self._subscriptions.trouble(delivery.place)
        return "place disabled" if trouble and trouble.disabled else None

    async def _send(self, delivery: Delivery) -> None:
        """Post, edit or reply. A place that subscribed late hears of an open incident at its next change."""
        place, message = delivery.place, delivery.message
        sent = await self._outbox.sent_message(delivery.incident, place)
        if delivery.kind in {DeliveryKind.CLOSE, DeliveryKind.REPLY} and sent is None:
            await self._drop(delivery, "nothing to change")
            return
        changed = sent if delivery.kind in {DeliveryKind.EDIT, DeliveryKind.CLOSE} else None
        if changed is None or not await self._edited(place, changed, message):
            changed = await self._chat.send(place, message, key=delivery.key, reply_to=sent)
        await self._outbox.done(delivery, message_id=changed)
        self._meter.delivered(place.platform, "edited" if changed == sent else "sent")
        if await self._subscriptions.clear_trouble(place):
            log.info("place healed", place=str(place))

    async def _edited(self, place: Place, message_id: str, message: Message) -> bool:
        """Return whether a message could be changed: one that was deleted, or is too old, cannot."""
        try:
            await self._chat.edit(place, message_id, message)
        except BadMessage as gone:
            log.info("message posted anew", place=str(place), reason=str(gone))
            return False
        return True

    async def _retry(self, delivery: Delivery, busy: RetryLater) -> None:
        if busy.rate_limited:
            self._meter.rate_limited(delivery.place.platform)
        elif delivery.attempt + 1 >= _MOST_TRIES:
            await self._give_up(delivery, f"tried {_MOST_TRIES} times", str(busy))
            return
        if busy.whole_bot:
            self._pacer.hold_back(busy.after.total_seconds())
        self._meter.delivered(delivery.place.platform, "retried", "rate limited" if busy.rate_limited else "busy")
        await self._outbox.postpone(delivery, until=self._clock.now() + busy.after * _growth(delivery, busy))

    async def _move(self, delivery: Delivery, moved: ChatMoved) -> None:
        log.info("chat moved", place=str(delivery.place), to=str(moved.moved_to))
        await self._subscriptions.move(delivery.place, moved.moved_to)
        await self._deliver(replace(delivery, place=moved.moved_to))

    async def _disable(self, delivery: Delivery, place: Place, why: Unreachable) -> None:
        """Switch a place off; when the bot is out of a chat, that is the whole chat, so that being let in heals all."""
        log.warning("place disabled", place=str(place), obstacle=str(why.obstacle), reason=str(why))
        trouble = PlaceTrouble(place, str(why), since=self._clock.now(), disabled=True, obstacle=why.obstacle)
        await self._subscriptions.note_trouble(trouble)
        await self._drop(delivery, "place disabled")

    async def _note_refusal(self, delivery: Delivery, why: Unreachable) -> None:
        """Remember the refusal and try again later; three of them over a day disable the place."""
        now = self._clock.now()
        known = await self._subscriptions.trouble(delivery.place)
        since, failures = (known.since, known.failures + 1) if known else (now, 1)
        disabled = failures >= _TROUBLED_TIMES and now - since >= _TROUBLED_FOR
        trouble = PlaceTrouble(delivery.place, str(why), since, failures, disabled=disabled, obstacle=why.obstacle)
        await self._subscriptions.note_trouble(trouble)
        self._meter.delivered(delivery.place.platform, "retried", "not allowed")
        await self._outbox.postpone(delivery, until=now + _REFUSED_PAUSE)

    async def _drop(self, delivery: Delivery, reason: str) -> None:
        await self._outbox.done(delivery, message_id=None)
        self._meter.delivered(delivery.place.platform, "dropped", reason)

    async def _give_up(self, delivery: Delivery, reason: str, detail: str) -> None:
        """Bury a delivery; the reason is one of few words, for it becomes a label, the detail is the platform's."""
        why = f"{reason}: {detail}"
        log.warning("delivery given up", place=str(delivery.place), incident=delivery.incident, reason=why)
        await self._outbox.bury(delivery, why)
        self._meter.delivered(delivery.place.platform, "gave up", reason)


def _growth(delivery: Delivery, busy: RetryLater) -> int:
    """Return the factor on a pause: exactly what a rate limit asked for, else doubling up to 64-fold."""
    return 1 if busy.rate_limited else 1 << min(delivery.attempt, 6)
