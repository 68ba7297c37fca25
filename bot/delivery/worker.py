"""Empties the outbox at a platform's pace; what goes next is chosen when its turn has come, not before."""

import asyncio
import random
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.delivery.attempt import DeliveryAttempt
from bot.delivery.circuit_breaker import REFUSAL_LIMITS, CircuitBreaker, RefusalLimits
from bot.delivery.fan_out_guard import FanOutGuard, TellOperator
from bot.delivery.rate_limiter import RateLimiter
from bot.delivery.send_queue import SendQueue
from bot.delivery.store_retry import retry_until_stored
from bot.domain.errors import StorageError
from bot.domain.severity import Severity
from bot.ports.chat import ChatPlatform
from bot.ports.meter import Meter
from bot.ports.outbox import Delivery, DeliveryKind, Outbox
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceStatus, Subscriptions

log = structlog.get_logger()

_WAIT = timedelta(seconds=0.5)  # also how long a courier that is told to stop may wait for nothing
_STORE_PAUSE = 1.0
_SMALLEST_QUEUE = 16
_QUEUE_SECONDS = 0.25  # of the full pace: half of it may pass before something more urgent is fetched
_SPREAD = 8  # gaps over which what a busy chat cannot take yet comes back
_LONGEST_WAIT_S = 5.0  # seconds that a taken delivery may wait; after that it is looked at anew


