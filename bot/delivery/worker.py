"""Empties the outbox of one platform, as fast as the rate limiter allows.

The loop: claim from the outbox → drop what is pointless by now → wait in the send queue → when a send slot has come,
take the most urgent → make one attempt (`attempt`) → let the chat rest (1 s on Telegram, 3 s in a group). A picture
follows its text while no other text waits (`picture_poster`).

What goes next is chosen when its slot has come, not when it was claimed: a critical alert that is committed in the
middle of 20,000 others is sent with one of the next slots. What an error leads to, a 429 say, is in `retry_policy`.
"""

import asyncio
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from bot.delivery.approval_gate import ApprovalGate
from bot.delivery.attempt import DeliveryAttempt
from bot.delivery.circuit_breaker import REFUSAL_LIMITS, CircuitBreaker, RefusalLimits
from bot.delivery.mute_check import PLACE_MUTED, muted_deliveries
from bot.delivery.picture_poster import PicturePoster
from bot.delivery.place_rules import following_settings, settings_or_defaults, unwanted_by_settings
from bot.delivery.publisher import Publisher
from bot.delivery.rate_limiter import RateLimiter
from bot.delivery.send_queue import SendQueue
from bot.delivery.stored_writes import retry_until_stored
from bot.domain.errors import StorageError
from bot.domain.place_settings import PlaceSettings
from bot.domain.severity import Severity
from bot.ports.approvals import Approvals
from bot.ports.chat import ChatPlatform
from bot.ports.meter import Meter
from bot.ports.mutes import Mutes
from bot.ports.outbox import Delivery, DeliveryKind, Outbox
from bot.ports.pictures import PictureDrawer
from bot.ports.place_settings import PlaceSettingsStore
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceStatus, Subscriptions

log = structlog.get_logger()

# For a new message, which ends the wait. What a dead worker had claimed ends no wait: it is taken over so much later.
_CLAIM_WAIT = timedelta(seconds=5)
_STORE_PAUSE_S = 1.0  # before the store is asked again after it was away
_MIN_QUEUE_SIZE = 16  # enough for half a second at Telegram's 28 a second
# Of the full rate: at 950 a second the queue has room for 238, and is refilled from half of that, so that what is more
# urgent is claimed an eighth of a second later at most.
_QUEUE_S = 0.25
# What a busy chat cannot take yet comes back after 1 to 8 of its pauses, at random, so that not all come at once.
_MAX_GAPS_POSTPONED = 8
# A delivery waits in this worker for so long at most. For a longer pause it goes back to the outbox, where it can be
# superseded or expire, and where another worker may claim it.
_MAX_WAIT_S = 5.0


@dataclass(frozen=True, slots=True)
class _CheckedDelivery:
    """A claimed delivery and what is known of its place; `reason` is why it must not be sent, a label of the metric."""

    delivery: Delivery
    status: PlaceStatus
    settings: PlaceSettings
    reason: str | None
    is_pointless: bool

    @property
    def is_wanted(self) -> bool:
        """Return whether it is to be sent unless its place is muted."""
        return not self.reason and not self.is_pointless


