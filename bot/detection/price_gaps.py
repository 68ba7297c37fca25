"""An exchange whose prices are far from those of all others, as a signal source. Its subjects are exchanges.

What keeps prices together is that people buy where a coin is cheap, take it out and sell it where it is dear. Where
nothing can be taken out, prices drift apart: below the others where coins cannot leave (Mt. Gox in February 2014,
WazirX in 2024), above them where money cannot and coins can (Mt. Gox in 2013, Binance.US in June 2023).

Example, preset `normal`: HTX has BTC 2.5 % above the median of seven others at 12:00 and at 12:05: watch. At 12:30 BTC
and ETH have been at least 5 % and 2 % above it for half an hour: elevated.

- It is never worse than elevated: prices say that something is stuck, not that money is leaving.
- One coin alone is watch, however far it is: one market may be broken. For elevated a second coin has to be beyond the
  limit of watch, in the same direction, for as long.
- Half an hour, for gaps of a fault are shorter: Bithumb was at −16 % for 5 minutes in February 2026 after a wrong
  payout, Upbit at −34 % for 15 in December 2024.
- A price to the cent the same for 15 minutes while the median moves is that of a market that stands still: held.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from typing_extensions import override

from bot.domain.flow import Hold, HoldReason
from bot.domain.price_gap import AssetGap, ExchangeGaps, GapReading, QuoteFlaw
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import Measurement, Reason, Signal, Size, Unit
from bot.domain.signal_source import SignalSource

PRICE_GAP_RULE = "price gap"
ASSETS = ("BTC", "ETH", "USDT", "USDC")
BELOW, ABOVE = "below", "above"
"""Behind a coin's name in that of a measurement: "BTC below". Its size is how far below, and 0 where it is above."""
OTHERS = "others"
"""Behind a coin's name: how many exchanges its price is compared with."""
SHORT, LONG = " for 5 min", " for 30 min"
"""Behind a measurement's name: the mildest that it was for so long, by which severities are given."""

LIMITS = {Severity.ELEVATED: 0.05, Severity.WATCH: 0.02}
"""How far from the median each severity begins. Judgement: with like quotes healthy exchanges stayed within 1 % even in
March 2023, and the gaps of exchanges that had closed a door were 5 to 80 %."""
LASTS = {LONG: timedelta(minutes=30), SHORT: timedelta(minutes=5)}
SCALES = {Sensitivity.EARLY: 0.7, Sensitivity.NORMAL: 1.0, Sensitivity.CALM: 1.5}
EASING = 0.6
"""An incident eases by limits at this fraction of themselves, as an outflow does."""
MAX_AGE = timedelta(minutes=30)
"""What was polled longer ago is not judged: six polls that brought nothing."""
FROZEN_FOR = timedelta(minutes=15)
_MOVED = 0.001  # of the median meanwhile; a quiet market may stand at one price for a while
_NAMES = tuple(f"{asset} {side}" for asset in ASSETS for side in (BELOW, ABOVE))


@dataclass(frozen=True, slots=True)
class KnownGaps:
    """What is known of each exchange, by its id."""

    exchanges: Mapping[str, ExchangeGaps] = field(default_factory=dict)


class PriceGap(SignalSource[KnownGaps, ExchangeGaps]):
    """The rule of price gaps, for all exchanges."""

    rule = PRICE_GAP_RULE

    @override
    def initial_state(self) -> KnownGaps:
        return KnownGaps()

    @override
    def update(self, state: KnownGaps, readings: Sequence[ExchangeGaps]) -> KnownGaps:
        newer = {told.exchange: told for told in readings if _is_newer(told, state.exchanges.get(told.exchange))}
        return KnownGaps({**state.exchanges, **newer}) if newer else state

    @override
    def subjects(self, state: KnownGaps) -> Collection[str]:
        return state.exchanges.keys()

    @override
    def signal(self, state: KnownGaps, subject: str, now: datetime) -> Signal | None:
        known = state.exchanges.get(subject)
        if known is None:
            return None
        newest = known.newest
        return Signal(
            subject,
            self.rule,
            as_of=newest.at,
            fetched_at=newest.at,
            source="public tickers",
            graded=False,
            previous_as_of=known.readings[-2].at if len(known.readings) > 1 else None,
            figures=tuple(_figures(known, now)),
        )

    @override
    def grade(self, signal: Signal, sensitivity: Sensitivity) -> Signal:
        scale = SCALES[sensitivity]
        if signal.judged.isdisjoint(_NAMES):
            return signal
        severities = _severities(signal, scale)
        severity = max(severities.values(), key=rank, default=None)
        worst = sorted(name for name, reached in severities.items() if reached is severity)
        leading = min(worst or _judged(signal), key=lambda name: _value(signal, name) or 0.0)
        easing = max(_severities(signal, scale * EASING).values(), key=rank, default=None)
        return replace(
            signal,
            severity=severity,
            easing=max((easing, severity), key=rank),
            reasons=(_reason(signal, leading, severity, scale),) if severity else (),
            leading=leading,
            graded=True,
            # Whatever is reached has been so on two polls, five minutes apart or more.
            confirmed_by_source=severity is not None,
        )


