"""Network events as a signal source: told once, about the network, as a watch that no exchange is accused by.

Its subjects are networks. Example: Gate, HTX and KuCoin close Tron between 12:00 and 12:40. With the poll that shows
the third of them a watch about TRON opens, "closed at 3 exchanges". Bitget joins at 13:10: its message says four. When
all four have opened it again, or a day after the first closed it, it eases like any other incident.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from typing_extensions import override

from bot.detection.withdrawals.closed_withdrawals import KnownWithdrawals, with_known
from bot.detection.withdrawals.guards.network_events import is_closed_on
from bot.detection.withdrawals.majors import is_too_old
from bot.detection.withdrawals.thresholds import NETWORK_EVENT_EXCHANGES
from bot.domain.flow import Hold, HoldReason
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Measurement, Reason, Signal, Size, Unit
from bot.domain.signal_source import SignalSource
from bot.domain.withdrawals import ExchangeWithdrawals, NetworkEvent

NETWORK_RULE = "network event"
CLOSED_AT = "exchanges"
"""The measurement that counts the exchanges at which a network is closed."""


@dataclass(frozen=True, slots=True)
class KnownEvents:
    """What is known of each exchange, and the latest event of each network, also once it is over."""

    known: KnownWithdrawals = KnownWithdrawals()  # noqa: RUF009 — frozen
    events: Mapping[str, NetworkEvent] = field(default_factory=dict)


class ClosedNetworks(SignalSource[KnownEvents, ExchangeWithdrawals]):
    """The rule of network events, for all networks."""

    rule = NETWORK_RULE

    @override
    def initial_state(self) -> KnownEvents:
        return KnownEvents()

    @override
    def update(self, state: KnownEvents, readings: Sequence[ExchangeWithdrawals]) -> KnownEvents:
        known = with_known(state.known, readings)
        events = dict(state.events)
        for event in sorted({event for reading in readings for event in reading.events}, key=_age):
            events[event.network] = event
        return KnownEvents(known, events)

    @override
    def subjects(self, state: KnownEvents) -> Collection[str]:
        return state.events.keys()

    @override
    def signal(self, state: KnownEvents, subject: str, now: datetime) -> Signal | None:
        event = state.events.get(subject)
        members = [state.known.newest[id_] for id_ in event.exchanges if id_ in state.known.newest] if event else []
        as_of = max((member.as_of for member in members if member.as_of), default=None)
        if event is None or as_of is None:
            return None
        # What an exchange closes besides may show later that it was none, and after a day it excuses nothing.
        is_on = any(current.network == subject for member in members for current in member.events)
        figures = [_measured(member, subject, now) for member in members]
        still_closed = sum(figure.size is None or figure.size.value < 0 for figure in figures) if is_on else 0
        return Signal(
            subject,
            self.rule,
            as_of=as_of,
            fetched_at=as_of,
            source="exchanges",
            graded=False,
            figures=(Measurement(CLOSED_AT, Size(-float(still_closed), Unit.COUNT)), *figures),
            seen_since=event.since,
        )

    @override
    def grade(self, signal: Signal, sensitivity: Sensitivity) -> Signal:
        closed_at, *exchanges = signal.figures
        count = -closed_at.size.value if closed_at.size else 0.0
        if all(exchange.hold for exchange in exchanges):
            return signal
        severity = Severity.WATCH if count >= NETWORK_EVENT_EXCHANGES else None
        limit = float(NETWORK_EVENT_EXCHANGES)
        return replace(
            signal,
            severity=severity,
            # It goes on until the last of them has opened.
            easing=Severity.WATCH if count else None,
            reasons=(Reason(None, CLOSED_AT, count, limit),) if severity else (),
            leading=CLOSED_AT,
            graded=True,
            confirmed_by_source=severity is not None,
        )


def _measured(member: ExchangeWithdrawals, network: str, now: datetime) -> Measurement:
    name = member.source or member.exchange
    if is_too_old(member, now):
        return Measurement(name, None, Hold(HoldReason.UNKNOWN, "the exchange says nothing about it now"))
    return Measurement(name, Size(-float(is_closed_on(member, network)), Unit.COUNT))


def _age(event: NetworkEvent) -> tuple[datetime, str]:
    return event.since, event.network
