"""Stablecoins below their dollar as a signal source. Its subjects are coins, and no exchange is accused by it.

A coin is judged by what two price sources agree on: of DefiLlama's index $0.94, Kraken $0.93 and Coinbase $0.97 that is
$0.94, for two of them are as low. And by what has lasted: the mildest of the polls of the last 15 minutes counts.

Example, preset `normal`: USDC is at $0.99 at the index and at Kraken from 21:45 on. The polls of 21:45 to 22:00 all say
so: watch at 22:00, for 1 % is beyond 0.5 %. At 03:00 both fall to $0.91, and still are there at 03:15: severe.

- The index alone says $0.95, or the exchanges near $1: watch at most, and what two sources say is held.
- One exchange alone says $0.65: nothing. That happened to USDe at Binance, and was that exchange's trouble.
- The index says $1.00 for hours while two exchanges say $0.90: severe by the two. The index may be frozen.
- Above a dollar: nothing. People pay more than a dollar for the coin that they flee into.

A supply that has shrunk by 5 % in a week is watch by itself: people hand the coin back. Only coins of $1 B or more are
judged by it, for a few holders move a smaller one by as much.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from typing_extensions import override

from bot.domain.flow import Hold, HoldReason
from bot.domain.peg import CoinPeg, PegQuote, PegReading
from bot.domain.severity import Sensitivity, Severity, rank
from bot.domain.signal import Measurement, Reason, Signal, Size, Unit
from bot.domain.signal_source import SignalSource

PEG_RULE = "peg"
AGREED = "two sources"
"""The measurement of the price that two sources have fallen to at least."""
INDEX = "index"
"""The measurement of the index's price alone."""
SUPPLY = "supply in 7 d"
"""The measurement of how a coin's supply has changed in a week."""
LASTING = " for 15 min"
"""Behind a measurement's name: the mildest that it was in the last 15 minutes, by which severities are given."""

LIMITS = {Severity.SEVERE: 0.05, Severity.ELEVATED: 0.02, Severity.WATCH: 0.005}
"""How far below a dollar each severity begins. Judgement: on quiet days the large coins stay within 0.3 %."""
SUPPLY_LIMIT = 0.05
SUPPLY_LEAST_USD = 1e9
SCALES = {Sensitivity.EARLY: 0.7, Sensitivity.NORMAL: 1.0, Sensitivity.CALM: 1.5}
EASING = 0.6
"""An incident eases by limits at this fraction of themselves, as an outflow does."""
LASTS = timedelta(minutes=15)
"""For so long, and on two polls at least, a price has to be where it is judged to be."""
MAX_AGE = timedelta(minutes=30)
"""What was polled, or priced, longer ago is not judged: six polls that brought nothing."""
_APART = 0.01
"""Sources that are further apart disagree, where the one that is nearer to a dollar is within as much of it."""
_JUDGED = (AGREED, INDEX, SUPPLY)

_Value = Callable[[PegReading], float | None]


@dataclass(frozen=True, slots=True)
class KnownPegs:
    """What is known of each coin, by its symbol."""

    coins: Mapping[str, CoinPeg] = field(default_factory=dict)


class Peg(SignalSource[KnownPegs, CoinPeg]):
    """The rule of pegs, for all coins."""

    rule = PEG_RULE

    @override
    def initial_state(self) -> KnownPegs:
        return KnownPegs()

    @override
    def update(self, state: KnownPegs, readings: Sequence[CoinPeg]) -> KnownPegs:
        newer = {coin.asset: coin for coin in readings if _is_newer(coin, state.coins.get(coin.asset))}
        return KnownPegs({**state.coins, **newer}) if newer else state

    @override
    def subjects(self, state: KnownPegs) -> Collection[str]:
        return state.coins.keys()

    @override
    def signal(self, state: KnownPegs, subject: str, now: datetime) -> Signal | None:
        coin = state.coins.get(subject)
        if coin is None:
            return None
        newest = coin.newest
        return Signal(
            subject,
            self.rule,
            as_of=newest.at,
            fetched_at=newest.at,
            source=", ".join(quote.source for quote in _fresh(newest)) or "DefiLlama",
            graded=False,
            previous_as_of=coin.readings[-2].at if len(coin.readings) > 1 else None,
            figures=tuple(_figures(coin, now)),
        )

    @override
    def grade(self, signal: Signal, sensitivity: Sensitivity) -> Signal:
        scale, judged = SCALES[sensitivity], signal.judged
        if judged.isdisjoint(_JUDGED):
            return signal
        reasons = [reason for name in _JUDGED if (reason := _reason(signal, name, scale))]
        severity = max((_severity_of(reason, scale) for reason in reasons), key=rank, default=None)
        # What two sources say has lasted needs the index beside it for nothing, and of prices one is enough.
        worst = [reason for reason in reasons if _severity_of(reason, scale) is severity][:1]
        easing = [_severity(name, _value(signal, name), scale * EASING) for name in _JUDGED]
        leading = worst[0].measure if worst else _nearest_to_limit(signal)
        return replace(
            signal,
            severity=severity,
            easing=max((*easing, severity), key=rank),
            reasons=tuple(worst),
            leading=leading,
            graded=True,
            # Whatever is reached has been so on two polls, 15 minutes apart.
            confirmed_by_source=severity is not None,
        )