def _figures(known: ExchangeGaps, now: datetime) -> Iterator[Measurement]:
    age = now - known.newest.at
    old = Hold(HoldReason.STALE, f"newest price is {age // timedelta(minutes=1)} min old") if age > MAX_AGE else None
    for asset in ASSETS:
        newest = known.newest.of(asset)
        if newest is None:
            continue
        flaw = newest.flaw or (QuoteFlaw.FROZEN if _is_frozen(known.readings, asset) else None)
        hold = old or (Hold(HoldReason.UNKNOWN, str(flaw)) if flaw else None)
        for side in (BELOW, ABOVE):
            name = f"{asset} {side}"
            value = _far(newest, side)
            yield Measurement(name, None if value is None else Size(value, Unit.PRICE), hold)
            if value is None or hold:
                continue
            for suffix, span in LASTS.items():
                lasting = _lasting(known.readings, asset, side, span)
                if lasting is not None:
                    yield Measurement(name + suffix, Size(lasting, Unit.PRICE))
        yield Measurement(f"{asset} {OTHERS}", Size(newest.others, Unit.COUNT))


def _far(gap: AssetGap, side: str) -> float | None:
    """Return how far a price is on one side of the median as a number below zero, 0 where it is on the other."""
    if gap.gap is None:
        return None
    return min(gap.gap, 0.0) if side == BELOW else min(-gap.gap, 0.0)


def _lasting(readings: Sequence[GapReading], asset: str, side: str, span: timedelta) -> float | None:
    """Return the mildest of the values back to the first that is so much older; None where there is none so old."""
    mildest: float | None = None
    for reading in reversed(readings):
        gap = reading.of(asset)
        value = None if gap is None else _far(gap, side)
        if value is None:
            continue
        mildest = value if mildest is None else max(mildest, value)
        if readings[-1].at - reading.at >= span:
            return mildest
    return None


def _is_frozen(readings: Sequence[GapReading], asset: str) -> bool:
    """Return whether a price has been one and the same for 15 minutes on three polls, while the median moved."""
    told: list[AssetGap] = []
    for reading in reversed(readings):
        gap = reading.of(asset)
        if gap is None or gap.price is None or gap.median is None:
            continue
        told.append(gap)
        if gap.price != told[0].price:
            return False
        if readings[-1].at - reading.at >= FROZEN_FOR:
            break
    else:
        return False
    return len(told) > 2 and _have_moved(told)  # noqa: PLR2004 -- as the docstring says


def _have_moved(told: Iterable[AssetGap]) -> bool:
    medians = [gap.median for gap in told if gap.median is not None]
    return max(medians) > min(medians) * (1.0 + _MOVED)


def _severities(signal: Signal, scale: float) -> dict[str, Severity]:
    """Return what each measurement reaches by itself or together with a second coin; those that reach nothing lack."""
    limits = {severity: limit * scale for severity, limit in LIMITS.items()}
    reached: dict[str, Severity] = {}
    for name in _judged(signal):
        if not _is_beyond(signal, name + SHORT, limits[Severity.WATCH]):
            continue
        reached[name] = Severity.WATCH
        side = name.rpartition(" ")[2]
        seconds = (other for other in _judged(signal) if other != name and other.endswith(side))
        is_shared = any(_is_beyond(signal, other + LONG, limits[Severity.WATCH]) for other in seconds)
        if is_shared and _is_beyond(signal, name + LONG, limits[Severity.ELEVATED]):
            reached[name] = Severity.ELEVATED
    return reached


def _is_beyond(signal: Signal, name: str, limit: float) -> bool:
    value = _value(signal, name)
    return value is not None and value <= -limit


def _reason(signal: Signal, name: str, severity: Severity, scale: float) -> Reason:
    suffix = LONG if severity is Severity.ELEVATED else SHORT
    return Reason(None, name, _value(signal, name + suffix) or 0.0, -LIMITS[severity] * scale)


def _judged(signal: Signal) -> list[str]:
    judged = signal.judged
    return [name for name in _NAMES if name in judged]


def _value(signal: Signal, name: str) -> float | None:
    """Return a figure that may be judged, None where it is held or not known."""
    sizes = (figure.size for figure in signal.figures if figure.name == name and figure.hold is None)
    return next((size.value for size in sizes if size), None)


def _is_newer(told: ExchangeGaps, known: ExchangeGaps | None) -> bool:
    return known is None or told.newest.at > known.newest.at
