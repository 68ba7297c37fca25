"""Publishes alerts of Discord's announcement channels to those who follow them, where a place has set `publish on`.

It comes after the alert has arrived, is tried once, and costs the alert nothing: Discord publishes ten messages an hour
of a channel, and what it refuses stays where it was posted. A publication whose answer was lost is not repeated, for it
may have reached all who follow. What waits is in memory: with the worker it is lost.

Example: in #alerts, an announcement channel that 300 servers follow, INC-8 opens and becomes severe: both messages are
published. When INC-8 is edited, what the followers have is edited by Discord.
"""

import asyncio

import structlog

from bot.delivery.rate_limiter import RateLimiter
from bot.domain.errors import DeliveryError, RetryLater
from bot.domain.place import Place
from bot.ports.chat import ChatPlatform, PublishingPlatform
from bot.ports.meter import Meter
from bot.ports.outbox import Delivery

log = structlog.get_logger()

_MAX_WAITING = 1000
_AT_ONCE = 4  # one that gets no answer holds back few others


class Publisher:
    """Publishes what was posted on one platform; on one that publishes nothing it does nothing."""

    def __init__(self, chat: ChatPlatform, *, rate_limiter: RateLimiter, meter: Meter) -> None:
        self._chat = chat
        self._rate_limiter = rate_limiter
        self._meter = meter
        self._waiting: asyncio.Queue[tuple[Place, str]] = asyncio.Queue(_MAX_WAITING)
        self._refused: set[Place] = set()

    def add(self, delivery: Delivery, message_id: str) -> None:
        """Let a delivery be published that was sent as `message_id`, if it is to be."""
        if not delivery.publish:
            return
        try:
            self._waiting.put_nowait((delivery.place, message_id))
        except asyncio.QueueFull:
            log.info("message not published, too many wait", place=str(delivery.place))

    async def run(self) -> None:
        """Publish what waits until cancelled; what waits then, and what is under way, is left out."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_AT_ONCE):
                tasks.create_task(self._publish_waiting())

    async def _publish_waiting(self) -> None:
        while True:
            place, message_id = await self._waiting.get()
            try:
                await self._publish(place, message_id)
            except Exception:  # with this task all deliveries of the platform would end
                log.exception("publication crashed", place=str(place))

    async def _publish(self, place: Place, message_id: str) -> None:
        if not isinstance(self._chat, PublishingPlatform):
            return
        await self._take_slot()
        try:
            await self._chat.publish(place, message_id)
        except DeliveryError as refusal:
            await self._record_refusal(place, refusal)
        else:
            self._refused.discard(place)

    async def _take_slot(self) -> None:
        """Wait until the rate limiter has a send slot, and use it; another may have taken it meanwhile."""
        while True:
            wait_s = await self._rate_limiter.due_in_s(1)
            if wait_s <= 0:
                self._rate_limiter.use_slot()
                return
            await asyncio.sleep(wait_s)

    async def _record_refusal(self, place: Place, refusal: DeliveryError) -> None:
        """Say once of a place that it cannot publish, until it can again."""
        write = log.debug if place in self._refused else log.warning
        write("message not published", place=str(place), error=str(refusal))
        self._refused.add(place)
        if isinstance(refusal, RetryLater) and refusal.rate_limited:
            self._meter.count_rate_limited(self._chat.platform)
            # The limit of publications is not that of messages: the channel's next alert must not wait an hour for it.
            if refusal.whole_bot:
                await self._rate_limiter.slow_down(place, refusal)
