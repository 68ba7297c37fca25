"""Records what became of a delivery: in the outbox, until it is really stored there, and in the delivery metric."""

from datetime import timedelta

import structlog

from bot.delivery.stored_writes import retry_until_stored
from bot.ports.meter import Meter
from bot.ports.outbox import Delivery, Outbox

log = structlog.get_logger()


class DeliveryResults:
    """Ends a delivery (sent, dropped, given up) or gives it another time.

    A `reason` is a label of `runwatch_deliveries_total`: one of a few fixed phrases, never a platform's own text.
    """

    def __init__(self, outbox: Outbox, *, meter: Meter) -> None:
        self._outbox = outbox
        self._meter = meter

    async def record_sent(self, delivery: Delivery, message_id: str, *, superseded_id: str | None = None) -> None:
        """Record the message that shows the alert now; the one of `superseded_id` will be edited to point to it."""
        await retry_until_stored(lambda: self._outbox.finish(delivery, message_id=message_id, leaves=superseded_id))
        self._meter.count_delivery(delivery.place.platform, "edited" if message_id == delivery.sent else "sent")

    async def record_pointer(self, delivery: Delivery) -> None:
        """Record that an older message points to the newer one now."""
        await self._forget(delivery)
        self._meter.count_delivery(delivery.place.platform, "edited")

    async def drop(self, delivery: Delivery, reason: str) -> None:
        """Forget a delivery that is not to be sent."""
        await self._forget(delivery)
        self._meter.count_delivery(delivery.place.platform, "dropped", reason)

    async def postpone(self, delivery: Delivery, seconds: float) -> None:
        """Bring a delivery back in some seconds; it was not attempted, so this counts as no failure."""
        await self._postpone(delivery, timedelta(seconds=seconds), failed=False)

    async def retry(self, delivery: Delivery, after: timedelta, reason: str, *, failed: bool = True) -> None:
        """Bring an attempted delivery back after a while; only an attempt that `failed` makes later pauses longer."""
        await self._postpone(delivery, after, failed=failed)
        self._meter.count_delivery(delivery.place.platform, "retried", reason)

    async def give_up(self, delivery: Delivery, reason: str, detail: str) -> None:
        """Keep a delivery among those given up, where an operator finds it; `detail` may quote the platform."""
        full_reason = f"{reason}: {detail}"
        log.warning("delivery given up", place=str(delivery.place), incident=delivery.incident, reason=full_reason)
        await retry_until_stored(lambda: self._outbox.give_up(delivery, full_reason))
        self._meter.count_delivery(delivery.place.platform, "gave up", reason)

    async def _forget(self, delivery: Delivery) -> None:
        await retry_until_stored(lambda: self._outbox.finish(delivery, message_id=None))

    async def _postpone(self, delivery: Delivery, pause: timedelta, *, failed: bool) -> None:
        await retry_until_stored(lambda: self._outbox.postpone(delivery, pause=pause, failed=failed))
