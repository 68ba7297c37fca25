"""The rotating stress test: every UTC day one exchange is looked at, as far as anybody can from outside.

Example: today it is Kraken's turn. Its majors can be withdrawn, its trading system is normal, its outflow of 0.4 % is
that of any day, and on its worst day of the last 400, when 4.2 % left, withdrawals stayed open: passed.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.domain.exchange import Exchange
from bot.domain.own_reading import OutgoingAge
from bot.domain.severity import Severity
from bot.domain.withdrawal_reading import SystemState
from bot.domain.withdrawals import MajorWithdrawals
from bot.language.translation import marked

STRESS = Exchange("stress", marked("Daily stress test"))
"""Stands in for an exchange in the subscriptions of places that get the card of every day."""
STRESS_POST_HOUR = 12
"""From which hour UTC the card of the day is posted."""
LIVED_THROUGH_DAYS = 400
"""How far back an exchange's worst outflows are looked for, in days; the store keeps daily readings of 410."""


class StressOutcome(StrEnum):
    """How a test came out, best first."""

    PASSED = "passed"
    NOT_ENOUGH_DATA = "not enough data"
    STRAINED = "strained"
    FAILED = "failed"

    @property
    def rank(self) -> int:
        """Return 0 for passed … 3 for failed."""
        return tuple(StressOutcome).index(self)


class StressCriterion(StrEnum):
    """Why a test came out as it did: the criteria that were met (`bot/detection/stress.py` states them)."""

    MAJORS_CLOSED = "majors closed"
    MAJORS_CLOSED_THEN = "majors closed then"
    MAJOR_CLOSED = "major closed"
    MAJOR_DELAYED = "major delayed"
    MAJOR_CLOSED_THEN = "major closed then"
    SYSTEM_NOT_NORMAL = "system not normal"
    UNUSUAL_OUTFLOW = "unusual outflow"
    WITHDRAWALS_UNKNOWN = "withdrawals unknown"
    FLOW_UNKNOWN = "flow unknown"


@dataclass(frozen=True, slots=True)
class LivedOutflow:
    """The largest net outflow over a window that an exchange has been seen to live through.

    `share` is of its reserves at the `start`, negative (−0.042: 4.2 % left), `usd` the same in dollars.
    """

    share: float
    usd: float
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class LivedThrough:
    """The worst 24 h and 7 d of an exchange between two times; None where no two readings could be compared.

    `watched_since` is when its withdrawals were first found known, None where nobody watches them.
    """

    exchange: str
    since: datetime
    until: datetime
    day: LivedOutflow | None = None
    week: LivedOutflow | None = None
    watched_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StressFacts:
    """Everything that a result rests on, at one time.

    `majors` are those of BTC, ETH, USDT and USDC that the exchange lists, as they are judged; empty without a source.
    `flow_share` is the net flow of the last 24 h as a share of reserves, what is certain of it (negative: outflow),
    None where it cannot be compared; `flow_z` how unusual that is, `flow_low` and `flow_high` between which nine days
    of ten lie; `flow_severity` is what the outflow rule makes of it. `lived` are the worst outflows; `closed_then` has
    for its day and its week the majors that were closed at one time during it, None where nobody watched then.
    `proof_age` is that of the newest proof of reserves. `outgoing` is when the last transaction left a hot wallet, None
    where nobody reads it; no criterion rests on it.
    """

    exchange: str
    at: datetime
    majors: tuple[MajorWithdrawals, ...] = ()
    system: SystemState | None = None
    flow_share: float | None = None
    flow_z: float | None = None
    flow_low: float | None = None
    flow_high: float | None = None
    flow_severity: Severity | None = None
    lived: LivedThrough | None = None
    closed_then: tuple[tuple[str, ...] | None, tuple[str, ...] | None] = (None, None)
    proof_age: timedelta | None = None
    outgoing: OutgoingAge | None = None


@dataclass(frozen=True, slots=True)
class StressResult:
    """How an exchange came through its turn: the worst of the day, and when that was seen."""

    day: date
    exchange: str
    outcome: StressOutcome
    at: datetime
    criteria: tuple[StressCriterion, ...] = ()


@dataclass(frozen=True, slots=True)
class LeagueRow:
    """One exchange of the league table: its worst outflows, and the result of its last turn (None: none yet)."""

    exchange: Exchange
    lived: LivedThrough | None = None
    last: StressResult | None = None
