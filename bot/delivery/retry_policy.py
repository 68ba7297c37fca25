"""What happens after a delivery failed: when it is tried again, and when a place is switched off.

A 429 from Telegram or Discord ends here, as a RetryLater with `rate_limited`. The chat is left alone for exactly as
long as the platform said, all workers slow down (`rate_limiter`), and the message comes back after that pause. "Retry
after 7.5 s" means 7.5 s, however often it happened before, because it was not the message's fault.

Anything else that may pass is tried again after ever longer pauses: 5 s, 10 s, 20 s … 5 min 20 s, until the alert
expires. The pause is a time stored with the message in the outbox, so any worker may make the next attempt.

`domain/errors.py` draws the tree of errors; docs/delivery.md lists every answer of the platforms.
"""

from dataclasses import replace
from datetime import timedelta

import structlog

from bot.delivery.rate_limiter import RateLimiter
from bot.delivery.results import DeliveryResults
from bot.delivery.stored_writes import retry_until_stored
from bot.domain.errors import (
    ChatGone,
    ChatMoved,
    DeliveryError,
    NotAllowed,
    RetryLater,
    TopicClosed,
    Unreachable,
)
from bot.domain.place import Place
from bot.language.translation import written_in
from bot.messages.cards.deliveries import topic_notice
from bot.ports.chat import ChatPlatform
from bot.ports.meter import Meter
from bot.ports.outbox import Delivery
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceTrouble, Subscriptions

log = structlog.get_logger()

# Pauses double with every failed attempt, six times at most: 5 s become 5 min 20 s, 30 s become 32 min. Longer ones
# would let an alert expire although the platform is back.
_MAX_DOUBLINGS = 6
_PAUSE_AFTER_CRASH = timedelta(seconds=30)
_MAX_CRASHES = 12  # with the pauses above some three hours: long enough to restart a fixed version, then it is given up
_PAUSE_AFTER_REFUSAL = timedelta(minutes=30)
# A right to write is often lost by mistake: whoever runs the chat gets a day to give it back. Three refusals make sure
# that one odd answer after a quiet day switches nothing off.
_REFUSALS_UNTIL_DISABLED = 3
_REFUSED_UNTIL_DISABLED = timedelta(hours=24)


class RetryPolicy:
    """Decides, by the kind of error, what becomes of a delivery and of its place."""

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        chat: ChatPlatform,
        *,
        results: DeliveryResults,
        subscriptions: Subscriptions,
        clock: Clock,
        meter: Meter,
        rate_limiter: RateLimiter,
    ) -> None:
        self._chat = chat
        self._results = results
        self._subscriptions = subscriptions
        self._clock = clock
        self._meter = meter
        self._rate_limiter = rate_limiter

    async def handle_error(self, delivery: Delivery, error: DeliveryError) -> None:
        """Retry, move, pause, switch off or give up, as the class of the error says."""
        if isinstance(error, RetryLater):
            await self._retry_later(delivery, error)
        elif isinstance(error, ChatMoved):
            await self._move_chat(delivery, error)
        elif isinstance(error, ChatGone):
            # The whole chat: when the bot is let in again, that brings all its topics back at once.
            await self._disable_place(delivery, delivery.place.whole_chat, error)
        elif isinstance(error, TopicClosed):
            await self._close_topic(delivery, error)
        elif isinstance(error, NotAllowed):
            await self._record_refusal(delivery, error)
        else:
            await self._results.give_up(delivery, "message refused", str(error))

    async def handle_crash(self, delivery: Delivery, crash: Exception) -> None:
        """Try again after an exception that nobody foresaw, which is our own fault, but not for ever."""
        if delivery.attempt + 1 >= _MAX_CRASHES:
            await self._results.give_up(delivery, f"tried {_MAX_CRASHES} times", repr(crash))
            return
        await self._results.retry(delivery, _doubled(_PAUSE_AFTER_CRASH, delivery.attempt), "fault")

    async def _retry_later(self, delivery: Delivery, error: RetryLater) -> None:
        if error.rate_limited:
            self._meter.count_rate_limited(delivery.place.platform)
            await self._rate_limiter.slow_down(delivery.place, error)
        elif error.whole_bot:
            self._rate_limiter.pause_worker(error.after)
        # The answer was lost, so the message may be there. An alert twice is better than none; a digest twice is not.
        if error.ambiguous and delivery.once:
            await self._results.drop(delivery, "may have arrived")
            return
        # What concerns the whole bot, or came of its speed, says nothing against this message: no longer pauses.
        failed = not (error.rate_limited or error.whole_bot)
        pause = _doubled(error.after, delivery.attempt) if failed else error.after
        await self._results.retry(delivery, pause, "rate limited" if error.rate_limited else "busy", failed=failed)

    async def _move_chat(self, delivery: Delivery, error: ChatMoved) -> None:
        """Give the chat its new address; the delivery comes back at once and is sent there."""
        log.info("chat moved", place=str(delivery.place), to=str(error.moved_to))
        await retry_until_stored(lambda: self._subscriptions.move(delivery.place, error.moved_to))
        await self._results.retry(delivery, timedelta(), "moved", failed=False)

    async def _close_topic(self, delivery: Delivery, error: TopicClosed) -> None:
        """Say in the group's General topic, once per closing, that the topic hears nothing; then switch it off."""
        place = delivery.place
        trouble = await retry_until_stored(lambda: self._subscriptions.trouble(place))
        if place.thread and not (trouble and trouble.disabled):
            with written_in(delivery.message.language):
                notice = topic_notice(error.obstacle)
            try:
                await self._chat.send(replace(place, thread=None), notice, key=delivery.key)
            except RetryLater as busy:  # the topic will still be closed when the delivery comes back
                await self._retry_later(delivery, busy)
                return
            except DeliveryError as refusal:
                log.info("closed topic not announced", place=str(place), reason=str(refusal))
        await self._disable_place(delivery, place, error)

    async def _disable_place(self, delivery: Delivery, place: Place, error: Unreachable) -> None:
        """Switch a place off; it keeps its subscriptions, and `place_recovery` looks for it again."""
        log.warning("place disabled", place=str(place), obstacle=str(error.obstacle), reason=str(error))
        trouble = PlaceTrouble(place, str(error), since=self._clock.now(), disabled=True, obstacle=error.obstacle)
        await retry_until_stored(lambda: self._subscriptions.record_trouble(trouble))
        await self._results.drop(delivery, "place disabled")

    async def _record_refusal(self, delivery: Delivery, error: NotAllowed) -> None:
        """Try again in half an hour; three refusals over at least a day switch the place off."""
        place, now = delivery.place, self._clock.now()
        earlier = await retry_until_stored(lambda: self._subscriptions.trouble(place))
        since, failures = (earlier.since, earlier.failures + 1) if earlier else (now, 1)
        disabled = failures >= _REFUSALS_UNTIL_DISABLED and now - since >= _REFUSED_UNTIL_DISABLED
        log.warning(
            "place disabled" if disabled else "message refused",
            place=str(place),
            incident=delivery.incident,
            obstacle=str(error.obstacle),
            reason=str(error),
            times=failures,
        )
        trouble = PlaceTrouble(place, str(error), since, failures, disabled=disabled, obstacle=error.obstacle)
        await retry_until_stored(lambda: self._subscriptions.record_trouble(trouble))
        await self._results.retry(delivery, _PAUSE_AFTER_REFUSAL, "not allowed")


def _doubled(pause: timedelta, attempt: int) -> timedelta:
    """Return the pause after an attempt (0 the first), twice as long after each."""
    return pause * (1 << min(attempt, _MAX_DOUBLINGS))
