"""One look at one exchange: readings, signal, step, and one commit of incident and mail together."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.alerting.lifecycle import Policy
from bot.alerting.round import MARKET_KEY, IncidentKey, KnownHolds, RoundSignal, RoundState, RoundStep, judge_round
from bot.alerting.routing import Audience, audience
from bot.detection.outflow import grade
from bot.domain.compact_subscriptions import CompactSubscriptions
from bot.domain.exchange import MARKET, Exchange
from bot.domain.incident import Incident, Step, StepReason
from bot.domain.place import Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Note, NoteReason, Rule, Signal
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.incidents import incident_card, resolved_card
from bot.messages.model import Message
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.ports.incidents import Incidents
from bot.ports.meter import Meter
from bot.ports.outbox import Alert, DeliveryKind
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

_BLIND_TOLD_FOR = timedelta(days=1)
_SLICE = 500  # subscriptions looked through at a time: some milliseconds
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
        observer: SnapshotBuilder,
        *,
        incidents: Incidents,
        subscriptions: Subscriptions,
        clock: Clock,
        meter: Meter,
        publish: Callable[[ExchangeSnapshot], None],
        policy: Policy | None = None,
    ) -> None:
        self._observer = observer
        self._incidents = incidents
        self._subscriptions = subscriptions
        self._clock = clock
        self._meter = meter
        self._publish = publish
        self._policy = policy or Policy()
        self._blind: tuple[datetime, datetime] | None = None
        self._names = {MARKET.id: MARKET.name}
        self._holds = KnownHolds()

    def record_blind_span(self, since: datetime, until: datetime) -> None:
        """Tell of this span in incidents that are open, or that open within a day."""
        self._blind = since, until

    async def show(self, exchange: Exchange) -> None:
        """Show what new readings of an exchange say, before they are judged; raise StorageError."""
        self._names[exchange.id] = exchange.name
        self._publish(await self._observer.snapshot(exchange))

    async def judge(self, exchanges: Sequence[Exchange]) -> None:
        """Live the incidents of exchanges that were read in one round; raise StorageError."""
        self._names |= {exchange.id: exchange.name for exchange in exchanges}
        async for outlooks in self._observer.snapshots_by_round(exchanges):
            for outlook in outlooks:
                self._publish(outlook)
                self._count_holds(outlook)
            await self._judge_round(outlooks)
        await self._count()

    async def _judge_round(self, outlooks: Sequence[ExchangeSnapshot]) -> None:
        """Judge what was seen at one time, and commit every step in a transaction of its own, its messages included.

        A number is drawn only for what has opened. Where a worker dies between drawing and committing, that number is
        never used: numbers may have gaps, but no two stories share one.
        """
        open_incidents = await self._incidents.open()
        signals = [await self._signal(outlook, open_incidents) for outlook in outlooks]
        judged = [signal for signal in signals if signal]
        state = await self._state(open_incidents, judged)
        draft = judge_round(self._policy, state, judged, grade, now=self._clock.now())
        result = draft.numbered({story: await self._incidents.next_number() for story in draft.unnumbered})
        for step in result.in_order:
            if step.is_new:
                await self._commit(step)

    async def _signal(self, outlook: ExchangeSnapshot, open_incidents: Sequence[Incident]) -> RoundSignal | None:
        """Return what is to be judged of an exchange, and by which presets; None where nothing was read yet."""
        if outlook.signal is None:
            return None
        asked = await self._subscriptions.presets(outlook.exchange.id)
        presets = _presets(asked, open_incidents, outlook.exchange)
        return RoundSignal(self._noted(outlook.signal), outlook.seen_at or self._clock.now(), presets)

    async def _state(self, open_incidents: Sequence[Incident], signals: Sequence[RoundSignal]) -> RoundState:
        """Return every open incident, and the pending ones of the exchanges that are judged."""
        state = RoundState.of(open_incidents)
        keys = [IncidentKey(seen.signal.exchange, Rule.OUTFLOW, preset) for seen in signals for preset in seen.presets]
        current = [await self._incidents.current(*key) for key in keys]
        return state.with_current(dict(zip(keys, current, strict=True)))

    def _noted(self, signal: Signal) -> Signal:
        """Return a signal that says what could not be seen in the day before it."""
        if self._blind is None or signal.as_of - self._blind[1] > _BLIND_TOLD_FOR:
            return signal
        since, until = self._blind
        return replace(signal, notes=(*signal.notes, Note(NoteReason.BLIND, signal.exchange, at=since, until=until)))

    async def _interested(self, step: RoundStep) -> Sequence[Subscription]:
        """Return who may hear of a step; asked for when something changed only, for there may be a million of them."""
        if step.key == MARKET_KEY:
            return await self._interested_in_market(step)
        return await self._subscriptions.interested_in(step.key.exchange)

    async def _interested_in_market(self, step: RoundStep) -> CompactSubscriptions:
        """Return who hears of the market: whoever subscribed to all, or to a member of now or before, by any preset."""
        stories = [incident for incident in (step.before, step.step.incident) if incident]
        members = {member.exchange: member for story in stories for member in story.signal.members}.values()
        found, known = CompactSubscriptions(), set[str]()
        for id_ in (MARKET.id, *(member.exchange for member in members)):
            async for slice_ in _slices(await self._subscriptions.interested_in(id_)):
                for subscription in slice_:
                    if (place := str(subscription.place)) not in known:
                        known.add(place)
                        found.add(replace(subscription, sensitivity=Sensitivity.NORMAL))
        return found

    async def _heard(self, step: RoundStep) -> Audience:
        """Return who hears of a step."""
        post, edit = CompactSubscriptions(), CompactSubscriptions()
        async for slice_ in _slices(await self._interested(step)):
            heard = audience(step.before, step.step, slice_)
            post.extend(heard.post)
            edit.extend(heard.edit)
        return Audience(post, edit)

    async def _commit(self, step: RoundStep) -> None:
        """Commit a step, incident and mail together."""
        exchange, rule, sensitivity = step.key
        alerts = self._alerts(self._names[exchange], step.step, await self._heard(step))
        await self._incidents.commit(exchange, rule, step.step.incident, alerts, sensitivity=sensitivity)
        self._observer.forget_incidents(exchange)
        if step.step.reason is not StepReason.NOTHING:
            _log(exchange, step.step, alerts)

    def _alerts(self, name: str, step: Step, heard: Audience) -> list[Alert]:
        incident = step.incident
        if incident is None:
            return []
        card = incident_card(incident, name, step.reason, self._names)
        over = step.reason is StepReason.RESOLVED
        alerts = [
            self._alert(incident, DeliveryKind.POST, card, heard.post),
            self._alert(incident, DeliveryKind.CLOSE if over else DeliveryKind.EDIT, card, heard.edit),
        ]
        if over:
            reply = resolved_card(incident, name)
            alerts.append(self._alert(incident, DeliveryKind.REPLY, reply, heard.edit))
        return [alert for alert in alerts if alert.recipients]

    def _alert(
        self, incident: Incident, kind: DeliveryKind, card: Message, recipients: Sequence[Subscription]
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
            about=incident.exchange,
        )

    def _count_holds(self, outlook: ExchangeSnapshot) -> None:
        """Count and log each reason for which figures are held once a spell."""
        for reason in sorted(self._holds.new_reasons(outlook.exchange.id, outlook.signal)):
            self._meter.count_held(reason)
            log.info("held", exchange=outlook.exchange.id, reason=str(reason))

    async def _count(self) -> None:
        counts = Counter(incident.severity for incident in await self._incidents.open())
        for severity in Severity:
            self._meter.set_open_incidents(severity, counts[severity])


async def _slices(subscriptions: Sequence[Subscription]) -> AsyncIterator[Sequence[Subscription]]:
    """Yield very many subscriptions some at a time, and let the loop turn between."""
    for start in range(0, len(subscriptions), _SLICE):
        yield subscriptions[start : start + _SLICE]
        await asyncio.sleep(0)


def _presets(wanted: Collection[Sensitivity], live: Sequence[Incident], exchange: Exchange) -> list[Sensitivity]:
    """Return the presets to live by: the normal one always, the others where somebody asked or an incident is open."""
    asked = {*wanted} | {incident.sensitivity for incident in live if incident.exchange == exchange.id}
    return [Sensitivity.NORMAL, *sorted(asked - {Sensitivity.NORMAL})]


def _log(exchange: str, step: Step, alerts: Sequence[Alert]) -> None:
    flow = step.incident.signal.leading_flow if step.incident else None
    log.info(
        "incident",
        exchange=exchange,
        incident=step.incident.label if step.incident and step.incident.number else None,
        reason=str(step.reason),
        severity=str(step.incident.severity) if step.incident else None,
        share=round(flow.share, 5) if flow else None,
        places=sum(len(alert.recipients) for alert in alerts),
    )
