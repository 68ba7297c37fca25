"""The alerts of a step: what each place that hears of it is sent, and for how long that is worth sending.

Example: INC-8 becomes severe. 40 places get a new message, 300 have their message edited, and 2 of them have switched
members' drills off: they get the same without the line about drills, so that there are four alerts in all. Were ten
more of them to read Spanish, it would be written a third time (`alert_variants`).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.alerting.data_notice import HEARD_AS
from bot.alerting.routing import Audience, is_announced
from bot.domain.drill import DrillSummary
from bot.domain.errors import StorageError
from bot.domain.exchange import MARKET
from bot.domain.incident import Incident, IncidentState, Step, StepReason
from bot.domain.place import Place, Subscription
from bot.domain.place_settings import PlaceSetting
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.language.translation import tr, written_in
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.drills import drill_line
from bot.messages.cards.signal_kinds import SignalKinds, card_of
from bot.messages.model import Message
from bot.monitoring.alert_variants import AlertVariant, Audiences
from bot.ports.drills import Drills, recent_summary
from bot.ports.outbox import Alert, DeliveryKind

# How long an alert is worth delivering late. The worse, the longer: a watch of last night is no news in the morning.
_ALERT_LIFETIME = {
    Severity.WATCH: timedelta(hours=6),
    Severity.ELEVATED: timedelta(hours=12),
    Severity.SEVERE: timedelta(hours=24),
    Severity.CRITICAL: timedelta(hours=24),
}


@dataclass(frozen=True, slots=True)
class Telling:
    """An incident that is told, why, and the names that its text needs.

    `normal` is the severity that the preset `normal` gives it, None where it has none open: what everybody reads.
    """

    incident: Incident
    reason: StepReason
    name: str
    names: Mapping[str, str]
    kinds: SignalKinds
    normal: Severity | None = None


@dataclass(frozen=True, slots=True)
class MemberDrills:
    """What members' drills at an exchange found, None for nothing, and the places that want to hear none of it."""

    summary: DrillSummary | None = None
    places_off: Collection[Place] = ()


NO_DRILLS = MemberDrills()


async def member_drills(drills: Drills | None, step: Step) -> MemberDrills:
    """Return what is told beside the alerts of a step; nothing where none is shown, and while the store is away.

    Most steps tell nobody anything, and are made at every reading of an incident.
    """
    incident = step.incident
    if drills is None or incident is None or not is_announced(step) or not _shows_drills(incident):
        return NO_DRILLS
    try:
        found = await recent_summary(drills, incident.subject)
        return MemberDrills(found, await drills.places_off()) if found else NO_DRILLS
    except StorageError:  # a line among others: the alert goes out without it
        return NO_DRILLS


def alerts_of(told: Telling, audiences: Audiences, now: datetime, drills: DrillSummary | None = None) -> list[Alert]:
    """Return the alerts of a step, each with its recipients; none for nobody."""
    alerts: list[Alert] = []
    for variant, listeners in audiences.items():
        if listeners.post or listeners.edit or listeners.follow:
            with written_in(variant.language):
                alerts += _alerts(told, listeners, now, drills, variant)
    is_of_data = is_notice(told.incident)
    switch = PlaceSetting.NOTICES if is_of_data else card_of(told.incident.rule, told.kinds).switch() or ""
    return [replace(alert, switch=switch) for alert in alerts if alert.recipients]


def _shows_drills(incident: Incident) -> bool:
    return incident.state is IncidentState.OPEN and incident.rule not in {Rule.MARKET_WIDE, Rule.DATA}


def is_notice(incident: Incident | None) -> bool:
    """Return whether an incident is a data notice."""
    return incident is not None and incident.rule == Rule.DATA


def _alerts(
    told: Telling, listeners: Audience, now: datetime, drills: DrillSummary | None, variant: AlertVariant
) -> Iterator[Alert]:
    """Yield the alerts of one variant, written in the language in force."""
    incident, suffix = told.incident, variant.suffix
    found = drill_line(drills) if variant.shows_drills else None
    name = tr(MARKET.name) if incident.subject == MARKET.id else told.name
    card = incident_card(incident, name, told.reason, told.names, told.kinds, drills=found, normal=told.normal)
    is_over = told.reason is StepReason.RESOLVED
    change = DeliveryKind.CLOSE if is_over else DeliveryKind.EDIT
    yield _alert(incident, DeliveryKind.POST, card, listeners.post, now, suffix)
    yield _alert(incident, change, card, listeners.edit, now, suffix)
    yield _alert(incident, change, card, listeners.follow, now, suffix, only_where_sent=True)
    # A data notice is one message, and its end is the last change of it.
    if is_over and not is_notice(incident):
        # An edit notifies nobody, so the end is said in a reply as well.
        reply = resolved_card(incident, name, told.kinds)
        yield _alert(incident, DeliveryKind.REPLY, reply, listeners.edit, now, suffix)
        yield _alert(incident, DeliveryKind.REPLY, reply, listeners.follow, now, suffix, only_where_sent=True)


def _alert(  # noqa: PLR0913, PLR0917 — what an alert is made of
    incident: Incident,
    kind: DeliveryKind,
    card: Message,
    recipients: Sequence[Subscription],
    now: datetime,
    suffix: str,
    *,
    only_where_sent: bool = False,
) -> Alert:
    role = f"{kind}-where-sent" if only_where_sent else kind
    severity = HEARD_AS[incident.severity] if is_notice(incident) else incident.severity
    is_news = kind is DeliveryKind.POST and not is_notice(incident)
    incident_key = f"{incident.label}:{incident.sensitivity}"  # one preset's incident: "INC-8:normal"
    return Alert(
        # The first reading tells one life from the next: a preset may open anew under the number of its siblings.
        id=f"{incident_key}:{incident.first_as_of:%Y%m%dT%H%M%S}:{incident.steps}:{role}{suffix}",
        incident=incident_key,
        severity=severity,
        kind=kind,
        message=card,
        created_at=now,
        expires_at=now + _ALERT_LIFETIME[severity],
        recipients=recipients,
        ping=is_news,
        about=incident.subject,
        only_where_sent=only_where_sent,
        publish=is_news,
    )
