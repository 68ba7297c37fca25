"""When several large exchanges are in trouble at once: one incident about all of them, and the single ones under it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.alerting.lifecycle import Policy, begin, end, retell, tell
from bot.domain.exchange import MARKET
from bot.domain.flow import Flow, Window
from bot.domain.incident import Ending, Incident, IncidentState, Step, StepReason
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import MarketMember, Rule, Signal

LARGE_USD = 1e9
LEAST = 3
"""So many large exchanges make it market-wide."""
WITHIN = timedelta(hours=72)


def involved(incidents: Iterable[Incident]) -> list[Incident]:
    """Return the open incidents of elevated or worse at large exchanges, worst first, by the normal preset."""
    found = [
        incident
        for incident in incidents
        if incident.state is IncidentState.OPEN
        and incident.sensitivity is Sensitivity.NORMAL
        and incident.source_rule == Rule.OUTFLOW
        and incident.severity.rank >= Severity.ELEVATED.rank
        and (flow := _flow(incident))
        and flow.reserves_usd >= LARGE_USD
    ]
    return sorted(found, key=lambda incident: (-incident.severity.rank, incident.subject))


def advance_market(policy: Policy, before: Incident | None, incidents: Iterable[Incident], now: datetime) -> Step:
    """Return the market-wide incident after a round, and why it is so; `before` is None while there is none.

    It opens when three large exchanges got into trouble within 72 hours, is as severe as the third worst of them, and
    is over once fewer than three are left: what is new about it was confirmed, exchange by exchange, before.
    """
    members = involved(incidents)
    if before is None:
        return _open(members, now) if _at_once(members) else Step(None, StepReason.NOTHING)
    if len(members) < LEAST:
        return end(before, Ending.CALM, replace(before.signal, members=_members(members)), now)
    signal, severity = _signal(members, before), _third_worst(members)
    if severity.rank > before.severity.rank:
        return tell(replace(before, severity=severity), StepReason.ESCALATED, signal, now)
    if severity.rank < before.severity.rank:
        return tell(replace(before, severity=severity), StepReason.DEESCALATED, signal, now)
    if {member.exchange for member in signal.members} != {member.exchange for member in before.announced.members}:
        return tell(before, StepReason.UPDATED, signal, now)
    return retell(policy, before, signal, now, was=before)


def sheltered(step: Step, before: Incident | None, market: Incident | None) -> Step:
    """Return the step of a single incident with what it is under: the market-wide incident, while that is open.

    That one is about outflows; incidents of other signal sources stand beside it.
    """
    incident = step.incident
    if incident is None or incident.source_rule != Rule.OUTFLOW:
        return step
    covered_by = market.number if market and market.state is IncidentState.OPEN else 0
    was_told = before is not None and before.state is IncidentState.OPEN and not before.quiet
    part = incident if covered_by == incident.covered_by else replace(incident, covered_by=covered_by)
    quiet = part.is_inhibited and not was_told
    if part is incident and quiet == incident.quiet:
        return step
    return Step(replace(part, quiet=quiet), step.reason)


def _at_once(members: Sequence[Incident]) -> bool:
    newest = sorted((member.first_as_of for member in members), reverse=True)
    return len(newest) >= LEAST and newest[0] - newest[LEAST - 1] <= WITHIN


def _open(members: Sequence[Incident], now: datetime) -> Step:
    signal = _signal(members, None)
    return begin(signal, now, Sensitivity.NORMAL, confirmed=True)


def _signal(members: Sequence[Incident], before: Incident | None) -> Signal:
    known = [before.signal] if before else []
    newest = max((*known, *(member.signal for member in members)), key=lambda signal: signal.as_of)
    flows = [flow for member in members if (flow := member.signal.flow(Window.DAY))]
    usd, reserves = sum(flow.usd for flow in flows), sum(flow.reserves_usd for flow in flows)
    day = (
        Flow(Window.DAY, newest.as_of - Window.DAY.length, newest.as_of, usd, usd / reserves, reserves)
        if flows
        else None
    )
    severity = _third_worst(members)
    return Signal(
        subject=MARKET.id,
        rule=Rule.MARKET_WIDE,
        as_of=newest.as_of,
        fetched_at=newest.fetched_at,
        source=newest.source,
        severity=severity,
        easing=severity,
        flows=(day,) if day else (),
        leading=Window.DAY if day else None,
        members=_members(members),
    )


def _third_worst(members: Sequence[Incident]) -> Severity:
    return members[LEAST - 1].severity


def _members(incidents: Iterable[Incident]) -> tuple[MarketMember, ...]:
    return tuple(
        MarketMember(
            incident.subject,
            incident.label if incident.number else "",
            incident.severity,
            flow.window,
            flow.usd,
            flow.share,
        )
        for incident in incidents
        if (flow := _flow(incident))
    )


def _flow(incident: Incident) -> Flow | None:
    return incident.signal.flow(Window.DAY) or incident.signal.leading_flow