class DeliveryWorker:
    """Delivers one platform's messages: several chats at a time, within a chat one after the other."""

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        chat: ChatPlatform,
        *,
        outbox: Outbox,
        subscriptions: Subscriptions,
        place_settings: PlaceSettingsStore,
        mutes: Mutes,
        approvals: Approvals,
        clock: Clock,
        meter: Meter,
        rate_limiter: RateLimiter | None = None,
        refusal_limits: RefusalLimits | None = None,
        drawer: PictureDrawer | None = None,
    ) -> None:
        self._platform = chat.platform
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._place_settings = place_settings
        self._clock = clock
        self._mutes = mutes
        self._rate_limiter = rate_limiter or RateLimiter(chat.platform)
        self._approval_gate = ApprovalGate(
            approvals, chat, subscriptions=subscriptions, clock=clock, rate_limiter=self._rate_limiter
        )
        limit = self._rate_limiter.limit
        self._queue = SendQueue(max(_MIN_QUEUE_SIZE, round(limit.per_second * _QUEUE_S)))
        self._pictures = PicturePoster(
            chat,
            drawer,
            queue=self._queue,
            rate_limiter=self._rate_limiter,
            subscriptions=subscriptions,
            meter=meter,
        )
        self._publisher = Publisher(chat, rate_limiter=self._rate_limiter, meter=meter)
        self._attempt = DeliveryAttempt(
            chat,
            outbox=outbox,
            subscriptions=subscriptions,
            clock=clock,
            meter=meter,
            rate_limiter=self._rate_limiter,
            circuit_breaker=CircuitBreaker(
                chat.platform,
                limits=refusal_limits or REFUSAL_LIMITS.get(chat.platform, RefusalLimits()),
                rate_limiter=self._rate_limiter,
                clock=clock,
                meter=meter,
            ),
            on_posted=self._follow_up,
        )
        self._free_attempts = asyncio.Semaphore(limit.at_once)
        self._is_stopping = asyncio.Event()
        self._store_is_away = False
        self._paused_until_s = 0.0  # on the loop's clock

    async def run(self) -> None:
        """Deliver until `stop`; attempts under way then are finished, the rest stays in the outbox."""
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(self._send_queued(tasks))
            posting_pictures = tasks.create_task(self._pictures.run())
            publishing = tasks.create_task(self._publisher.run())
            tasks.create_task(self._fill_queue(tasks))
            await self._is_stopping.wait()
            sending.cancel()
            posting_pictures.cancel()
            publishing.cancel()

    def stop(self) -> None:
        """Begin no further attempt."""
        self._is_stopping.set()
        self._queue.close()

    def _follow_up(self, delivery: Delivery, message_id: str) -> None:
        """Let what belongs to a message follow it, now that it was posted: its picture, and its publication."""
        self._pictures.add(delivery, message_id)
        self._publisher.add(delivery, message_id)

    async def _fill_queue(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._queue.has_space.wait()
            if self._is_stopping.is_set():
                return
            try:
                batch = await self._outbox.claim(
                    self._platform,
                    limit=max(1, self._queue.space),
                    wait=_CLAIM_WAIT,
                    stopping=self._is_stopping,
                )
            except StorageError as error:
                # Said once, not every second: a full disk is often the one that the log is on.
                write = log.debug if self._store_is_away else log.warning
                write("store away while delivering", platform=str(self._platform), error=str(error))
                self._store_is_away = True
                await asyncio.sleep(_STORE_PAUSE_S)
            except Exception:
                # One delivery that cannot be handled must not end all others: with this task the service would stop.
                log.exception("deliveries could not be claimed", platform=str(self._platform))
                await asyncio.sleep(_STORE_PAUSE_S)
            else:
                if self._store_is_away:
                    log.info("store back, delivering", platform=str(self._platform))
                self._store_is_away = False
                await self._queue_batch(batch, tasks)

    async def _queue_batch(self, batch: Sequence[Delivery], asking: asyncio.TaskGroup) -> None:
        """Queue what is still worth sending; end or postpone the rest. Moderators are asked by tasks of `asking`."""
        if not batch:
            return
        statuses = await retry_until_stored(
            lambda: self._subscriptions.place_statuses([(delivery.place, delivery.about) for delivery in batch])
        )
        # By the present address: settings have moved with their chat.
        settings = await settings_or_defaults(self._place_settings, [status.place for status in statuses])
        checked = [self._checked(*known) for known in zip(batch, statuses, settings, strict=True)]
        muted = await muted_deliveries(
            self._mutes, [(known.delivery, known.status) for known in checked if known.is_wanted]
        )
        async with asyncio.TaskGroup() as tasks:  # at the same time: the outbox stores such results in one request
            for known in checked:
                unmuted = muted.get(known.delivery.receipt, known.delivery)
                if ending := self._queue_or_end(known, unmuted, asking):
                    tasks.create_task(ending)

    def _checked(self, delivery: Delivery, status: PlaceStatus, settings: PlaceSettings) -> _CheckedDelivery:
        reason = _reason_to_drop(delivery, status) or unwanted_by_settings(delivery, settings)
        return _CheckedDelivery(delivery, status, settings, reason, self._attempt.is_pointless(delivery))

    def _queue_or_end(
        self, known: _CheckedDelivery, unmuted: Delivery | None, asking: asyncio.TaskGroup
    ) -> Coroutine[None, None, None] | None:
        """Queue a delivery and return None, or return the coroutine that ends or postpones it.

        `unmuted` is what a mute of the place leaves of it.
        """
        delivery, status, settings = known.delivery, known.status, known.settings
        if known.reason:
            return self._attempt.results.drop(delivery, known.reason)
        if known.is_pointless:
            return self._attempt.finish_unsent(delivery)
        if unmuted is None:
            return self._attempt.results.drop(delivery, PLACE_MUTED)
        if status.trouble:
            self._attempt.places_in_trouble.add(status.place)
        unmuted = following_settings(unmuted, settings, self._clock.now())
        # The chat may have moved since the alert was queued: the status has its present address.
        placed = unmuted if unmuted.place == status.place else replace(unmuted, place=status.place)
        if self._approval_gate.concerns(placed, settings):
            return self._queue_if_released(placed, settings, asking)
        return self._queue_or_postpone(placed)

    async def _queue_if_released(self, delivery: Delivery, settings: PlaceSettings, asking: asyncio.TaskGroup) -> None:
        """Queue what a moderator has released, or need not release; end or postpone the rest."""
        verdict = await self._approval_gate.verdict(delivery)
        if verdict.to_ask:  # it may take a while, and no other delivery waits for it
            asking.create_task(self._approval_gate.ask(delivery, verdict.to_ask, settings))
        if verdict.reason:
            await self._attempt.results.drop(delivery, verdict.reason)
        elif verdict.pause_s:
            await self._attempt.results.postpone(delivery, verdict.pause_s)
        elif ending := self._queue_or_postpone(verdict.delivery):
            await ending

    def _queue_or_postpone(self, delivery: Delivery) -> Coroutine[None, None, None] | None:
        pause_s = self._rate_limiter.pause_left_s(delivery.place.chat)
        gap_s = self._rate_limiter.limit.gap_s(delivery.place)
        if self._pause_left_s() > _MAX_WAIT_S:
            return self._attempt.results.postpone(delivery, 0.0)
        if pause_s > _MAX_WAIT_S:
            return self._attempt.results.postpone(delivery, pause_s)
        if gap_s and self._queue.is_full_for(delivery.place) and not _is_urgent(delivery):
            return self._attempt.results.postpone(delivery, gap_s * random.uniform(1, _MAX_GAPS_POSTPONED))  # noqa: S311 — spreads load, guards nothing
        self._queue.add(delivery)
        return None

    async def _send_queued(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._free_attempts.acquire()
            delivery = await self._next_delivery()
            tasks.create_task(self._run_attempt(delivery))

    async def _next_delivery(self) -> Delivery:
        """Wait for a send slot, then use it for the most urgent delivery there is by then, and return that."""
        while True:
            await self._queue.has_ready.wait()
            wait_s = await self._rate_limiter.due_in_s(len(self._queue))
            if wait_s > _MAX_WAIT_S:
                await self._pause_sending(wait_s)
            elif wait_s > 0:
                await asyncio.sleep(wait_s)
            elif delivery := self._queue.pop():
                if pause_s := self._rate_limiter.pause_left_s(delivery.place.chat):
                    await self._wait_for_chat(delivery, pause_s)
                else:
                    self._rate_limiter.use_slot()
                    return delivery

    async def _wait_for_chat(self, delivery: Delivery, pause_s: float) -> None:
        """Queue a delivery again whose chat asked for a pause meanwhile; for a long pause all of the chat's go back."""
        if pause_s <= _MAX_WAIT_S:
            self._queue.add(delivery)
        else:
            for waiting in (delivery, *self._queue.drain(delivery.place.chat)):
                await self._attempt.results.postpone(waiting, pause_s)
        self._queue.release_after(delivery.place, min(pause_s, _MAX_WAIT_S))

    async def _pause_sending(self, seconds: float) -> None:
        """Send nothing for a while; what waits goes back to the outbox, for another worker may be able to send it."""
        log.info("deliveries paused", platform=str(self._platform), seconds=round(seconds))
        self._paused_until_s = _now_s() + seconds
        self._queue.pause_filling()
        for delivery in self._queue.drain():
            await self._attempt.results.postpone(delivery, 0.0)
        await asyncio.sleep(self._pause_left_s())
        self._queue.resume_filling()

    def _pause_left_s(self) -> float:
        return max(0.0, self._paused_until_s - _now_s())

    async def _run_attempt(self, delivery: Delivery) -> None:
        platform_was_asked = False
        try:
            platform_was_asked = await self._attempt.run(delivery)
        finally:
            pause_s = self._rate_limiter.pause_left_s(delivery.place.chat)
            rest_s = max(pause_s, self._rate_limiter.limit.gap_s(delivery.place)) if platform_was_asked else 0.0
            self._queue.release_after(delivery.place, rest_s)
            self._free_attempts.release()


def _reason_to_drop(delivery: Delivery, status: PlaceStatus) -> str | None:
    """Return why a delivery must not be sent any more, as a label of the metric; None when it is to be sent."""
    if status.trouble and status.trouble.disabled:
        return "place disabled"
    if not status.subscribed:
        return "unsubscribed"
    # Only a new message is spared: who has it already must see how it goes on.
    wanted = status.subscription
    if wanted and delivery.kind is DeliveryKind.POST and delivery.severity.rank < wanted.min_severity.rank:
        return "milder than asked"
    return None


def _is_urgent(delivery: Delivery) -> bool:
    return delivery.severity.rank >= Severity.SEVERE.rank and not delivery.older


def _now_s() -> float:
    return asyncio.get_running_loop().time()
