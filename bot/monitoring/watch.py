"""One look at one exchange: readings, signal, step, and one commit of incident and mail together."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.alerting.lifecycle import Policy, advance
from bot.alerting.market_wide import advance_market, sheltered
from bot.alerting.routing import Audience, audience
from bot.detection.outflow import grade
from bot.domain.compact_subscriptions import CompactSubscriptions
from bot.domain.exchange import MARKET, Exchange
from bot.domain.flow import HoldReason
from bot.domain.incident import Incident, IncidentState, Step, StepReason
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


@dataclass(frozen=True, slots=True)
class _PresetStep:
    """What one look makes of an incident under one preset."""

    exchange: Exchange
    sensitivity: Sensitivity
    before: Incident | None
    step: Step


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
        self._names: dict[str, str] = {}
        self._held: dict[str, frozenset[HoldReason]] = {}

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
            await self._live(outlooks)
        await self._count()

    async def _live(self, outlooks: Sequence[ExchangeSnapshot]) -> None:
        """Advance what was seen at one time, first all together, then each incident under what is market-wide."""
        live = await self._incidents.open()
        turns = await self._numbered([turn for outlook in outlooks for turn in await self._turns(outlook, live)], live)
        market = await self._advance_market([turn.step for turn in turns], live)
        for turn in turns:
            await self._commit(replace(turn, step=sheltered(turn.step, turn.before, market)))

    async def _turns(self, outlook: ExchangeSnapshot, live: Sequence[Incident]) -> list["_PresetStep"]:
        """Return the next step of an exchange's story under every preset it is lived by."""
        exchange, signal, found = outlook.exchange, outlook.signal, list[_PresetStep]()
        if signal is None:
            return found
        now = outlook.seen_at or self._clock.now()
        asked = await self._subscriptions.presets(exchange.id)
        for sensitivity in _presets(asked, live, exchange):
            before = await self._incidents.current(exchange.id, Rule.OUTFLOW, sensitivity)
            graded = grade(self._noted(signal), sensitivity)
            step = advance(self._policy, before, graded, now, sensitivity=sensitivity)
            found.append(_PresetStep(exchange, sensitivity, before, step))
        return found

    def _noted(self, signal: Signal) -> Signal:
        """Return a signal that says what could not be seen in the day before it."""
        if self._blind is None or signal.as_of - self._blind[1] > _BLIND_TOLD_FOR:
            return signal
        since, until = self._blind
        return replace(signal, notes=(*signal.notes, Note(NoteReason.BLIND, signal.exchange, at=since, until=until)))

    async def _advance_market(self, steps: Sequence[Step], live: Sequence[Incident]) -> Incident | None:
        """Return what is market-wide after these steps, and commit it before them."""
        before = await self._incidents.current(MARKET.id, Rule.MARKET_WIDE)
        changed = {(one.exchange, one.sensitivity): one for step in steps if (one := step.incident)}
        others = [incident for incident in live if (incident.exchange, incident.sensitivity) not in changed]
        step = advance_market(self._policy, before, [*others, *changed.values()], self._clock.now())
        if step.incident is not before:
            turn = _PresetStep(MARKET, Sensitivity.NORMAL, before, step)
            (numbered,) = await self._numbered([turn], live)
            step = await self._commit(numbered)
        return step.incident

    async def _interested(self, turn: "_PresetStep") -> Sequence[Subscription]:
        """Return who may hear of a turn; asked for when something changed only, for there may be a million of them."""
        if turn.exchange is MARKET:
            return await self._interested_in_market(turn.before, turn.step)
        return await self._subscriptions.interested_in(turn.exchange.id)

    async def _interested_in_market(self, before: Incident | None, step: Step) -> CompactSubscriptions:
        """Return who hears of the market: whoever subscribed to all, or to a member of now or before, by any preset."""
        stories = [incident for incident in (before, step.incident) if incident]
        members = {member.exchange: member for story in stories for member in story.signal.members}.values()
        found, known = CompactSubscriptions(), set[str]()
        for id_ in (MARKET.id, *(member.exchange for member in members)):
            async for slice_ in _slices(await self._subscriptions.interested_in(id_)):
                for subscription in slice_:
                    if (place := str(subscription.place)) not in known:
                        known.add(place)
                        found.add(replace(subscription, sensitivity=Sensitivity.NORMAL))
        return found

    async def _heard(self, turn: "_PresetStep") -> Audience:
        """Return who hears of a turn."""
        post, edit = CompactSubscriptions(), CompactSubscriptions()
        async for slice_ in _slices(await self._interested(turn)):
            heard = audience(turn.before, turn.step, slice_)
            post.extend(heard.post)
            edit.extend(heard.edit)
        return Audience(post, edit)

    async def _commit(self, turn: "_PresetStep") -> Step:
        """Commit a turn, incident and mail together, and return its step."""
        step = turn.step
        if step.incident is turn.before:
            return step
        alerts = self._alerts(turn.exchange, step, await self._heard(turn))
        rule = Rule.MARKET_WIDE if turn.exchange is MARKET else Rule.OUTFLOW
        await self._incidents.commit(turn.exchange.id, rule, step.incident, alerts, sensitivity=turn.sensitivity)
        self._observer.forget_incidents(turn.exchange.id)
        if step.reason is not StepReason.NOTHING:
            _log(turn.exchange, step, alerts)
        return step

    async def _numbered(self, turns: Sequence["_PresetStep"], live: Sequence[Incident]) -> list["_PresetStep"]:
        """Return the turns with a number for what has just opened: that of the same story, or a new one."""
        given = {incident.exchange: incident.number for incident in live}
        found = []
        for turn in turns:
            incident = turn.step.incident
            if incident and not incident.number and incident.state is not IncidentState.PENDING:
                number = given.get(incident.exchange) or await self._incidents.next_number()
                given[incident.exchange] = number
                found.append(replace(turn, step=turn.step.numbered(number)))
            else:
                found.append(turn)
        return found

    def _alerts(self, exchange: Exchange, step: Step, heard: Audience) -> list[Alert]:
        incident = step.incident
        if incident is None:
            return []
        card = incident_card(incident, exchange.name, step.reason, self._names)
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
        flows = outlook.signal.flows if outlook.signal else ()
        reasons = frozenset(flow.hold.reason for flow in flows if flow.hold)
        for reason in sorted(reasons - self._held.get(outlook.exchange.id, frozenset())):
            self._meter.count_held(reason)
            log.info("held", exchange=outlook.exchange.id, reason=str(reason))
        self._held[outlook.exchange.id] = reasons

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


def _log(exchange: Exchange, step: Step, alerts: Sequence[Alert]) -> None:
    flow = step.incident.signal.leading_flow if step.incident else None
    log.info(
        "incident",
        exchange=exchange.id,
        incident=step.incident.label if step.incident and step.incident.number else None,
        reason=str(step.reason),
        severity=str(step.incident.severity) if step.incident else None,
        share=round(flow.share, 5) if flow else None,
        places=sum(len(alert.recipients) for alert in alerts),
    )
