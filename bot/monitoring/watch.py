"""Judges what was read: signals become steps of incidents, and each step is committed with its alerts in one go.

Used by the worker that holds the lease for polling. Example of a round: Binance and OKX were read at 12:00. Both
snapshots are published; −4 % at Binance confirms what was pending, OKX is calm. The store gets one commit: incident
INC-8, opened, and one alert for the 500 places that hear of it. A worker that dies before the commit leaves neither,
one that dies after it leaves both: nobody is told twice, and no incident is open of which nobody was told.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.alerting.data_notice import as_notice_listener
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
from bot.alerting.routing import audience, is_announced
from bot.detection.withholding import withheld
from bot.domain.compact_subscriptions import CompactSubscriptions
from bot.domain.drill import DrillSummary
from bot.domain.exchange import MARKET, Exchange
from bot.domain.flow import HoldReason
from bot.domain.incident import Incident, IncidentState, Step, StepReason, open_by_number
from bot.domain.place import Place, Subscription
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Note, NoteReason, Rule, Signal, source_rule
from bot.domain.signal_source import signals_of
from bot.domain.snapshot import ExchangeSnapshot
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds, grade_by_source
from bot.monitoring.alert_pictures import AlertPictures
from bot.monitoring.alert_variants import Audiences, GrowingAudiences, by_variant
from bot.monitoring.alerts import Telling, alerts_of, is_notice, member_drills
from bot.monitoring.isolation import Crashes, isolated, without_crashing
from bot.monitoring.place_languages import place_languages
from bot.monitoring.snapshot_builder import SnapshotBuilder
from bot.monitoring.subscription_slices import slices
from bot.ports.drills import Drills
from bot.ports.incidents import Incidents
from bot.ports.meter import Meter
from bot.ports.outbox import Alert
from bot.ports.place_settings import PlaceSettingsStore
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

# As long as the shortest window that is graded: until then its flow may lie in the time that nothing was seen of.
_BLIND_NOTE_FOR = timedelta(days=1)


class Watch:
    """Judges exchanges and other subjects by the signals of the newest readings, and commits what becomes of incidents.

    `publish` gets every snapshot that was made on the way. `kinds` are the signal sources. The outflow's readings are
    in the store, where `judge_exchanges` finds them; what any other source has read is passed to `judge_other_source`.
    Alerts are in the language that `place_settings` has for each place, and show what members' `drills` found; without
    these two they are in English and show none. Severe ones are followed by one of `pictures`. `commits` counts the
    steps that may have been committed: the store may take one whose reply is lost.
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
        drills: Drills | None = None,
        place_settings: PlaceSettingsStore | None = None,
        pictures: AlertPictures | None = None,
    ) -> None:
        self.commits = 0
        self._kinds = kinds
        self._drills = drills
        self._place_settings = place_settings
        self._pictures = pictures
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
        suppressions = await self._snapshot_builder.suppressions()
        signals = [withheld(signal, suppressions) for signal in signals_of(source, state, now)]
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
        changed = [step for step in result.in_order if step.has_changed]
        languages = await self._languages(changed)
        for step in changed:
            self._idle_stories.discard(step.key.story)
            with isolated(step.key.subject, crashes):
                normal = _normal_severity(step.key, result.state)
                await self._commit(step, result.market.under_way, normal, languages)
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
        if is_notice(step.step.incident):
            return await self._notice_subscriptions(step.key.subject)
        return await self._subscriptions.interested_in(step.key.subject)

    async def _market_subscriptions(self, step: RoundStep) -> CompactSubscriptions:
        """Return who hears of the market: whoever subscribed to all, or to a member of now or before, by any preset."""
        incidents = [incident for incident in (step.before, step.step.incident) if incident]
        members = {member.exchange: member for incident in incidents for member in incident.signal.members}.values()
        subscriptions, places = CompactSubscriptions(), set[str]()
        for id_ in (MARKET.id, *(member.exchange for member in members)):
            async for slice_ in slices(await self._subscriptions.interested_in(id_)):
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
        async for slice_ in slices(await self._subscriptions.interested_in(subject)):
            subscriptions.extend(
                as_notice_listener(subscription) for subscription in slice_ if subscription.place not in off
            )
        return subscriptions

    async def _languages(self, steps: Sequence[RoundStep]) -> Mapping[Place, str]:
        """Return the languages of places, once for all steps of a round; not asked for where nobody hears of any."""
        if self._place_settings is None or not any(is_announced(step.step) for step in steps):
            return {}
        return await place_languages(self._place_settings)

    async def _audiences(
        self,
        step: RoundStep,
        market: Incident | None,
        languages: Mapping[Place, str],
        drills_off: Collection[Place],
    ) -> Audiences:
        """Return who hears of a step, apart by language and by whether they want to hear of members' drills."""
        growing = GrowingAudiences()
        async for slice_ in slices(await self._subscriptions_for(step)):
            for variant, part in by_variant(slice_, languages, drills_off).items():
                growing.extend(variant, audience(step.before, step.step, part, market))
        return growing.audiences

    async def _commit(
        self, step: RoundStep, market: Incident | None, normal: Severity | None, languages: Mapping[Place, str]
    ) -> None:
        """Commit a step, incident and alerts together; `market` is the market-wide incident that is open.

        `normal` is the severity of the incident by the preset `normal`, None where it is not open there.
        """
        subject, rule, sensitivity = step.key
        drills = await member_drills(self._drills, step.step)
        audiences = await self._audiences(step, market, languages, drills.places_off)
        alerts: Sequence[Alert] = self._alerts(subject, step.step, audiences, drills.summary, normal)
        if self._pictures:
            alerts = await self._pictures.illustrated(step.step, alerts)
        try:
            await self._incidents.commit(subject, rule, step.step.incident, alerts, sensitivity=sensitivity)
        finally:
            self.commits += 1
        self._snapshot_builder.forget_incidents(subject)
        if step.step.reason is not StepReason.NOTHING:
            _log_step(subject, step.step, alerts)

    def _alerts(
        self, subject: str, step: Step, audiences: Audiences, drills: DrillSummary | None, normal: Severity | None
    ) -> list[Alert]:
        if step.incident is None:
            return []
        name = self._names.get(subject, subject)
        told = Telling(step.incident, step.reason, name, self._names, self._kinds, normal)
        return alerts_of(told, audiences, self._clock.now(), drills)

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


def _presets(asked: Collection[Sensitivity], open_incidents: Sequence[Incident], story: StoryKey) -> list[Sensitivity]:
    """Return the presets to judge by: the normal one always, the others where somebody asked or an incident is open.

    An incident whose last subscriber has left must still come to its end.
    """
    of_story = {incident.sensitivity for incident in open_incidents if key_of(incident).story == story}
    return [Sensitivity.NORMAL, *sorted(({*asked} | of_story) - {Sensitivity.NORMAL})]


def _normal_severity(key: IncidentKey, state: RoundState) -> Severity | None:
    normal = state.incidents.get(IncidentKey(key.subject, key.rule, Sensitivity.NORMAL))
    return normal.severity if normal and normal.state is IncidentState.OPEN else None


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
