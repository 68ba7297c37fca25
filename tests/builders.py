"""Builders of values for tests: a call names only what matters to the test, everything else has an ordinary value."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.detection.outflow import grade
from bot.domain.assets import MAJORS
from bot.domain.exchange import Exchange, Listing
from bot.domain.flow import AssetFlow, Baseline, Flow, Hold, HoldReason, Window
from bot.domain.incident import Incident, IncidentState
from bot.domain.jump import Jump, JumpPart, JumpReason, Move, Verdict
from bot.domain.place import Place, Platform, Subscription
from bot.domain.reading import Holding, Reading, Slot
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule, Signal
from bot.domain.snapshot import DailyPoint
from bot.domain.withdrawal_reading import WithdrawalState
from bot.domain.withdrawals import Majors, MajorWithdrawals

NOON = datetime(2022, 12, 13, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
BINANCE = Exchange("binance", "Binance", "binance-cex", frozenset({"BNB"}))
OKX = Exchange("okx", "OKX", "okx", frozenset({"OKB"}))
HERE = Place(Platform.TELEGRAM, "-1001234567890")
QUIET = Baseline(90, median=0.0, spread=0.004, low=-0.006, high=0.007, worst=-0.01)
"""A baseline of an exchange on which less than 0.7 % of reserves move on a normal day."""
CHAIN_MISSING = Hold(HoldReason.CHAIN_MISSING, "Tron, 14.0 % of reserves")
STALE = Hold(HoldReason.STALE, "newest reading is 5 h old")


def reading(holdings: Mapping[str, tuple[float, float]], *, at: datetime = NOON, exchange: str = "binance") -> Reading:
    """Return a reading from `{"Tron/USDT": (amount, price)}`."""
    slots = {Slot(*slot.split("/")): Holding(amount, amount * price) for slot, (amount, price) in holdings.items()}
    return Reading(exchange, "defillama", at, at + timedelta(minutes=5), slots)


def holding(billions: float, *, at: datetime = NOON, exchange: str = "binance") -> Reading:
    """Return a reading worth a number of billion dollars: three fifths in USDT, two fifths in BTC at $20,000."""
    dollars = billions * 1e9
    return reading(
        {"Tron/USDT": (0.6 * dollars, 1.0), "Bitcoin/BTC": (0.4 * dollars / 20_000, 20_000.0)},
        at=at,
        exchange=exchange,
    )


def quiet_days(count: int = 60, *, until: datetime = NOON, share: float = 0.002) -> tuple[DailyPoint, ...]:
    """Return `count` days up to the day before, with a net flow of `share` and −`share` in turn."""
    first = until.replace(hour=0) - count * DAY
    return tuple(DailyPoint(first + day * DAY, 6e10, share * (-1) ** day) for day in range(count))


def flow(  # noqa: PLR0913 — what a flow may be, each part named where it matters
    share: float = -0.036,
    window: Window = Window.DAY,
    *,
    at: datetime = NOON,
    reserves: float = 6.41e10,
    hold: Hold | None = None,
    missing: tuple[str, ...] = (),
) -> Flow:
    """Return a flow of `share`, three fifths of it in USDT and two fifths in BTC."""
    usd = share * reserves
    assets = (AssetFlow("USDT", 0.6 * usd, 0.6 * usd), AssetFlow("BTC", 0.4 * usd / 20_000, 0.4 * usd))
    return Flow(window, at - window.length, at, usd, share, reserves, assets, missing, hold)


def majors(
    *closed: str, since: datetime = NOON, others: WithdrawalState = WithdrawalState.OPEN, **fields: Any
) -> Majors:
    """Return the four majors of which these are closed, with these other fields, and the others are as `others`."""
    return tuple(
        MajorWithdrawals(asset, WithdrawalState.CLOSED, since, **fields)
        if asset in closed
        else MajorWithdrawals(asset, others, since - DAY)
        for asset in MAJORS
    )


def jump(  # noqa: PLR0913 — as above
    asset: str = "BTC",
    units: float = -28.0,
    *,
    at: datetime = NOON,
    usd: float | None = None,
    share: float = -0.05,
    reason: JumpReason = JumpReason.ALONE,
    verdict: Verdict = Verdict.WAITING,
    turned: datetime | None = None,
) -> Jump:
    """Return a jump of one asset, worth a dollar a unit; with `turned` it has come back at that time."""
    moves = (Move(at, units), *([Move(turned, -units)] if turned else []))
    return Jump(
        asset,
        at,
        units if usd is None else usd,
        share,
        reason,
        verdict,
        (JumpPart(asset, units, moves),),
        rest_usd=900.0,
        decided_at=turned,
        turns=1 if turned else 0,
        turned_at=turned,
    )


def signal(  # noqa: PLR0913 — as above
    share: float | None = -0.036,
    *,
    at: datetime = NOON,
    flows: Iterable[Flow] = (),
    previous: datetime | None = None,
    baseline: Baseline | None = QUIET,
    sensitivity: Sensitivity = Sensitivity.NORMAL,
    exchange: str = "binance",
) -> Signal:
    """Return a graded signal with a flow of `share` over 24 hours (None: without that window) beside `flows`."""
    day = () if share is None else (flow(share, at=at),)
    raw = Signal(
        subject=exchange,
        rule=Rule.OUTFLOW,
        as_of=at,
        fetched_at=at + timedelta(minutes=5),
        source="defillama",
        flows=(*day, *flows),
        baseline=baseline,
        graded=False,
        previous_as_of=previous or at - HOUR,
    )
    return grade(raw, sensitivity)


def incident(  # noqa: PLR0913 — as above
    severity: Severity = Severity.ELEVATED,
    *,
    state: IncidentState = IncidentState.OPEN,
    number: int = 42,
    peak: Severity | None = None,
    seen: Signal | None = None,
    confirmed: bool = True,
    exchange: str = "binance",
    sensitivity: Sensitivity = Sensitivity.NORMAL,
) -> Incident:
    """Return an incident that was announced once, at its first reading."""
    seen = seen or signal(exchange=exchange)
    return Incident(
        subject=exchange,
        rule=Rule.OUTFLOW,
        state=state,
        severity=severity,
        peak=peak or severity,
        started_at=seen.as_of,
        changed_at=seen.as_of,
        first_as_of=seen.as_of,
        signal=seen,
        announced=seen,
        announced_at=seen.as_of,
        sensitivity=sensitivity,
        number=number,
        steps=1,
        worst=seen.size,
        confirmed=confirmed,
        rests_on=tuple(dict.fromkeys(reason.measurement for reason in seen.reasons)),
    )


def subscription(  # noqa: PLR0913 — as above
    exchange: str | None = "binance",
    *,
    place: Place = HERE,
    severity: Severity = Severity.WATCH,
    sensitivity: Sensitivity = Sensitivity.NORMAL,
    usd: float | None = None,
    share: float | None = None,
    mention: str | None = None,
) -> Subscription:
    """Return a subscription of a place."""
    return Subscription(place, exchange, severity, sensitivity, usd, share, mention)


def listing(
    exchange: Exchange = BINANCE,
    *,
    at: datetime = NOON,
    total: float | None = 6.5e10,
    clean: float | None = 6e10,
    inflow: float | None = None,
) -> Listing:
    """Return a row of the list; `inflow` is the upstream's own figure for the last 24 hours."""
    return Listing(exchange, "defillama", at, total, clean, inflow)
