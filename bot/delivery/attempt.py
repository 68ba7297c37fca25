"""Makes one attempt at one delivery: sends a new message, edits the one that is there, or answers it.

What happens after an error (a 429, a chat that is gone, a new try later) is decided in `retry_policy`.
"""

from collections.abc import Callable

import structlog

from bot.delivery.circuit_breaker import CircuitBreaker
from bot.delivery.rate_limiter import RateLimiter
from bot.delivery.results import DeliveryResults
from bot.delivery.retry_policy import RetryPolicy
from bot.delivery.stored_writes import retry_until_stored
from bot.domain.errors import BadMessage, DeliveryError
from bot.domain.place import Place
from bot.messages.cards.deliveries import followed_card
from bot.messages.local_times import in_local_time
from bot.ports.chat import ChatPlatform
from bot.ports.meter import Meter
from bot.ports.outbox import Delivery, DeliveryKind, EarlierMessage, Outbox
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()


class DeliveryAttempt:
    """Attempts deliveries whose turn has come.

    `results` records what becomes of one. `places_in_trouble` are the places that were refused something lately and
    are not switched off: the first message that arrives there clears their trouble. `on_posted` is called
    with a delivery that was sent as a new message, and its id there.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        chat: ChatPlatform,
        *,
        outbox: Outbox,
        subscriptions: Subscriptions,
        clock: Clock,
        meter: Meter,
        rate_limiter: RateLimiter,
        circuit_breaker: CircuitBreaker,
        on_posted: Callable[[Delivery, str], None],
    ) -> None:
        self._chat = chat
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._circuit_breaker = circuit_breaker
        self._on_posted = on_posted
        self.results = DeliveryResults(outbox, meter=meter)
        self.places_in_trouble: set[Place] = set()
        self._failures = RetryPolicy(
            chat,
            results=self.results,
            subscriptions=subscriptions,
            clock=clock,
            meter=meter,
            rate_limiter=rate_limiter,
        )

    async def run(self, delivery: Delivery) -> bool:
        """Attempt a delivery, record the result, and return whether the platform was asked; raise nothing."""
        # After a long halt of this process another worker has claimed the delivery: it would be sent twice.
        if not self._outbox.still_owns(delivery):
            log.info("delivery owned by another worker", place=str(delivery.place), incident=delivery.incident)
            return False
        if self.is_pointless(delivery):
            await self.finish_unsent(delivery)
            return False
        try:
            await self._attempt(delivery)
        except Exception as crash:
            log.exception("delivery crashed", place=str(delivery.place), incident=delivery.incident)
            await self._failures.handle_crash(delivery, crash)
        return True

    def is_pointless(self, delivery: Delivery) -> bool:
        """Return whether a delivery has expired, or ends an incident of which nothing was said in its place."""
        return (
            self._outbox.has_expired(delivery)
            or ((delivery.kind is DeliveryKind.REPLY or delivery.only_where_sent) and delivery.sent is None)
            or (delivery.kind is DeliveryKind.CLOSE and delivery.sent_here is None)
        )

    async def finish_unsent(self, delivery: Delivery) -> None:
        """End a pointless delivery; one that was tried and expired is kept for the operator, for it was missed."""
        if not self._outbox.has_expired(delivery):
            await self.results.drop(delivery, "nothing to change")
        elif delivery.attempt:
            await self.results.give_up(delivery, "expired", f"tried {delivery.attempt} times")
        else:
            log.warning("delivery expired", place=str(delivery.place), incident=delivery.incident)
            await self.results.drop(delivery, "expired")

    async def _attempt(self, delivery: Delivery) -> None:
        try:
            await self._deliver(delivery)
        except DeliveryError as error:
            await self._circuit_breaker.refused(error)
            await self._failures.handle_error(delivery, error)
        else:
            self._circuit_breaker.accepted()
            await self._clear_trouble(delivery.place)

    async def _deliver(self, delivery: Delivery) -> None:
        """Send, edit or reply. An edit is sent as a new message where nothing was said of the incident yet."""
        if delivery.older:
            await self._point_to_newer(delivery, delivery.older)
        elif (last_id := delivery.sent_here) and delivery.kind in {DeliveryKind.EDIT, DeliveryKind.CLOSE}:
            await self._edit(delivery, last_id)
        else:
            await self._send(delivery)

    async def _send(self, delivery: Delivery) -> None:
        """Send a new message, as an answer to the last one; after an escalation that one will point to it."""
        last_id = delivery.sent_here
        # A `PlatformConnection`, which passes it to the platform's listener or sender: `TelegramPlatform.send`.
        message_id = await self._chat.send(delivery.place, delivery.message, key=delivery.key, reply_to=last_id)
        superseded_id = last_id if delivery.kind is DeliveryKind.POST and last_id != message_id else None
        await self.results.record_sent(delivery, message_id, superseded_id=superseded_id)
        self._on_posted(delivery, message_id)

    async def _edit(self, delivery: Delivery, message_id: str) -> None:
        """Edit the last message; one that was deleted or is too old to be edited is sent anew."""
        try:
            await self._chat.edit(delivery.place, message_id, delivery.message)
        except BadMessage as refusal:
            _log_edit_refused(delivery, refusal)
            # The reply that follows an end says the same, and what a muted place misses is summed up later.
            if delivery.kind is DeliveryKind.CLOSE or delivery.edit_only:
                await self.results.drop(delivery, "nothing to change")
            else:
                await self._send(delivery)
        else:
            await self.results.record_sent(delivery, message_id)

    async def _point_to_newer(self, delivery: Delivery, earlier: EarlierMessage) -> None:
        """Edit an earlier message so that it keeps its text and says that a newer one has followed."""
        followed = followed_card(earlier.message, delivery.severity, delivery.created_at)
        followed = in_local_time(followed, delivery.timezone)
        try:
            await self._chat.edit(delivery.place, earlier.id, followed)
        except BadMessage as refusal:
            _log_edit_refused(delivery, refusal)
            await self.results.drop(delivery, "nothing to change")
        else:
            await self.results.record_pointer(delivery)

    async def _clear_trouble(self, place: Place) -> None:
        if place in self.places_in_trouble and await retry_until_stored(
            lambda: self._subscriptions.clear_trouble(place)
        ):
            log.info("place reachable again", place=str(place))
        self.places_in_trouble.discard(place)


def _log_edit_refused(delivery: Delivery, refusal: BadMessage) -> None:
    log.info("message cannot be edited", place=str(delivery.place), reason=str(refusal))
