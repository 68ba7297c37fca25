"""What a detector says after one look at one exchange."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.flow import Baseline, Flow, Hold, Window
from bot.domain.guard_state import RoundTrip
from bot.domain.severity import Severity


class Rule(StrEnum):
    """The rules that open incidents.

    Outflow and bleed tell one story of an exchange, kept as OUTFLOW: BLEED is its word while only the windows of 14
    and 30 days are crossed.
    """

    OUTFLOW = "outflow"
    BLEED = "bleed"
    MARKET_WIDE = "market-wide"


@dataclass(frozen=True, slots=True)
class Reason:
    """One threshold that was crossed, as numbers: `value` and `threshold` are shares, or z where `measure` says so."""

    window: Window
    measure: str
    value: float
    threshold: float


class NoteReason(StrEnum):
    """What a look has to say beside its figures; nothing is held for it."""

    WALLETS_CHANGED = "wallets changed"
    ROUND_TRIP = "round trip"
    PASSAGE = "came and left"
    COUNTED = "counted after all"
    PRICE_ODD = "price odd"
    OWN_TOKEN = "own token"  # noqa: S105 — a token of an exchange
    GAP = "gap"
    BLIND = "saw nothing"


@dataclass(frozen=True, slots=True)
class Note:
    """Something people should know about the figures.

    `subject` is the chain, the asset or the windows it is about; `usd` the size of it, signed (negative: left), or the
    price that is used; `at` when it was seen, or from when on nothing was, `until` then.
    """

    reason: NoteReason
    subject: str
    usd: float | None = None
    at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MarketMember:
    """One exchange's part in a market-wide incident: how bad its own incident `label` is, and what flowed there."""

    exchange: str
    label: str
    severity: Severity
    window: Window
    usd: float
    share: float


@dataclass(frozen=True, slots=True)
class SourceFigure:
    """What a source itself says flowed over a window: USD, positive = deposits."""

    window: Window
    usd: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class Signal:
    """One look: the severity now (None: calm), and the severity under the easier thresholds for leaving.

    `as_of` is the newest reading's time: two signals of the same `as_of` are one observation. `leading` is the window
    that says most; a flow with a hold may not be graded. With nothing gradable, `graded` is False and the
    signal proves neither trouble nor calm. `previous_as_of` is the time of the reading before, None when there is none.
    `trips` are large amounts that left and came back in the last two days, `members` the exchanges that a market-wide
    signal is about, worst first. `seconds` are the source's own figures; `seconded` says that one of them confirms what
    was graded. `closed` are the majors that cannot be withdrawn and since when, None where nobody watches the doors.
    """

    exchange: str
    rule: Rule
    as_of: datetime
    fetched_at: datetime
    source: str
    severity: Severity | None = None
    easing: Severity | None = None
    reasons: tuple[Reason, ...] = ()
    flows: tuple[Flow, ...] = ()
    leading: Window | None = None
    baseline: Baseline | None = None
    graded: bool = True
    previous_as_of: datetime | None = None
    notes: tuple[Note, ...] = ()
    trips: tuple[RoundTrip, ...] = ()
    members: tuple[MarketMember, ...] = ()
    seconds: tuple[SourceFigure, ...] = ()
    seconded: bool = False
    closed: tuple[tuple[str, datetime], ...] | None = None

    def flow(self, window: Window | None) -> Flow | None:
        """Return the flow over one window, None when it could not be computed."""
        return next((flow for flow in self.flows if flow.window is window), None)

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Return why windows are held, in the order of the windows and each cause once."""
        return tuple(dict.fromkeys(flow.hold for flow in self.flows if flow.hold))

    @property
    def doors_are_shut(self) -> bool:
        """Return whether withdrawals of two majors or more are known to be closed."""
        return len(self.closed or ()) > 1

    def door_reason(self, window: Window) -> Reason:
        """Return why an outflow over a window is critical: how many majors are closed, of two that make it so."""
        return Reason(window, "doors", float(len(self.closed or ())), 2.0)

    @property
    def leading_flow(self) -> Flow | None:
        """Return the flow over the leading window."""
        return self.flow(self.leading)
