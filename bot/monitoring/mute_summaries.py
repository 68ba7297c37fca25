"""Tells places what they missed once a mute is over, and ends the mutes that wait until it gets worse.

Example: Binance was muted in a group until 18:00, and INC-42 became severe at 15:10. At 18:00 the group gets one
summary, and INC-42, which is still open, goes on as if it had been told: its message there is brought up to date, or
posted where there is none.

Told once, whatever happens: a mute is forgotten after its summary was committed. A worker that dies in between leaves
both, the next one commits the same alerts again, and what is queued is queued no second time. Had the summary been
delivered long before, the message that is there is edited, for the alert's kind is EDIT.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.alerting.routing import hears_of
from bot.domain.approval import ApprovalDecision
from bot.domain.errors import StorageError
from bot.domain.exchange import MARKET
from bot.domain.incident import Incident, IncidentState, StepReason
from bot.domain.mute import MissedIncident, Mute, incident_number
from bot.domain.place import Place, Subscription
from bot.domain.place_settings import PlaceSettings
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule
from bot.language.translation import tr, written_in
from bot.messages.cards.alert import incident_card
from bot.messages.cards.mutes import missed_card
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, SignalKinds
from bot.messages.model import Message
from bot.monitoring.place_languages import posting_language
from bot.ports.approvals import Approvals
from bot.ports.incidents import Incidents
from bot.ports.mutes import EndedMutes, Mutes
from bot.ports.outbox import Alert, DeliveryKind
from bot.ports.place_settings import PlaceSettingsStore
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

_SUBJECT = "mute"
_MOST_MUTES = 100  # in one round: more are told of in the next ones, five seconds later
_LIFETIME = timedelta(days=1)  # of a summary on its way: what was missed yesterday is in /incidents


class MuteSummaries:
    """Tells of mutes that are over; `names` are those of all exchanges, by id."""

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        mutes: Mutes,
        *,
        incidents: Incidents,
        subscriptions: Subscriptions,
        place_settings: PlaceSettingsStore,
        approvals: Approvals,
        names: Callable[[], Mapping[str, str]],
        clock: Clock,
        kinds: SignalKinds = SIGNAL_KINDS,
    ) -> None:
        self._mutes = mutes
        self._incidents = incidents
        self._subscriptions = subscriptions
        self._place_settings = place_settings
        self._approvals = approvals
        self._names = names
        self._clock = clock
        self._kinds = kinds

    async def tell_when_due(self) -> None:
        """End mutes for which it got worse, and tell of all that are over; raise StorageError."""
        if waiting := await self._mutes.until_worse():
            all_open = await self._incidents.open()
            for mute in waiting:
                if await self._is_over(mute, all_open):
                    await self._mutes.lift(mute.place, mute.exchange)
        for ended in await self._mutes.ended(_MOST_MUTES):
            try:
                await self._tell(ended)
            except StorageError:  # another worker polls by now, or the store is away: told in the next round
                raise
            except Exception:
                # What cannot be told of one place must not keep the others waiting; it is tried again.
                log.exception("mute summary failed", place=str(ended.place))
            else:
                await self._mutes.told(ended)

    async def _is_over(self, mute: Mute, all_open: Sequence[Incident]) -> bool:
        """Return whether what a mute waits for has come: its exchange got worse, or its incident is over."""
        subscriptions = await self._subscriptions.of_place(mute.place)
        heard = [
            incident
            for incident in all_open
            if incident.subject == mute.exchange and incident.rule != Rule.DATA and hears_of(subscriptions, incident)
        ]
        is_open = any(mute.worse and incident.number == mute.worse.incident for incident in heard)
        return not is_open or not all(mute.stops(incident.severity, incident.number) for incident in heard)

    async def _tell(self, ended: EndedMutes) -> None:
        alerts = await self._alerts(ended)
        if alerts:
            await self._incidents.commit(_SUBJECT, _SUBJECT, None, alerts)
        log.info("mute over", place=str(ended.place), missed=len(ended.missed))

    async def _alerts(self, ended: EndedMutes) -> list[Alert]:
        """Return the summary, and what brings each missed incident that is still open up to date; none for nothing."""
        if not ended.missed:
            return []
        all_open = {_key(incident): incident for incident in await self._incidents.open()}
        missed = [(found, await self._by_now(found, all_open)) for found in ended.missed]
        subscriptions = await self._subscriptions.of_place(ended.place)
        settings = await self._place_settings.of_place(ended.place)
        held = [found for found, _ in missed if await self._is_held(ended.place, settings, found)]
        with written_in(posting_language(settings)):
            return self._written(ended, missed, held, subscriptions, all_open)

    def _written(
        self,
        ended: EndedMutes,
        missed: Sequence[tuple[MissedIncident, Incident | None]],
        held: Sequence[MissedIncident],
        subscriptions: Sequence[Subscription],
        all_open: Mapping[str, Incident],
    ) -> list[Alert]:
        """Return the alerts in the language in force; a moderator is asked first about those `held`, not named yet.

        An incident has the severity by the normal preset in the summary, as in its alerts: `all_open` has both.
        """
        now, mute_id = self._clock.now(), ended.mutes[0].id
        named = [(found, incident) for found, incident in missed if found not in held]
        severities = [found.severity for found, _ in named]
        worst = max(severities, key=_rank, default=Severity.WATCH)
        told = [_as_everybody_reads(found, incident, all_open) for found, incident in named]
        summary = missed_card(ended.mutes, told, self._shown_names(), self._kinds, held=len(held))
        return [
            _alert(f"mute:{mute_id}", f"mute:{mute_id}", summary, worst, ended.place, now),
            *[
                _alert(
                    f"{found.incident}:after {mute_id}",
                    found.incident,
                    self._card(incident, all_open.get(_normal_key(found))),
                    incident.severity,
                    ended.place,
                    now,
                    about=incident.subject,
                )
                for found, incident in missed
                if incident and incident.state is IncidentState.OPEN and hears_of(subscriptions, incident)
            ],
        ]

    async def _is_held(self, place: Place, settings: PlaceSettings, found: MissedIncident) -> bool:
        """Return whether a moderator has to release what was missed first; what is critical is never held."""
        if found.severity is Severity.CRITICAL or not settings.approval:
            return False
        approval = await self._approvals.get(place, f"INC-{incident_number(found.incident)}")
        return approval is None or approval.decision is not ApprovalDecision.POST

    async def _by_now(self, found: MissedIncident, all_open: Mapping[str, Incident]) -> Incident | None:
        """Return a missed incident as it is now, None where nothing is known of it any more."""
        still_open = all_open.get(found.incident)
        return still_open or await self._incidents.by_number(incident_number(found.incident))

    def _card(self, incident: Incident, normal: Incident | None) -> Message:
        names = self._shown_names()
        name = names.get(incident.subject, incident.subject)
        severity = normal.severity if normal else None
        return incident_card(incident, name, StepReason.UPDATED, names, self._kinds, normal=severity)

    def _shown_names(self) -> dict[str, str]:
        return {**self._names(), MARKET.id: tr(MARKET.name)}


def _as_everybody_reads(
    found: MissedIncident, incident: Incident | None, all_open: Mapping[str, Incident]
) -> tuple[MissedIncident, Incident | None]:
    """Return what was missed as the normal preset has it, which everybody reads in titles; as it is where it has none.

    How bad it was there at worst during the mute is not known: at least as bad as now, and never worse than its peak.
    """
    normal = all_open.get(_normal_key(found))
    if normal is None:
        return found, incident
    worst = min(normal.peak, max(normal.severity, found.severity, key=_rank), key=_rank)
    return replace(found, severity=worst), normal


def _rank(severity: Severity) -> int:
    return severity.rank


def _normal_key(found: MissedIncident) -> str:
    return f"INC-{incident_number(found.incident)}:{Sensitivity.NORMAL}"


def _key(incident: Incident) -> str:
    """Return the name of an incident of one preset, as its alerts have it."""
    return f"{incident.label}:{incident.sensitivity}"


def _alert(  # noqa: PLR0913, PLR0917 — what an alert is made of
    id_: str,
    incident: str,
    card: Message,
    severity: Severity,
    place: Place,
    now: datetime,
    about: str | None = None,
) -> Alert:
    return Alert(
        id=id_,
        incident=incident,
        severity=severity,
        kind=DeliveryKind.EDIT,
        message=card,
        created_at=now,
        expires_at=now + _LIFETIME,
        recipients=(Subscription(place, None),),
        about=about,
    )
