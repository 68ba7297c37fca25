"""Judges what was read: signals become steps of incidents, and each step is committed with its alerts in one go.

Used by the worker that holds the lease for polling. Example of a round: Binance and OKX were read at 12:00. Both
snapshots are published; −4 % at Binance confirms what was pending, OKX is calm. The store gets one commit: incident
INC-8, opened, and one alert for the 500 places that hear of it. A worker that dies before the commit leaves neither,
one that dies after it leaves both: nobody is told twice, and no incident is open of which nobody was told.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.alerting.data_notice import HEARD_AS, as_notice_listener
from bot.alerting.judging_round import (
    MARKET_KEY,
    IncidentKey,
    KnownHolds,
    RoundSignal,
    RoundState,
    RoundStep,
    StoryKey,
    judge_round,
    key_of,
)
from bot.alerting.lifecycle_policy import Policy
from bot.alerting.routing import Audience, audience
from bot.domain.compact_subscriptions import CompactSubscriptions
from bot.domain.exchange import MARKET, Exchange
from bot.domain.flow import HoldReason
from bot.domain.incident import Incident, Step, StepReason, open_by_number
from bot.domain.place import Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Note, NoteReason, Rule, Signal, source_rule
from bot.domain.signal_source import signals_of
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, grade_by_source
from bot.messages.model import Message
from bot.monitoring.isolation import Crashes, isolated, without_crashing
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.ports.incidents import Incidents
from bot.ports.meter import Meter
from bot.ports.outbox import Alert, DeliveryKind
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

# As long as the shortest window that is graded: until then its flow may lie in the time that nothing was seen of.
_BLIND_NOTE_FOR = timedelta(days=1)
_SLICE_SUBSCRIPTIONS = 500  # routed between two pauses of the event loop: some milliseconds
# How long an alert is worth delivering late. The worse, the longer: a watch of last night is no news in the morning.
_ALERT_LIFETIME = {
    Severity.WATCH: timedelta(hours=6),
    Severity.ELEVATED: timedelta(hours=12),
    Severity.SEVERE: timedelta(hours=24),
    Severity.CRITICAL: timedelta(hours=24),
}


class Watch:
    """Judges exchanges and other subjects by the signals of the newest readings, and commits what becomes of incidents.

    `publish` gets every snapshot that was made on the way. `kinds` are the signal sources. The outflow's readings are
    in the store, where `judge_exchanges` finds them; what any other source has read is passed to `judge_other_source`.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        snapshot_builder: SnapshotBuilder,
        *,
        incidents: Incidents,
        subscriptions: Subscriptions,
        clock: Clock,
        meter: Meter,
        publish: Callable[[ExchangeSnapshot], None],
        policy: Policy | None = None,
        kinds: SignalKinds = SIGNAL_KINDS,
    ) -> None:
        self._kinds = kinds
        self._source_states: dict[str, Any] = {}
        self._snapshot_builder = snapshot_builder
        self._incidents = incidents
        self._subscriptions = subscriptions
        self._clock = clock
        self._meter = meter
        self._publish = publish
        self._policy = policy or Policy()
        self._blind_span: tuple[datetime, datetime] | None = None
        self._names = {MARKET.id: MARKET.name}
        self._known_holds = KnownHolds()
        self._idle_stories: set[StoryKey] = set()

    def start_anew(self) -> None:
        """Take nothing for known that another worker may have changed meanwhile."""
        self._idle_stories.clear()

    def time_corrected(self) -> None:
        """Forget what signal sources have been told: it was dated by a clock that was wrong."""
        self._source_states.clear()
        self.start_anew()

    def record_blind_span(self, since: datetime, until: datetime) -> None:
        """Remember that nothing was seen from `since` to `until`; signals of the next 24 h have a note that says so."""
        self._blind_span = since, until

    async def publish_snapshot(self, exchange: Exchange) -> None:
        """Publish what new readings of an exchange show, before they are judged; raise StorageError."""
        self._names[exchange.id] = exchange.name
        self._publish(await self._snapshot_builder.snapshot(exchange))

    async def judge_exchanges(self, exchanges: Sequence[Exchange]) -> Mapping[str, Exception]:
        """Judge the stored readings of exchanges that were read in one round; raise StorageError.

        Return what went wrong unforeseen, by the ids of the exchanges that could not be judged: the others were.
        """
        crashes: dict[str, Exception] = {}
        self._names |= {exchange.id: exchange.name for exchange in exchanges}
        async for snapshots in self._snapshot_builder.snapshots_by_round(exchanges, crashes):
            for snapshot in snapshots:
                self._publish(snapshot)
                self._count_holds(StoryKey(snapshot.exchange.id, Rule.OUTFLOW), snapshot.signal)
            signals = [
                (snapshot.signal, snapshot.seen_at or self._clock.now()) for snapshot in snapshots if snapshot.signal
            ]
            await self._judge_round(signals, crashes)
        await self._count_open_incidents()
        return crashes

    async def judge_other_source(
        self, rule: str, readings: Sequence[Any], names: Mapping[str, str] | None = None
    ) -> None:
        """Judge what another signal source than the outflow read at one time; raise StorageError.

        Without a reading its known ones are judged again, so that figures that have become too old are held. `names`
        are what subjects are called, by id, where they are exchanges that may have no readings of reserves.
        """
        self._names |= names or {}
        source, now = self._kinds[rule].source, self._clock.now()
        state = source.update(self._source_states.get(rule, source.initial_state()), readings)
        self._source_states[rule] = state
        signals = signals_of(source, state, now)
        for signal in signals:
            self._count_holds(StoryKey(signal.subject, rule), signal)
        due = [(signal, now) for signal in signals if not self._is_idle(signal)]
        await self._judge_round(due, {})
        await self._count_open_incidents()

    def _is_idle(self, signal: Signal) -> bool:
        """Return whether no incident is under way and a signal begins none, by whichever preset.

        Nearly all are so, of some thirty exchanges every five minutes: nothing is asked of the store for them.
        """
        if StoryKey(signal.subject, source_rule(signal.rule)) not in self._idle_stories:
            return False
        grades = (grade_by_source(signal, preset, kinds=self._kinds) for preset in Sensitivity)
        return all(graded.severity is None for graded in grades)

    async def _judge_round(self, signals: Sequence[tuple[Signal, datetime]], crashes: Crashes) -> None:
        """Judge signals of one time, and commit every step in a transaction of its own, its alerts included.

        A number is drawn only for what has opened. Where a worker dies between drawing and committing, that number is
        never used: numbers may have gaps, but no two stories share one. Subjects on which something fails unforeseen
        are put into `crashes`, and the others are judged as if they were not in the round.
        """
        open_incidents = await self._incidents.open()
        round_signals: list[RoundSignal] = []
        for signal, at in signals:
            with isolated(signal.subject, crashes):
                round_signals.append(await self._round_signal(signal, at, open_incidents))
        state = await self._round_state(open_incidents, round_signals)
        graded = partial(grade_by_source, kinds=self._kinds)
        now = self._clock.now()
        draft = without_crashing(
            lambda sound: judge_round(self._policy, state, sound, graded, now=now),
            round_signals,
            crashes,
            subject_of=lambda round_signal: round_signal.signal.subject,
        )
        result = draft.numbered({story: await self._incidents.next_number() for story in draft.unnumbered})
        for step in result.in_order:
            if step.has_changed:
                self._idle_stories.discard(step.key.story)
                with isolated(step.key.subject, crashes):
                    await self._commit(step, result.market.under_way)
        under_way = {key.story for key in result.state.incidents}
        self._idle_stories |= {step.key.story for step in result.steps} - under_way

    async def _round_signal(self, signal: Signal, at: datetime, open_incidents: Sequence[Incident]) -> RoundSignal:
        """Return a signal with the time and the presets it is judged by."""
        asked = await self._subscriptions.presets(signal.subject)
        presets = _presets(asked, open_incidents, StoryKey(signal.subject, source_rule(signal.rule)))
        return RoundSignal(self._with_blind_note(signal), at, presets)

    async def _round_state(
        self, open_incidents: Sequence[Incident], round_signals: Sequence[RoundSignal]
    ) -> RoundState:
        """Return every open incident, and the pending ones of the stories that are judged."""
        state = RoundState.of(open_incidents)
        keys = [
            IncidentKey(round_signal.signal.subject, source_rule(round_signal.signal.rule), preset)
            for round_signal in round_signals
            for preset in round_signal.presets
        ]
        current = [await self._incidents.current(*key) for key in keys]
        return state.with_current(dict(zip(keys, current, strict=True)))

    def _with_blind_note(self, signal: Signal) -> Signal:
        """Return a signal that says what could not be seen in the day before it."""
        if self._blind_span is None or signal.as_of - self._blind_span[1] > _BLIND_NOTE_FOR:
            return signal
        since, until = self._blind_span
        return replace(signal, notes=(*signal.notes, Note(NoteReason.BLIND, signal.subject, at=since, until=until)))

    async def _subscriptions_for(self, step: RoundStep) -> Sequence[Subscription]:
        """Return who may hear of a step; asked for when something changed only, for there may be a million of them."""
        if step.key == MARKET_KEY:
            return await self._market_subscriptions(step)
        if _is_notice(step.step.incident):
            return await self._notice_subscriptions(step.key.subject)
        return await self._subscriptions.interested_in(step.key.subject)

    async def _market_subscriptions(self, step: RoundStep) -> CompactSubscriptions:
        """Return who hears of the market: whoever subscribed to all, or to a member of now or before, by any preset."""
        incidents = [incident for incident in (step.before, step.step.incident) if incident]
        members = {member.exchange: member for incident in incidents for member in incident.signal.members}.values()
        subscriptions, places = CompactSubscriptions(), set[str]()
        for id_ in (MARKET.id, *(member.exchange for member in members)):
            async for slice_ in _slices(await self._subscriptions.interested_in(id_)):
                for subscription in slice_:
                    # A place that subscribed to three of the members hears once, by the first of its subscriptions.
                    if (place := str(subscription.place)) not in places:
                        places.add(place)
                        # Only the normal preset has a market-wide incident, and routing compares presets.
                        subscriptions.add(replace(subscription, sensitivity=Sensitivity.NORMAL))
        return subscriptions

    async def _notice_subscriptions(self, subject: str) -> CompactSubscriptions:
        """Return who hears of data notices: all but the places that have switched them off."""
        subscriptions, off = CompactSubscriptions(), await self._subscriptions.places_without_notices()
        async for slice_ in _slices(await self._subscriptions.interested_in(subject)):
            subscriptions.extend(
                as_notice_listener(subscription) for subscription in slice_ if subscription.place not in off
            )
        return subscriptions

    async def _audience(self, step: RoundStep, market: Incident | None) -> Audience:
        """Return who hears of a step."""
        post, edit, follow = CompactSubscriptions(), CompactSubscriptions(), CompactSubscriptions()
        async for slice_ in _slices(await self._subscriptions_for(step)):
            part = audience(step.before, step.step, slice_, market)
            post.extend(part.post)
            edit.extend(part.edit)
            follow.extend(part.follow)
        return Audience(post, edit, follow)

    async def _commit(self, step: RoundStep, market: Incident | None) -> None:
        """Commit a step, incident and alerts together; `market` is the market-wide incident that is open."""
        subject, rule, sensitivity = step.key
        alerts = self._alerts(self._names.get(subject, subject), step.step, await self._audience(step, market))
        await self._incidents.commit(subject, rule, step.step.incident, alerts, sensitivity=sensitivity)
        self._snapshot_builder.forget_incidents(subject)
        if step.step.reason is not StepReason.NOTHING:
            _log_step(subject, step.step, alerts)

    def _alerts(self, name: str, step: Step, listeners: Audience) -> list[Alert]:
        incident = step.incident
        if incident is None:
            return []
        card = incident_card(incident, name, step.reason, self._names, self._kinds)
        change = DeliveryKind.CLOSE if step.reason is StepReason.RESOLVED else DeliveryKind.EDIT
        alerts = [
            self._alert(incident, DeliveryKind.POST, card, listeners.post),
            self._alert(incident, change, card, listeners.edit),
            self._alert(incident, change, card, listeners.follow, only_where_sent=True),
        ]
        # A data notice is one message, and its end is the last change of it.
        if step.reason is StepReason.RESOLVED and not _is_notice(incident):
            # An edit notifies nobody, so the end is said in a reply as well.
            reply = resolved_card(incident, name, self._kinds)
            for only_where_sent, recipients in ((False, listeners.edit), (True, listeners.follow)):
                alerts.append(
                    self._alert(incident, DeliveryKind.REPLY, reply, recipients, only_where_sent=only_where_sent)
                )
        return [alert for alert in alerts if alert.recipients]

    def _alert(
        self,
        incident: Incident,
        kind: DeliveryKind,
        card: Message,
        recipients: Sequence[Subscription],
        *,
        only_where_sent: bool = False,
    ) -> Alert:
        now = self._clock.now()
        role = f"{kind}-where-sent" if only_where_sent else kind
        severity = HEARD_AS[incident.severity] if _is_notice(incident) else incident.severity
        incident_key = f"{incident.label}:{incident.sensitivity}"  # one preset's incident: "INC-8:normal"
        return Alert(
            # The first reading tells one life from the next: a preset may open anew under the number of its siblings.
            id=f"{incident_key}:{incident.first_as_of:%Y%m%dT%H%M%S}:{incident.steps}:{role}",
            incident=incident_key,
            severity=severity,
            kind=kind,
            message=card,
            created_at=now,
            expires_at=now + _ALERT_LIFETIME[severity],
            recipients=recipients,
            ping=kind is DeliveryKind.POST and not _is_notice(incident),
            about=incident.subject,
            only_where_sent=only_where_sent,
        )

    def _count_holds(self, story: StoryKey, signal: Signal | None) -> None:
        """Count and log each reason for which figures are held, once as long as it lasts.

        What an exchange does not tell is said of its source, and after a start nothing is known of any.
        """
        for reason in sorted(self._known_holds.new_reasons(story, signal) - {HoldReason.UNKNOWN}):
            self._meter.count_held(reason)
            log.info("figures held", exchange=story.subject, reason=str(reason))

    async def _count_open_incidents(self) -> None:
        are_open = open_by_number(await self._incidents.open()).values()
        counts = Counter(incident.severity for incident in are_open)
        for severity in Severity:
            self._meter.set_open_incidents(severity, counts[severity])


