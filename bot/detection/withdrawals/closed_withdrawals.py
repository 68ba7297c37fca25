"""Closed withdrawals as a signal source: incidents of exchanges whose users cannot take out the major assets.

Its readings are what is known after polls (`polls.py`), which have waited for their second poll already. So nothing
waits again: one major that has been closed for 60 minutes opens a watch with the poll that shows it.

Example, preset `normal`: USDT closes at 12:00 and USDC at 12:20. 12:35: elevated, both are closed for 15 minutes. BTC
and ETH close at 12:40, which the poll of 12:45 confirms: severe. Had the closing of USDC been announced, 12:35 would be
nothing yet, because one severity less is watch for two, and for USDT alone the 60 minutes are not over.

Only changes raise anything. What was closed when an exchange was first looked at may have been so for months: it counts
beside another one that was seen to close, and where all four are closed.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from typing_extensions import override

from bot.detection.withdrawals.guards.network_events import has_excused_closing
from bot.detection.withdrawals.majors import judged_majors
from bot.detection.withdrawals.thresholds import ONE_MAJOR_FOR, SCALES, TWO_MAJORS_FOR
from bot.domain.assets import MAJORS
from bot.domain.flow import Hold, HoldReason
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import CLOSED_WITHDRAWALS, Measurement, Reason, Signal, Size, Unit
from bot.domain.signal_source import SignalSource
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, Majors, MajorWithdrawals, closed_majors, raising_majors

WITHDRAWALS_RULE = "withdrawals"
CLOSED_SHARE = "closed share"
"""The measurement of which part of all listed networks is closed: −0.32 is 32 %."""
USUAL_SHARE = "usual closed share"
SHARE_JUMPED_FOR = "minutes since the closed share jumped"
"""A measurement that is only there while the share is far above the usual one. No incident rests on it: one that did
could not end without it."""

_MINUTE = timedelta(minutes=1)
_TWO = 2
_ONE_LESS = {
    Severity.SEVERE: Severity.ELEVATED,
    Severity.ELEVATED: Severity.WATCH,
}


@dataclass(frozen=True, slots=True)
class KnownWithdrawals:
    """What is known of each exchange, by its id, and when it was answered the time before."""

    newest: Mapping[str, ExchangeWithdrawals] = field(default_factory=dict)
    previous: Mapping[str, datetime] = field(default_factory=dict)


def with_known(state: KnownWithdrawals, readings: Sequence[ExchangeWithdrawals]) -> KnownWithdrawals:
    """Return the state with what is known by now; what was polled earlier than the newest changes nothing."""
    newest, previous = dict(state.newest), dict(state.previous)
    for reading in readings:
        before = newest.get(reading.exchange)
        if before and before.polled_at and (reading.polled_at is None or reading.polled_at < before.polled_at):
            continue
        newest[reading.exchange] = reading
        if before and before.as_of and reading.as_of != before.as_of:
            previous[reading.exchange] = before.as_of
    return KnownWithdrawals(newest, previous)


class ClosedWithdrawals(SignalSource[KnownWithdrawals, ExchangeWithdrawals]):
    """The rule of closed withdrawals, for all exchanges with a withdrawal source."""

    rule = WITHDRAWALS_RULE

    @override
    def initial_state(self) -> KnownWithdrawals:
        return KnownWithdrawals()

    @override
    def update(self, state: KnownWithdrawals, readings: Sequence[ExchangeWithdrawals]) -> KnownWithdrawals:
        return with_known(state, readings)

    @override
    def subjects(self, state: KnownWithdrawals) -> Collection[str]:
        return state.newest.keys()

    @override
    def signal(self, state: KnownWithdrawals, subject: str, now: datetime) -> Signal | None:
        known = state.newest.get(subject)
        # Without an answer there is no time that anything was true, and nothing that could be said.
        if known is None or known.as_of is None:
            return None
        majors = judged_majors(known, now)
        count = Measurement(CLOSED_WITHDRAWALS, Size(-float(len(closed_majors(majors))), Unit.COUNT))
        unknown = Hold(
            HoldReason.UNKNOWN, str(known.fault) if known.fault else "the exchange says nothing about it now"
        )
        return Signal(
            subject,
            self.rule,
            as_of=known.as_of,
            fetched_at=known.as_of,
            source=known.source,
            graded=False,
            previous_as_of=state.previous.get(subject),
            withdrawals=majors,
            figures=(count, *(_measured(major, unknown) for major in majors), *_shares(known, known.as_of)),
        )

    @override
    def grade(self, signal: Signal, sensitivity: Sensitivity) -> Signal:
        majors = signal.withdrawals or ()
        if all(major.state is WithdrawalState.UNKNOWN for major in majors) or signal.withdrawals_are_withheld:
            return signal
        severity, reasons = _worst(signal, SCALES[sensitivity])
        easing, _ = _worst(signal, 0.0)
        is_share_alone = easing is not None and not closed_majors(majors)
        return replace(
            signal,
            severity=severity,
            easing=easing,
            reasons=reasons,
            leading=CLOSED_SHARE if is_share_alone else CLOSED_WITHDRAWALS,
            graded=True,
            # Whatever is closed here has been said by two polls.
            confirmed_by_source=bool(reasons),
            crossed=tuple(_crossed(signal)) if severity else (),
        )


def _measured(major: MajorWithdrawals, unknown: Hold) -> Measurement:
    # Without a time it is not listed at all: an incident of what was delisted would wait for it for ever.
    if major.state is WithdrawalState.UNKNOWN and major.since:
        return Measurement(major.asset, None, unknown)
    return Measurement(major.asset, Size(-float(major.is_closed), Unit.COUNT))


def _shares(known: ExchangeWithdrawals, at: datetime) -> Iterator[Measurement]:
    """Yield the closed share, what is usual, and for how long it has been far above that, as far as they are known."""
    if known.closed_share is not None:
        # In whole percent: less than that is no news, and messages are edited when a size is other than was told.
        yield Measurement(CLOSED_SHARE, Size(-round(known.closed_share, 2), Unit.NETWORKS))
    if known.usual_share is not None:
        yield Measurement(USUAL_SHARE, Size(-round(known.usual_share, 2), Unit.NETWORKS))
    if known.share_jumped_since and not has_excused_closing(known, at):
        yield Measurement(SHARE_JUMPED_FOR, Size(-((at - known.share_jumped_since) / _MINUTE), Unit.COUNT))


def _crossed(signal: Signal) -> Iterator[str]:
    """Yield what an incident rests on: every major that is closed, and the share where it has jumped."""
    yield from (major.asset for major in closed_majors(signal.withdrawals))
    if _jumped_for(signal) is not None:
        yield CLOSED_SHARE


def _worst(signal: Signal, scale: float) -> tuple[Severity | None, tuple[Reason, ...]]:
    """Return the worst severity and why. `scale` is the preset's, on minutes; 0 waits for nothing, for leaving.

    What was announced counts for one severity less: of everything that is closed one less, of what was not announced
    in full, whichever is worse. What the newest poll told open makes no incident, and keeps one up until another poll
    says so.
    """
    closed = raising_majors(signal.withdrawals) if scale else closed_majors(signal.withdrawals)
    unannounced = tuple(major for major in closed if not major.in_maintenance)
    found = [_of_majors(unannounced, signal.as_of, scale), _of_share(signal, scale)]
    if len(unannounced) < len(closed):
        severity, reasons = _of_majors(closed, signal.as_of, scale)
        found.append((_ONE_LESS.get(severity) if severity else None, reasons))
    worst, reasons = max(found, key=lambda graded: rank(graded[0]))
    return worst, reasons if worst else ()


def _of_majors(closed: Majors, at: datetime, scale: float) -> tuple[Severity | None, tuple[Reason, ...]]:
    """Return the severity that these closed majors have at a time."""
    if len(closed) == len(MAJORS):
        return Severity.SEVERE, (Reason(None, CLOSED_WITHDRAWALS, float(len(closed)), float(len(MAJORS))),)
    seen_to_close = tuple(major for major in closed if not major.began_unseen)
    # An incident that is open does not end because only closings of an unknown beginning are left of several.
    several = _closed_for(closed, at, TWO_MAJORS_FOR * scale) if seen_to_close or not scale else ()
    if len(several) >= _TWO:
        return Severity.ELEVATED, several
    single = _closed_for(seen_to_close, at, ONE_MAJOR_FOR * scale)
    return (Severity.WATCH, single) if single else (None, ())


def _closed_for(closed: Majors, at: datetime, limit: timedelta) -> tuple[Reason, ...]:
    """Return a reason for each major that has been closed for so long: minutes, and the limit in minutes."""
    return tuple(
        Reason(None, major.asset, (at - major.since) / _MINUTE, limit / _MINUTE)
        for major in closed
        if major.since and at - major.since >= limit
    )


def _of_share(signal: Signal, scale: float) -> tuple[Severity | None, tuple[Reason, ...]]:
    """Return the severity of a closed share that has jumped: watch, after as long as one major takes."""
    minutes, limit = _jumped_for(signal), ONE_MAJOR_FOR * scale / _MINUTE
    if minutes is None or minutes < limit:
        return None, ()
    return Severity.WATCH, (Reason(None, CLOSED_SHARE, minutes, limit),)


def _jumped_for(signal: Signal) -> float | None:
    """Return for how many minutes the closed share has been far above the usual one, None where it is not."""
    sizes = (figure.size for figure in signal.figures if figure.name == SHARE_JUMPED_FOR)
    return next((-size.value for size in sizes if size), None)
