"""Posts the card of the daily stress test, once a UTC day, in every place that has subscribed to it, in its language.

It goes through the outbox like an alert, so that a place that cannot be reached gets it later that day. Posted once,
whatever happens: the day is marked after the commit; where a worker dies in between, the next one commits again, and
what has been queued already is queued no second time. Had it been delivered long before, the message that is there is
edited, for the alert's kind is EDIT: where nothing was said of the day yet, an edit is sent as a new message.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import structlog

from bot.detection.stress import stress_result, worse_result
from bot.domain.compact_subscriptions import CompactSubscriptions
from bot.domain.exchange import Exchange
from bot.domain.severity import Severity
from bot.domain.stress import STRESS, STRESS_POST_HOUR
from bot.domain.withdrawals import ExchangeWithdrawals
from bot.language.languages import ENGLISH
from bot.language.translation import written_in
from bot.messages.cards.stress import stress_card
from bot.messages.model import Message
from bot.monitoring.place_languages import place_languages
from bot.monitoring.subscription_slices import slices
from bot.ports.incidents import Incidents
from bot.ports.outbox import Alert, DeliveryKind
from bot.ports.place_settings import PlaceSettingsStore
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
        place_settings: PlaceSettingsStore,
        withdrawals: Callable[[str], ExchangeWithdrawals | None],
        clock: Clock,
    ) -> None:
        self._answers = answers
        self._records = records
        self._incidents = incidents
        self._subscriptions = subscriptions
        self._place_settings = place_settings
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
        exchange = await self._answers.today()
        if exchange is None:  # while none is listed
            return
        alerts = await self._alerts(exchange, now)
        if alerts:
            await self._incidents.commit(STRESS.id, STRESS.id, None, alerts)
        await self._records.mark_posted(now.date())
        places = sum(len(alert.recipients) for alert in alerts)
        log.info("stress test posted", day=now.date().isoformat(), places=places)

    async def _alerts(self, exchange: Exchange, now: datetime) -> list[Alert]:
        """Return the card of the day for its places, once in each of their languages."""
        facts = await self._answers.facts(exchange)
        result = worse_result(await self._answers.result_of_today(), stress_result(facts))
        withdrawals = self._withdrawals(exchange.id)
        alerts = []
        for language, recipients in (await self._recipients()).items():
            with written_in(language):
                card = stress_card(exchange, facts, result, withdrawals, is_today=True)
            alerts.append(_alert(card, recipients, now))
        return alerts

    async def _recipients(self) -> Mapping[str, CompactSubscriptions]:
        """Return the subscriptions to the stress test itself by language; those to all exchanges do not mean it."""
        languages = await place_languages(self._place_settings)
        recipients: defaultdict[str, CompactSubscriptions] = defaultdict(CompactSubscriptions)
        async for slice_ in slices(await self._subscriptions.interested_in(STRESS.id)):
            for subscription in slice_:
                if subscription.exchange == STRESS.id:
                    recipients[languages.get(subscription.place, ENGLISH)].add(subscription)
        return recipients


def _alert(card: Message, recipients: CompactSubscriptions, now: datetime) -> Alert:
    """Return the card of a day for the places that read its language."""
    of_day = f"{STRESS.id}:{now:%Y-%m-%d}"
    return Alert(
        id=of_day if card.language == ENGLISH else f"{of_day}-{card.language}",
        incident=of_day,
        severity=Severity.WATCH,  # behind all alerts
        kind=DeliveryKind.EDIT,
        message=replace(card, silent=True),
        created_at=now,
        expires_at=datetime.combine(now.date(), time(), UTC) + _DAY,
        recipients=recipients,
        about=STRESS.id,
    )