async def _slices(subscriptions: Sequence[Subscription]) -> AsyncIterator[Sequence[Subscription]]:
    """Yield very many subscriptions in slices, and let other tasks run between them."""
    for start in range(0, len(subscriptions), _SLICE_SUBSCRIPTIONS):
        yield subscriptions[start : start + _SLICE_SUBSCRIPTIONS]
        await asyncio.sleep(0)


def _is_notice(incident: Incident | None) -> bool:
    return incident is not None and incident.rule == Rule.DATA


def _presets(asked: Collection[Sensitivity], open_incidents: Sequence[Incident], story: StoryKey) -> list[Sensitivity]:
    """Return the presets to judge by: the normal one always, the others where somebody asked or an incident is open.

    An incident whose last subscriber has left must still come to its end.
    """
    of_story = {incident.sensitivity for incident in open_incidents if key_of(incident).story == story}
    return [Sensitivity.NORMAL, *sorted(({*asked} | of_story) - {Sensitivity.NORMAL})]


def _log_step(subject: str, step: Step, alerts: Sequence[Alert]) -> None:
    flow = step.incident.signal.leading_flow if step.incident else None
    log.info(
        "incident",
        exchange=subject,
        incident=step.incident.label if step.incident and step.incident.number else None,
        reason=str(step.reason),
        severity=str(step.incident.severity) if step.incident else None,
        share=round(flow.share, 5) if flow else None,
        places=sum(len(alert.recipients) for alert in alerts),
    )