def agreed_usd(reading: PegReading) -> float | None:
    """Return the price that two sources have fallen to at least: the second lowest; None of fewer than two."""
    prices = sorted(quote.usd for quote in _fresh(reading))
    return prices[1] if len(prices) > 1 else None


def _figures(coin: CoinPeg, now: datetime) -> Iterator[Measurement]:
    newest = coin.newest
    age = now - newest.at
    old = Hold(HoldReason.STALE, f"newest price is {age // timedelta(minutes=1)} min old") if age > MAX_AGE else None
    index, agreed = _index_usd(newest), agreed_usd(newest)
    for name, value, hold in (
        (AGREED, agreed_usd, old or _agreed_hold(newest, index, agreed)),
        (INDEX, _index_usd, old or _index_hold(index, agreed)),
    ):
        yield from _measured(coin, name, _below(value), Unit.PRICE, hold)
    supply = newest.supply
    # Not as a missing chain: prices can be compared all the same.
    missing = Hold(HoldReason.UNKNOWN, f"without {supply.missing}") if supply and supply.missing else None
    if supply and supply.week_ago_usd >= SUPPLY_LEAST_USD:
        yield from _measured(coin, SUPPLY, _supply_change, Unit.SUPPLY, old or missing)
    for quote in newest.exchanges:
        yield Measurement(quote.source, Size(quote.usd - 1.0, Unit.PRICE), old)


def _measured(coin: CoinPeg, name: str, value: _Value, unit: Unit, hold: Hold | None) -> Iterator[Measurement]:
    """Yield a figure as it is now and, where it has lasted for long enough to be told, as it was all that time."""
    now = value(coin.newest)
    yield Measurement(name, None if now is None else Size(now, unit), hold)
    lasting = None if now is None else _lasting(coin.readings, value)
    if lasting is not None:
        yield Measurement(name + LASTING, Size(lasting, unit))


def _lasting(readings: Sequence[PegReading], value: _Value) -> float | None:
    """Return the mildest of the values back to the first that is 15 minutes older; None where there is none so old."""
    mildest: float | None = None
    for reading in reversed(readings):
        if (at := value(reading)) is None:
            continue
        mildest = at if mildest is None else max(mildest, at)
        if readings[-1].at - reading.at >= LASTS:
            return mildest
    return None


def _agreed_hold(newest: PegReading, index: float | None, agreed: float | None) -> Hold | None:
    if agreed is None:
        return Hold(HoldReason.UNKNOWN, "no second price")
    if index is not None and agreed - index >= _APART and agreed > 1.0 - _APART:
        nearest = max(newest.exchanges, key=lambda quote: quote.usd)
        return Hold(HoldReason.DISAGREE, f"{nearest.source} ${nearest.usd:.3f}")
    return None


def _index_hold(index: float | None, agreed: float | None) -> Hold | None:
    if index is None:
        return Hold(HoldReason.UNKNOWN, "no price")
    if agreed is not None and index - agreed >= _APART and index > 1.0 - _APART:
        return Hold(HoldReason.DISAGREE, f"${index:.3f}")
    return None


def _fresh(reading: PegReading) -> Iterable[PegQuote]:
    return (quote for quote in reading.quotes if reading.at - quote.at <= MAX_AGE)


def _index_usd(reading: PegReading) -> float | None:
    index = reading.index
    return index.usd if index and reading.at - index.at <= MAX_AGE else None


def _below(usd_of: _Value) -> _Value:
    """Return what measures a price by how far it is from a dollar: −0.03 is $0.97."""

    def deviation(reading: PegReading) -> float | None:
        usd = usd_of(reading)
        return None if usd is None else round(usd - 1.0, 6)

    return deviation


def _supply_change(reading: PegReading) -> float | None:
    supply = reading.supply
    return round(supply.change, 6) if supply and supply.week_ago_usd and not supply.missing else None


def _reason(signal: Signal, name: str, scale: float) -> Reason | None:
    """Return the limit that a figure has been beyond for 15 minutes, None where it has not."""
    if name not in signal.judged:
        return None
    value = _value(signal, name + LASTING)
    severity = _severity(name, value, scale)
    if value is None or severity is None:
        return None
    return Reason(None, name, value, -_limit(name, severity) * scale)


def _severity_of(reason: Reason, scale: float) -> Severity | None:
    return _severity(reason.measure, reason.value, scale)


def _severity(name: str, value: float | None, scale: float) -> Severity | None:
    """Return how bad a figure is; by the index alone, and by the supply, it is watch at most."""
    if value is None:
        return None
    severities = LIMITS if name == AGREED else (Severity.WATCH,)
    return next((severity for severity in severities if value <= -_limit(name, severity) * scale), None)


def _limit(name: str, severity: Severity) -> float:
    return SUPPLY_LIMIT if name == SUPPLY else LIMITS[severity]


def _value(signal: Signal, name: str) -> float | None:
    """Return a figure that may be judged, None where it is held or not known."""
    sizes = (figure.size for figure in signal.figures if figure.name == name and figure.hold is None)
    return next((size.value for size in sizes if size), None)


def _nearest_to_limit(signal: Signal) -> str:
    """Return the judged figure that is the greatest part of its limit, or the furthest from it on the other side."""
    values = {name: value for name in _JUDGED if (value := _value(signal, name)) is not None}
    return min(values, key=lambda name: values[name] / _limit(name, Severity.WATCH), default=AGREED)


def _is_newer(coin: CoinPeg, known: CoinPeg | None) -> bool:
    return known is None or coin.newest.at > known.newest.at
