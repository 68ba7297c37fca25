"""When several large exchanges are in trouble at once: one incident about all of them, and the single ones under it.

Example: Binance, OKX and Kraken, each with $1 B of reserves or more, become elevated on Monday, Tuesday and Wednesday.
On Wednesday the market-wide incident INC-9 opens, elevated, and the three are part of it: INC-9 is posted, Kraken's own
incident is not, and the messages about Binance and OKX are only edited from now on. OKX becomes severe: INC-9 says so
in its line about OKX, and stays elevated, because the third worst of the three is. Places that named an exchange get
its own messages all along (routing.py). When Kraken's incident ends, two are left:
INC-9 is resolved, and Binance and OKX go on by themselves. Had the three begun on Monday, on Thursday and a week later,
nothing would be market-wide.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.alerting.announcing import as_announced, reannounce_if_changed
from bot.alerting.easing import resolve
from bot.alerting.lifecycle_policy import Policy
from bot.alerting.opening import open_incident
from bot.domain.exchange import MARKET
from bot.domain.flow import Flow, Window
from bot.domain.incident import Ending, Incident, IncidentState, Step, StepReason
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import MarketMember, Note, NoteReason, Rule, Signal

LARGE_RESERVES_USD = 1e9
"""Reserves in USD from which an exchange counts: a single customer moves the share of a smaller one."""
MIN_MEMBERS = 3
"""So many large exchanges make it market-wide: two may share an owner or a counterparty."""
ONSET_SPAN = timedelta(hours=72)
"""So close to each other three incidents must begin: a common cause shows within days, chance takes weeks."""


def large_outflows(incidents: Iterable[Incident]) -> list[Incident]:
    """Return the open incidents of elevated or worse at large exchanges, worst first, by the normal preset."""
    outflows = [
        incident
        for incident in incidents
        if incident.state is IncidentState.OPEN
        # The presets of subscribers must not decide what is market-wide: the normal one is always judged.
        and incident.sensitivity is Sensitivity.NORMAL
        and incident.source_rule == Rule.OUTFLOW
        and incident.severity.rank >= Severity.ELEVATED.rank
        and (flow := _shown_flow(incident))
        and flow.reserves_usd >= LARGE_RESERVES_USD
    ]
    return sorted(outflows, key=lambda incident: (-incident.severity.rank, incident.subject))


def advance_market(policy: Policy, before: Incident | None, incidents: Iterable[Incident], now: datetime) -> Step:
    """Return the market-wide incident after a round, and why it is so; `before` is None while there is none.

    It opens when three large exchanges got into trouble within 72 hours, is as severe as the third worst of them, and
    is over once fewer than three are left. It is confirmed from the start and ends at once, without readings that have
    to agree: its members were confirmed, and have eased, one by one.
    """
    members = large_outflows(incidents)
    if before is None:
        return _open(members, now) if _began_together(members) else Step(None, StepReason.NOTHING)
    if len(members) < MIN_MEMBERS:
        return resolve(before, Ending.CALM, replace(before.signal, members=_members(members)), now)
    signal, severity = _market_signal(members, before), _third_worst(members)
    if severity.rank > before.severity.rank:
        return as_announced(replace(before, severity=severity), StepReason.ESCALATED, signal, now)
    if severity.rank < before.severity.rank:
        return as_announced(replace(before, severity=severity), StepReason.DEESCALATED, signal, now)
    # A member that joins, leaves or gets worse is news, however little it changes the sum: it is read here alone.
    if _who_is_in_trouble(signal) != _who_is_in_trouble(before.announced):
        return as_announced(before, StepReason.UPDATED, signal, now)
    return reannounce_if_changed(policy, before, signal, now, before=before)


def with_market_cover(step: Step, before: Incident | None, market: Incident | None) -> Step:
    """Return the step of a single incident with what covers it: the market-wide incident, while that is open.

    That one is about outflows; incidents of other signal sources stand beside it.
    """
    incident = step.incident
    if incident is None or incident.source_rule != Rule.OUTFLOW:
        return step
    covered_by = market.number if market and market.state is IncidentState.OPEN else 0
    # A message that stands in a chat already is kept up to date; only those that nobody has seen stay quiet.
    was_announced = before is not None and before.state is IncidentState.OPEN and not before.quiet
    covered = incident if covered_by == incident.covered_by else replace(incident, covered_by=covered_by)
    quiet = covered.is_inhibited and not was_announced
    if covered is incident and quiet == incident.quiet:
        return step
    return Step(replace(covered, quiet=quiet), step.reason)


def _who_is_in_trouble(signal: Signal) -> set[tuple[str, Severity]]:
    return {(member.exchange, member.severity) for member in signal.members}


def _began_together(members: Sequence[Incident]) -> bool:
    """Return whether the three newest began close to each other; one that lasts for weeks must not prevent it."""
    newest_first = sorted((member.first_as_of for member in members), reverse=True)
    return len(newest_first) >= MIN_MEMBERS and newest_first[0] - newest_first[MIN_MEMBERS - 1] <= ONSET_SPAN


def _open(members: Sequence[Incident], now: datetime) -> Step:
    signal = _market_signal(members, None)
    return open_incident(signal, now, Sensitivity.NORMAL, confirmed=True)


def _market_signal(members: Sequence[Incident], before: Incident | None) -> Signal:
    """Return the members' flows of a day added up: USD, and the share of their common reserves."""
    # With the signal of before: when the member with the newest reading ends, time must not go back, or the next
    # signal would be taken for one that came late.
    earlier = [before.signal] if before else []
    newest = max((*earlier, *(member.signal for member in members)), key=lambda signal: signal.as_of)
    flows = [flow for member in members if (flow := member.figures.flow(Window.DAY))]
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
        notes=_together_notes(members),
    )


def _together_notes(members: Sequence[Incident]) -> tuple[Note, ...]:
    """Return one note where the source moved several of the members at once: the cause may be the source's own."""
    moved = [note for member in members for note in member.signal.notes if note.reason is NoteReason.TOGETHER]
    if not moved:
        return ()
    usd = sum(note.usd or 0.0 for note in moved)
    return (Note(NoteReason.TOGETHER, f"{len(moved)} exchanges", usd, moved[0].at),)


def _third_worst(members: Sequence[Incident]) -> Severity:
    # As severe as three exchanges are together: the worst alone is told by its own incident.
    return members[MIN_MEMBERS - 1].severity


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
        if (flow := _shown_flow(incident))
    )


def _shown_flow(incident: Incident) -> Flow | None:
    # Of the last complete figures: what is missing at one exchange must not end what is said of the market.
    day, leading = incident.figures.flow(Window.DAY), incident.figures.leading_flow
    # An exchange is in here for what left: where that was over a week, and the day has an inflow, it is the week's.
    if day and leading and day.share >= 0 > leading.share:
        return leading
    # The day's where there is one, so that members can be compared with each other.
    return day or leading
