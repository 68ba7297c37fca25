"""One look at one exchange: readings, signal, step, and one commit of incident and mail together."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog

from bot.alerting.lifecycle import Policy, advance
from bot.alerting.routing import audience
from bot.detectors.outflow import grade
from bot.domain.exchange import Exchange
from bot.domain.incident import Incident, IncidentState, Step, StepReason
from bot.domain.outlook import Outlook
from bot.domain.place import Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule, Signal
from bot.messages.cards.incidents import incident_card, resolved_card
from bot.messages.model import Message
from bot.pipeline.observe import Observer
from bot.ports import Alert, Clock, DeliveryKind, Incidents, Meter, Subscriptions

log = structlog.get_logger()

_LIFETIME = {
    Severity.WATCH: timedelta(hours=6),
    Severity.ELEVATED: timedelta(hours=12),
    Severity.SEVERE: timedelta(hours=24),
    Severity.CRITICAL: timedelta(hours=24),
}


class Watch:
    """Looks at exchanges and lives their incidents. `publish` is told what every look has shown."""

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        observer: Observer,
        *,
        incidents: Incidents,
        subscriptions: Subscriptions,
        clock: Clock,
        meter: Meter,
        publish: Callable[[Outlook], None],
        policy: Policy | None = None,
    ) -> None:
        self._observer = observer
        self._incidents = incidents
        self._subscriptions = subscriptions
        self._clock = clock
        self._meter = meter
        self._publish = publish
        self._policy = policy or Policy()

    async def look(self, exchange: Exchange) -> None:
        """Look at an exchange after new readings; raise StorageError."""
        outlook = await self._observer.look(exchange)
        self._publish(outlook)
        if outlook.signal is None:
            return
        interested = await self._subscriptions.interested_in(exchange.id)
        for sensitivity in _presets(interested, await self._incidents.open(), exchange):
            await self._advance(exchange, grade(outlook.signal, sensitivity), sensitivity, interested)
        await self._count()

    async def _advance(
        self, exchange: Exchange, signal: Signal, sensitivity: Sensitivity, interested: Sequence[Subscription]
    ) -> None:
        before = await self._incidents.current(exchange.id, Rule.OUTFLOW, sensitivity)
        step = advance(self._policy, before, signal, self._clock.now(), sensitivity=sensitivity)
        if step.incident is before:
            return
        step = await self._numbered(step)
        alerts = self._alerts(exchange, before, step, interested)
        await self._incidents.commit(exchange.id, Rule.OUTFLOW, step.incident, alerts, sensitivity=sensitivity)
        if step.reason is not StepReason.NOTHING:
            _log(exchange, step, signal, alerts)

    async def _numbered(self, step: Step) -> Step:
        """Return the step with a number for an incident that has just opened: that of the same story, or a new one."""
        incident = step.incident
        if incident is None or incident.number or incident.state is IncidentState.PENDING:
            return step
        siblings = [one for one in await self._incidents.open() if one.exchange == incident.exchange]
        number = siblings[0].number if siblings else await self._incidents.next_number()
        return step.numbered(number)

    def _alerts(
        self, exchange: Exchange, before: Incident | None, step: Step, interested: Sequence[Subscription]
    ) -> list[Alert]:
        incident = step.incident
        if incident is None:
            return []
        heard = audience(before, step, interested)
        card = incident_card(incident, exchange.name, step.reason)
        over = step.reason is StepReason.RESOLVED
        alerts = [
            self._alert(incident, DeliveryKind.POST, card, heard.post),
            self._alert(incident, DeliveryKind.CLOSE if over else DeliveryKind.EDIT, card, heard.edit),
        ]
        if over:
            reply = resolved_card(incident, exchange.name)
            alerts.append(self._alert(incident, DeliveryKind.REPLY, reply, heard.edit))
        return [alert for alert in alerts if alert.recipients]

    def _alert(
        self, incident: Incident, kind: DeliveryKind, card: Message, recipients: tuple[Subscription, ...]
    ) -> Alert:
        now = self._clock.now()
        story = f"{incident.label}:{incident.sensitivity}"
        return Alert(
            # The first reading tells one life from the next: a preset may open anew under the number of its siblings.
            id=f"{story}:{incident.first_as_of:%Y%m%dT%H%M%S}:{incident.steps}:{kind}",
            incident=story,
            severity=incident.severity,
            kind=kind,
            message=card,
            created_at=now,
            expires_at=now + _LIFETIME[incident.severity],
            recipients=recipients,
            ping=kind is DeliveryKind.POST,
        )

    async def _count(self) -> None:
        counts = Counter(one.severity for one in await self._incidents.open())
        for severity in Severity:
            self._meter.incidents(severity, counts[severity])


def _presets(interested: Sequence[Subscription], live: Sequence[Incident], exchange: Exchange) -> list[Sensitivity]:
    """Return the presets to live by: the normal one always, the others where somebody asked or an incident is open."""
    asked = {one.sensitivity for one in interested} | {one.sensitivity for one in live if one.exchange == exchange.id}
    return [Sensitivity.NORMAL, *sorted(asked - {Sensitivity.NORMAL})]


def _log(exchange: Exchange, step: Step, signal: Signal, alerts: Sequence[Alert]) -> None:
    flow = signal.leading_flow
    log.info(
        "incident",
        exchange=exchange.id,
        incident=step.incident.label if step.incident and step.incident.number else None,
        reason=str(step.reason),
        severity=str(step.incident.severity) if step.incident else None,
        share=round(flow.share, 5) if flow else None,
        places=sum(len(alert.recipients) for alert in alerts),
    )