class DeliveryWorker:
    """Delivers one platform's messages: several chats at a time, each chat one after the other.

    A message taken from the outbox waits a moment only; one whose chat, or the whole bot, has to pause for longer goes
    back, so that it is dropped if it is superseded meanwhile.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        chat: ChatPlatform,
        *,
        outbox: Outbox,
        subscriptions: Subscriptions,
        clock: Clock,
        meter: Meter,
        pacer: RateLimiter | None = None,
        breaker: CircuitBreaker | None = None,
        tell: TellOperator | None = None,
    ) -> None:
        self._platform = chat.platform
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._clock = clock
        self._meter = meter
        self._pacer = pacer or RateLimiter(chat.platform)
        self._errand = DeliveryAttempt(
            chat,
            outbox=outbox,
            subscriptions=subscriptions,
            clock=clock,
            meter=meter,
            pacer=self._pacer,
            guard=FanOutGuard(
                chat.platform,
                breaker=breaker or CircuitBreaker(REFUSAL_LIMITS.get(chat.platform, RefusalLimits())),
                pacer=self._pacer,
                clock=clock,
                meter=meter,
                tell=tell,
            ),
        )
        pace = self._pacer.limit
        self._room = SendQueue(max(_SMALLEST_QUEUE, round(pace.per_second * _QUEUE_SECONDS)))
        self._hands = asyncio.Semaphore(pace.at_once)
        self._stopping = asyncio.Event()
        self._stands_until: float | None = None

    async def run(self) -> None:
        """Deliver until told to stop; what is under way then is finished, the rest stays in the outbox."""
        async with asyncio.TaskGroup() as tasks:
            serving = tasks.create_task(self._serve(tasks))
            tasks.create_task(self._fill())
            await self._stopping.wait()
            serving.cancel()

    def stop(self) -> None:
        """Begin nothing more."""
        self._stopping.set()
        self._room.close()

    async def _fill(self) -> None:
        """Fetch what may go next, whenever there is room."""
        while True:
            await self._room.has_space.wait()
            if self._stopping.is_set():
                return
            try:
                batch = await self._outbox.claim(self._platform, limit=max(1, self._room.space), wait=_WAIT)
            except StorageError as error:
                log.warning("store away while delivering", platform=str(self._platform), error=str(error))
                await asyncio.sleep(_STORE_PAUSE)
            else:
                await self._admit(batch)

    async def _admit(self, batch: Sequence[Delivery]) -> None:
        """Let those wait here that are still worth sending; what its chat is not ready for soon goes back."""
        if not batch:
            return
        standings = await retry_until_stored(
            lambda: self._subscriptions.place_statuses([(delivery.place, delivery.about) for delivery in batch])
        )
        async with asyncio.TaskGroup() as tasks:  # what ends here is noted together, not one after the other
            for delivery, standing in zip(batch, standings, strict=True):
                if ending := self._admit_one(delivery, standing):
                    tasks.create_task(ending)

    def _admit_one(self, delivery: Delivery, standing: PlaceStatus) -> Coroutine[None, None, None] | None:
        """Let a delivery wait here and return None; else return what brings it to its end, or back."""
        if reason := _why_not(delivery, standing):
            return self._errand.drop(delivery, reason)
        if self._errand.is_over(delivery):
            return self._errand.finish_unsent(delivery)
        if standing.trouble:
            self._errand.troubled.add(standing.place)
        return self._seat(delivery if delivery.place == standing.place else replace(delivery, place=standing.place))

    def _seat(self, delivery: Delivery) -> Coroutine[None, None, None] | None:
        pause = self._pacer.pause_of(delivery.place.chat)
        gap = self._pacer.limit.gap(delivery.place)
        if self._stands_for() > _LONGEST_WAIT_S:
            return self._errand.postpone(delivery, 0.0)
        if pause > _LONGEST_WAIT_S:
            return self._errand.postpone(delivery, pause)
        if gap and self._room.is_full_for(delivery.place) and not _is_urgent(delivery):
            return self._errand.postpone(delivery, gap * random.uniform(1, _SPREAD))  # noqa: S311 — so that few come back at a time
        self._room.add(delivery)
        return None

    async def _serve(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._hands.acquire()
            delivery = await self._choose()
            tasks.create_task(self._run(delivery))

    async def _choose(self) -> Delivery:
        """Wait for a turn, then return the most urgent delivery there is by then."""
        while True:
            await self._room.has_ready.wait()
            wait = await self._pacer.due_in(len(self._room))
            if wait > _LONGEST_WAIT_S:
                await self._stand_still(wait)
            elif wait > 0:
                await asyncio.sleep(wait)
            elif (delivery := self._room.pop()) and await self._may_be_spoken_to(delivery):
                self._pacer.use_slot()
                return delivery

    async def _may_be_spoken_to(self, delivery: Delivery) -> bool:
        """Return whether a chat asked for no pause meanwhile; else its deliveries wait, or go back."""
        pause = self._pacer.pause_of(delivery.place.chat)
        if pause == 0:
            return True
        if pause <= _LONGEST_WAIT_S:
            self._room.add(delivery)
        else:
            for one in (delivery, *self._room.drain(delivery.place.chat)):
                await self._errand.postpone(one, pause)
        self._room.release_after(delivery.place, min(pause, _LONGEST_WAIT_S))
        return False

    async def _stand_still(self, seconds: float) -> None:
        """Send nothing for a while; what waits here goes back, for another worker may be able to send it."""
        log.info("deliveries pause", platform=str(self._platform), seconds=round(seconds))
        self._stands_until = _now() + seconds
        self._room.pause(still=True)
        for delivery in self._room.drain():
            await self._errand.postpone(delivery, 0.0)
        await asyncio.sleep(self._stands_for())
        self._room.pause(still=False)

    def _stands_for(self) -> float:
        return max(0.0, (self._stands_until or 0.0) - _now())

    async def _run(self, delivery: Delivery) -> None:
        asked = False
        try:
            asked = await self._errand.run(delivery)
        finally:
            pause = self._pacer.pause_of(delivery.place.chat)
            self._room.release_after(
                delivery.place, max(pause, self._pacer.limit.gap(delivery.place)) if asked else 0.0
            )
            self._hands.release()


def _why_not(delivery: Delivery, standing: PlaceStatus) -> str | None:
    """Return why a delivery is not to be sent any more, in few words; None when it is."""
    if standing.trouble and standing.trouble.disabled:
        return "place disabled"
    if not standing.subscribed:
        return "unsubscribed"
    wish = standing.subscription
    if wish and delivery.kind is DeliveryKind.POST and delivery.severity.rank < wish.min_severity.rank:
        return "muted"
    return None


def _is_urgent(delivery: Delivery) -> bool:
    return delivery.severity.rank >= Severity.SEVERE.rank and not delivery.older


def _now() -> float:
    return asyncio.get_running_loop().time()
