"""One delivery to its end: sent, changed, put off, moved, dropped or given up."""

from dataclasses import replace
from datetime import timedelta

import structlog

from bot.delivery.fan_out_guard import FanOutGuard
from bot.delivery.rate_limiter import RateLimiter
from bot.delivery.store_retry import retry_until_stored
from bot.domain.errors import (
    BadMessage,
    ChatGone,
    ChatMoved,
    DeliveryError,
    NotAllowed,
    RetryLater,
    TopicClosed,
    Unreachable,
)
from bot.domain.place import Place
from bot.messages.cards.deliveries import followed_card, topic_notice
from bot.ports.chat import ChatPlatform
from bot.ports.meter import Meter
from bot.ports.outbox import Delivery, DeliveryKind, Outbox
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceTrouble, Subscriptions

log = structlog.get_logger()

_MOST_FAULTS = 12
_TROUBLED_FOR = timedelta(hours=24)
_TROUBLED_TIMES = 3
_REFUSED_PAUSE = timedelta(minutes=30)
_FAULT_PAUSE = timedelta(seconds=30)


class DeliveryAttempt:
    """Runs deliveries whose turn has come."""

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        chat: ChatPlatform,
        *,
        outbox: Outbox,
        subscriptions: Subscriptions,
        clock: Clock,
        meter: Meter,
        pacer: RateLimiter,
        guard: FanOutGuard,
    ) -> None:
        self._chat = chat
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._clock = clock
        self._meter = meter
        self._pacer = pacer
        self._guard = guard
        self.troubled: set[Place] = set()

    async def run(self, delivery: Delivery) -> bool:
        """Bring a delivery to its end and return whether the platform was asked for anything; raise nothing."""
        if not self._outbox.still_owns(delivery):
            log.info("delivery left to others", place=str(delivery.place), incident=delivery.incident)
            return False
        if self.is_over(delivery):
            await self.finish_unsent(delivery)
            return False
        try:
            await self._attempt(delivery)
        except Exception as fault:
            log.exception("delivery broke", place=str(delivery.place), incident=delivery.incident)
            await self._fault(delivery, fault)
        return True

    def is_over(self, delivery: Delivery) -> bool:
        """Return whether nobody has to be asked: it has expired, or is the end of what nobody there heard of."""
        return (
            self._has_expired(delivery)
            or (delivery.kind is DeliveryKind.REPLY and delivery.sent is None)
            or (delivery.kind is DeliveryKind.CLOSE and delivery.sent_here is None)
        )

    async def finish_unsent(self, delivery: Delivery) -> None:
        """Bring a delivery to its end that is over."""
        if self._has_expired(delivery):
            await self._expire(delivery)
        else:
            await self.drop(delivery, "nothing to change")

    async def drop(self, delivery: Delivery, reason: str) -> None:
        """Forget a delivery that is not to be sent; the reason is one of few words."""
        await retry_until_stored(lambda: self._outbox.finish(delivery, message_id=None))
        self._meter.count_delivery(delivery.place.platform, "dropped", reason)

    async def postpone(self, delivery: Delivery, seconds: float) -> None:
        """Bring a delivery back later through no fault of its own."""
        until = self._clock.now() + timedelta(seconds=seconds)
        await retry_until_stored(lambda: self._outbox.postpone(delivery, until=until, failed=False))

    def _has_expired(self, delivery: Delivery) -> bool:
        return delivery.expires_at <= self._clock.now()

    async def _attempt(self, delivery: Delivery) -> None:
        try:
            await self._send(delivery)
        except DeliveryError as error:
            await self._fail(delivery, error)
        else:
            self._guard.accepted()
            await self._clear_trouble(delivery.place)

    async def _send(self, delivery: Delivery) -> None:
        """Post, edit or reply. A place that subscribed late hears of an open incident at its next change."""
        if delivery.older:
            await self._follow(delivery, delivery.older)
        elif (there := delivery.sent_here) and delivery.kind in {DeliveryKind.EDIT, DeliveryKind.CLOSE}:
            await self._change(delivery, there)
        else:
            await self._post(delivery)

    async def _post(self, delivery: Delivery) -> None:
        """Send a new message; what it leaves behind, when it is the next of a story, is told to say so."""
        there = delivery.sent_here
        message_id = await self._chat.send(delivery.place, delivery.message, key=delivery.key, reply_to=there)
        leaves = there if delivery.kind is DeliveryKind.POST and there != message_id else None
        await self._finish(delivery, message_id, leaves=leaves)

    async def _change(self, delivery: Delivery, message_id: str) -> None:
        """Edit a message; one that was deleted, or is too old, is posted anew unless its end is all there is to say."""
        try:
            await self._chat.edit(delivery.place, message_id, delivery.message)
        except BadMessage as gone:
            log.info("message cannot be changed", place=str(delivery.place), reason=str(gone))
            if delivery.kind is DeliveryKind.CLOSE:  # the reply to it says the same
                await self.drop(delivery, "nothing to change")
            else:
                await self._post(delivery)
        else:
            await self._finish(delivery, message_id)

    async def _follow(self, delivery: Delivery, older: str) -> None:
        """Let an older message say that a newer one has followed."""
        try:
            await self._chat.edit(delivery.place, older, followed_card(delivery.message))
        except BadMessage as gone:
            log.info("message cannot be changed", place=str(delivery.place), reason=str(gone))
            await self.drop(delivery, "nothing to change")
        else:
            await retry_until_stored(lambda: self._outbox.finish(delivery, message_id=None))
            self._meter.count_delivery(delivery.place.platform, "edited")

    async def _finish(self, delivery: Delivery, message_id: str, *, leaves: str | None = None) -> None:
        await retry_until_stored(lambda: self._outbox.finish(delivery, message_id=message_id, leaves=leaves))
        self._meter.count_delivery(delivery.place.platform, "edited" if message_id == delivery.sent else "sent")

    async def _clear_trouble(self, place: Place) -> None:
        if place in self.troubled and await retry_until_stored(lambda: self._subscriptions.clear_trouble(place)):
            log.info("place healed", place=str(place))
        self.troubled.discard(place)

    async def _fail(self, delivery: Delivery, error: DeliveryError) -> None:
        await self._guard.refused(error)
        if isinstance(error, RetryLater):
            await self._retry(delivery, error)
        elif isinstance(error, ChatMoved):
            await self._move(delivery, error)
        elif isinstance(error, ChatGone):
            await self._disable(delivery, delivery.place.whole_chat, error)
        elif isinstance(error, TopicClosed):
            await self._close_topic(delivery, error)
        elif isinstance(error, NotAllowed):
            await self._note_refusal(delivery, error)
        else:
            await self._give_up(delivery, "message refused", str(error))

    async def _retry(self, delivery: Delivery, busy: RetryLater) -> None:
        """Put off for exactly as long as was asked for, else ever longer until it expires.

        Only what may arrive twice is tried again after an answer was lost; a pause of the whole bot, or one that the
        pace has earned, is no failure of the message.
        """
        if busy.rate_limited:
            self._meter.count_rate_limited(delivery.place.platform)
            await self._pacer.slow_down(delivery.place, busy)
        elif busy.whole_bot:
            self._pacer.pause_worker(busy.after)
        if busy.ambiguous and delivery.once:
            await self.drop(delivery, "may have arrived")
            return
        innocent = busy.rate_limited or busy.whole_bot
        until = self._clock.now() + busy.after * (1 if innocent else 1 << min(delivery.attempt, 6))
        await retry_until_stored(lambda: self._outbox.postpone(delivery, until=until, failed=not innocent))
        self._meter.count_delivery(delivery.place.platform, "retried", "rate limited" if busy.rate_limited else "busy")

    async def _fault(self, delivery: Delivery, fault: Exception) -> None:
        """Try again after a fault of our own, but not for ever."""
        if delivery.attempt + 1 >= _MOST_FAULTS:
            await self._give_up(delivery, f"tried {_MOST_FAULTS} times", repr(fault))
            return
        until = self._clock.now() + _FAULT_PAUSE * (1 << min(delivery.attempt, 6))
        await retry_until_stored(lambda: self._outbox.postpone(delivery, until=until))
        self._meter.count_delivery(delivery.place.platform, "retried", "fault")

    async def _move(self, delivery: Delivery, moved: ChatMoved) -> None:
        """Re-key the chat; the delivery comes back at once and finds the new address."""
        log.info("chat moved", place=str(delivery.place), to=str(moved.moved_to))
        await retry_until_stored(lambda: self._subscriptions.move(delivery.place, moved.moved_to))
        await self.postpone(delivery, 0.0)
        self._meter.count_delivery(delivery.place.platform, "retried", "moved")

    async def _close_topic(self, delivery: Delivery, closed: TopicClosed) -> None:
        """Say once per closing, where the group can read it, that a topic hears nothing; then pause it."""
        place = delivery.place
        known = await retry_until_stored(lambda: self._subscriptions.trouble(place))
        if place.thread and not (known and known.disabled):
            try:
                await self._chat.send(replace(place, thread=None), topic_notice(closed.obstacle), key=delivery.key)
            except RetryLater as busy:  # the topic is still closed when it comes back
                await self._retry(delivery, busy)
                return
            except DeliveryError as error:
                log.info("closed topic not announced", place=str(place), reason=str(error))
        await self._disable(delivery, place, closed)

    async def _disable(self, delivery: Delivery, place: Place, why: Unreachable) -> None:
        """Switch a place off; when the bot is out of a chat, that is the whole chat, so that being let in heals all."""
        log.warning("place disabled", place=str(place), obstacle=str(why.obstacle), reason=str(why))
        trouble = PlaceTrouble(place, str(why), since=self._clock.now(), disabled=True, obstacle=why.obstacle)
        await retry_until_stored(lambda: self._subscriptions.record_trouble(trouble))
        await self.drop(delivery, "place disabled")

    async def _note_refusal(self, delivery: Delivery, why: Unreachable) -> None:
        """Remember the refusal and try again later; three of them over a day disable the place."""
        place, now = delivery.place, self._clock.now()
        known = await retry_until_stored(lambda: self._subscriptions.trouble(place))
        since, failures = (known.since, known.failures + 1) if known else (now, 1)
        disabled = failures >= _TROUBLED_TIMES and now - since >= _TROUBLED_FOR
        trouble = PlaceTrouble(place, str(why), since, failures, disabled=disabled, obstacle=why.obstacle)
        await retry_until_stored(lambda: self._subscriptions.record_trouble(trouble))
        await retry_until_stored(lambda: self._outbox.postpone(delivery, until=now + _REFUSED_PAUSE))
        self._meter.count_delivery(place.platform, "retried", "not allowed")

    async def _expire(self, delivery: Delivery) -> None:
        """Drop what nobody needs to hear any more; what could not be told in time is kept for the operator."""
        if delivery.attempt:
            await self._give_up(delivery, "expired", f"tried {delivery.attempt} times")
        else:
            await self.drop(delivery, "expired")

    async def _give_up(self, delivery: Delivery, reason: str, detail: str) -> None:
        """Bury a delivery; the reason is one of few words, for it becomes a label, the detail is the platform's."""
        why = f"{reason}: {detail}"
        log.warning("delivery given up", place=str(delivery.place), incident=delivery.incident, reason=why)
        await retry_until_stored(lambda: self._outbox.give_up(delivery, why))
        self._meter.count_delivery(delivery.place.platform, "gave up", reason)
