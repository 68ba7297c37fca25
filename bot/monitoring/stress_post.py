"""Posts the card of the daily stress test, once a UTC day, in every place that has subscribed to it.

It goes through the outbox like an alert, so that a place that cannot be reached gets it later that day. Posted once,
whatever happens: the day is marked after the commit; where a worker dies in between, the next one commits again, and
what has been queued already is queued no second time. Had it been delivered long before, the message that is there is
edited, for the alert's kind is EDIT: where nothing was said of the day yet, an edit is sent as a new message.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import structlog

from bot.detection.stress import stress_result, worse_result
from bot.domain.compact_subscriptions import CompactSubscriptions
from bot.domain.severity import Severity
from bot.domain.stress import STRESS, STRESS_POST_HOUR
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.messages.cards.stress import stress_card
from bot.monitoring.subscription_slices import slices
from bot.ports.incidents import Incidents
from bot.ports.outbox import Alert, DeliveryKind
from bot.ports.sources import Clock
from bot.ports.stress import StressAnswers, StressRecords
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

_DAY = timedelta(days=1)


class StressPost:
    """Posts the card of the day; `withdrawals` are what is known of an exchange's by its id, for the grid."""

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        answers: StressAnswers,
        records: StressRecords,
        *,
        incidents: Incidents,
        subscriptions: Subscriptions,
        withdrawals: Callable[[str], ExchangeWithdrawals | None],
        clock: Clock,
    ) -> None:
        self._answers = answers
        self._records = records
        self._incidents = incidents
        self._subscriptions = subscriptions
        self._withdrawals = withdrawals
        self._clock = clock

    async def post_when_due(self) -> None:
        """Post today's card from 12:00 UTC on, unless it was posted; raise StorageError."""
        now = self._clock.now().astimezone(UTC)
        posted = await self._records.posted()
        # One of a day to come was posted by a clock that was fast, and must not end the posts until that day.
        if now.hour < STRESS_POST_HOUR or posted == now.date():
            return
        if self._answers.unread() and now.hour == STRESS_POST_HOUR:
            return  # after a start: whose turn it is may still change, so that is waited for, an hour at most
        alert = await self._alert(now)
        if alert is None:
            return
        if alert.recipients:
            await self._incidents.commit(STRESS.id, STRESS.id, None, [alert])
        await self._records.mark_posted(now.date())
        log.info("stress test posted", day=now.date().isoformat(), places=len(alert.recipients))

    async def _alert(self, now: datetime) -> Alert | None:
        """Return the card of the day for its places; None while no exchange is listed."""
        exchange = await self._answers.today()
        if exchange is None:
            return None
        facts = await self._answers.facts(exchange)
        result = worse_result(await self._answers.result_of_today(), stress_result(facts))
        card = stress_card(exchange, facts, result, self._withdrawals(exchange.id), is_today=True)
        of_day = f"{STRESS.id}:{now:%Y-%m-%d}"
        return Alert(
            id=of_day,
            incident=of_day,
            severity=Severity.WATCH,  # behind all alerts
            kind=DeliveryKind.EDIT,
            message=replace(card, silent=True),
            created_at=now,
            expires_at=datetime.combine(now.date(), time(), UTC) + _DAY,
            recipients=await self._recipients(),
            about=STRESS.id,
        )

    async def _recipients(self) -> CompactSubscriptions:
        """Return the subscriptions to the stress test itself; those to all exchanges do not mean it."""
        recipients = CompactSubscriptions()
        async for slice_ in slices(await self._subscriptions.interested_in(STRESS.id)):
            recipients.extend(subscription for subscription in slice_ if subscription.exchange == STRESS.id)
        return recipients
