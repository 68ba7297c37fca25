"""A second signal source: the price of a coin's future against the coin's own. Its subjects are assets, not exchanges.

A future at 0.97 of the coin's price is 3 % off: elevated, for that begins at 2 % and severe at 5 %. It eases at 0.6 of
each.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from typing_extensions import override

from bot.domain.flow import Hold, HoldReason
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Measurement, Reason, Signal, Size, Unit
from bot.domain.signal_source import SignalSource

THRESHOLDS = {Severity.SEVERE: 0.05, Severity.ELEVATED: 0.02, Severity.WATCH: 0.005}
SCALES = {Sensitivity.EARLY: 0.7, Sensitivity.NORMAL: 1.0, Sensitivity.CALM: 1.5}
EASING = 0.6
MAX_AGE = timedelta(minutes=30)
PRICE = "price"


@dataclass(frozen=True, slots=True)
class Quote:
    """What a coin's future was worth at a time, as a share of the coin's own price."""

    asset: str
    at: datetime
    ratio: float


@dataclass(frozen=True, slots=True)
class Quotes:
    """The newest quote of each coin, and when the one before was."""

    newest: Mapping[str, Quote] = field(default_factory=dict)
    previous: Mapping[str, datetime] = field(default_factory=dict)


class Basis(SignalSource[Quotes, Quote]):
    """The source."""

    rule = "basis"

    @override
    def initial_state(self) -> Quotes:
        return Quotes()

    @override
    def update(self, state: Quotes, readings: Sequence[Quote]) -> Quotes:
        newest = state.newest
        fresh = {quote.asset: quote for quote in readings if _is_newer(quote, newest.get(quote.asset))}
        previous = {asset: newest[asset].at for asset in fresh if asset in newest}
        return Quotes({**newest, **fresh}, {**state.previous, **previous})

    @override
    def subjects(self, state: Quotes) -> Collection[str]:
        return state.newest.keys()

    @override
    def signal(self, state: Quotes, subject: str, now: datetime) -> Signal | None:
        quote = state.newest.get(subject)
        if quote is None:
            return None
        age = now - quote.at
        old = Hold(HoldReason.STALE, f"newest price is {age // timedelta(minutes=1)} min old")
        size = Size(-abs(1.0 - quote.ratio), Unit.PRICE)
        return Signal(
            subject,
            self.rule,
            as_of=quote.at,
            fetched_at=quote.at,
            source="quotes",
            graded=False,
            previous_as_of=state.previous.get(subject),
            figures=(Measurement(PRICE, size, old if age > MAX_AGE else None),),
        )

    @override
    def grade(self, signal: Signal, sensitivity: Sensitivity) -> Signal:
        (price,) = signal.figures
        if price.hold or price.size is None:
            return signal
        scale, value = SCALES[sensitivity], price.size.value
        severity = _severity(value, scale)
        crossed = Reason(None, PRICE, value, -THRESHOLDS[severity] * scale) if severity else None
        return replace(
            signal,
            severity=severity,
            easing=_severity(value, scale * EASING),
            reasons=(crossed,) if crossed else (),
            leading=PRICE,
            graded=True,
        )


def _severity(value: float, scale: float) -> Severity | None:
    return next((severity for severity, limit in THRESHOLDS.items() if value <= -limit * scale), None)


def _is_newer(quote: Quote, newest: Quote | None) -> bool:
    return newest is None or quote.at > newest.at
