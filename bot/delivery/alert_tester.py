"""Sends test alerts the way that real ones take, and finds out whether they arrived.

A test is queued in the outbox like any alert, and any worker delivers it, at the platform's rate and with the same
retries. Example: `/test` at 12:00:00.0 queues "TEST · no real event"; it is there at 12:00:00.4, is edited at 12:00:03
and answered by its end at 12:00:06. A mute does not stop it, for somebody has just asked for it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from uuid import uuid4

import structlog
from typing_extensions import override

from bot.domain.alert_tests import AlertTestOutcome, AlertTestResult
from bot.domain.place import Place, Platform, Subscription
from bot.domain.severity import Severity
from bot.messages.cards.alert_tests import alert_test_card, alert_test_end_card, alert_test_update_card
from bot.messages.model import Message
from bot.ports.alert_tests import AlertTester, AlertTestRecords
from bot.ports.outbox import Alert, DeliveryKind
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceTrouble, Subscriptions

log = structlog.get_logger()

_LOOKS_EVERY_S = 0.25
_WAITS_S = 6.0  # a group of Telegram gets a message every three seconds: longer than one that went just before
_NOBODY_AFTER_S = 2.0
_LIFETIME = timedelta(minutes=2)  # a test that arrives when nobody thinks of it any more would alarm people


class OutboxAlertTester(AlertTester):
    """Tests places; `served` says to which platforms some worker delivers."""

    def __init__(
        self,
        records: AlertTestRecords,
        *,
        subscriptions: Subscriptions,
        served: Callable[[], Awaitable[Collection[Platform]]],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._records = records
        self._subscriptions = subscriptions
        self._served = served
        self._clock = clock
        self._sleep = sleep

    @override
    async def run(self, place: Place, *, mention: str | None = None) -> AlertTestResult:
        if not await self._records.begin(place):
            return AlertTestResult(AlertTestOutcome.TOO_SOON)
        test, trouble = f"test:{uuid4().hex}", await self._subscriptions.trouble(place)
        opening = self._alert(test, place, DeliveryKind.POST, alert_test_card(), mention)
        await self._records.queue(opening)
        result = await self._result(opening, place, trouble)
        if result.outcome is AlertTestOutcome.ARRIVED:
            for kind, card in (
                (DeliveryKind.CLOSE, alert_test_update_card()),
                (DeliveryKind.REPLY, alert_test_end_card()),
            ):
                await self._records.queue(self._alert(test, place, kind, card))
        log.info("test alert sent", place=str(place), outcome=str(result.outcome), seconds=result.seconds)
        return result

    def _alert(self, test: str, place: Place, kind: DeliveryKind, card: Message, mention: str | None = None) -> Alert:
        now = self._clock.now()
        return Alert(
            id=f"{test}:{kind}",
            incident=test,
            severity=Severity.SEVERE,  # with the alerts that go first: whoever tests waits for it
            kind=kind,
            message=card,
            created_at=now,
            expires_at=now + _LIFETIME,
            recipients=(Subscription(place, None, mention=mention),),
            ping=mention is not None,
        )

    async def _result(self, alert: Alert, place: Place, before: PlaceTrouble | None) -> AlertTestResult:
        """Return what has become of a test after some seconds at most; `before` was wrong with the place before it."""
        waited_s = 0.0
        while waited_s < _WAITS_S:
            await self._sleep(_LOOKS_EVERY_S)
            waited_s += _LOOKS_EVERY_S
            is_over = await self._records.is_over(alert)  # asked first: what is over by then has its message
            if await self._records.message_id(alert, place):
                return AlertTestResult(AlertTestOutcome.ARRIVED, waited_s)
            trouble = await self._subscriptions.trouble(place)
            if trouble and (is_over or trouble != before):
                return _refusal(trouble, waited_s)
            if is_over:
                return AlertTestResult(AlertTestOutcome.NOT_SENT, waited_s)
            # Not asked at once: a worker that has just started says after some seconds that it delivers.
            if waited_s == _NOBODY_AFTER_S and place.platform not in await self._served():
                return AlertTestResult(AlertTestOutcome.NOBODY_DELIVERS, waited_s)
        return AlertTestResult(AlertTestOutcome.WAITING, waited_s)


def _refusal(trouble: PlaceTrouble, waited_s: float) -> AlertTestResult:
    return AlertTestResult(AlertTestOutcome.REFUSED, waited_s, trouble.obstacle, trouble.reason)
