"""What a signal source says at one time about one subject: an exchange, or an asset such as a stablecoin.

Everything that opens, announces and ends incidents asks a signal general questions only: how severe (`severity`), how
large (`size`), what was measured and what of it is held (`measurements`), whether it may ease (`blocks_easing`). What
one source alone knows (the flows of an outflow, say) stands beside that, and is empty in the signals of other sources.

Example: Binance at 12:00. −4 % in 24 h, −5 % in 7 d, and 30 d held because a chain is missing. Three measurements, of
which two may be judged; severity elevated by the reason "24h, share, −0.04, limit −0.03", which is the leading one, so
the size is −0.04 of reserves. `easing` is elevated as well: −4 % is below 0.6 of that limit, −1.8 %.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.flow import Baseline, Flow, Hold, HoldReason, Window
from bot.domain.jump import Jump, Verdict
from bot.domain.severity import Severity
from bot.domain.value_object import value_object
from bot.domain.withdrawals import Majors, raising_majors


class Rule(StrEnum):
    """The rules that flows are judged by; every other signal source has a rule of its own, whose name is any text.

    Outflow and bleed are one incident of an exchange, stored under OUTFLOW: BLEED is its name where only the windows of
    14 and 30 days were crossed when it opened, until it escalates by a shorter one. DATA is the notice of a step that
    is held or not counted.
    """

    OUTFLOW = "outflow"
    BLEED = "bleed"
    MARKET_WIDE = "market-wide"
    DATA = "data"


# A tenth of a point of reserves: shares are shown with one digit, and below 1 % nothing is announced for less.
_SHOWN_DIFFERENCE = 0.001

_STORED_AS: dict[str, str] = {Rule.BLEED: Rule.OUTFLOW}


def source_rule(rule: str) -> str:
    """Return the rule of the source that a rule's name is one of: a bleed is an outflow, any other rule is itself."""
    return _STORED_AS.get(rule, rule)


class Unit(StrEnum):
    """What the value of a size counts; the size limits of subscriptions apply to shares of reserves alone."""

    RESERVES = "share of reserves"
    PRICE = "share of the price"
    COUNT = "count"
    NETWORKS = "share of networks"
    OWED = "share of what is owed"
    DAYS = "days"
    SUPPLY = "share of the supply"


@dataclass(frozen=True, slots=True)
class Size:
    """How large something is: one signed number, the worse the further below zero, and its worth where it has one.

    An outflow of 1.8 % is −0.018 of reserves, a stablecoin at $0.97 is −0.03 of the price, and three assets that
    cannot be withdrawn are a count of −3.
    """

    value: float
    unit: Unit
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """A figure that a source measured, under a name that stays the same: a window, an asset, a venue.

    With a `hold` it is shown and never judged; `size` is None where nothing is known.
    """

    name: str
    size: Size | None = None
    hold: Hold | None = None


CLOSED_WITHDRAWALS = "closed withdrawals"
"""The measure of a reason that counts the major assets whose withdrawals are closed."""
STEP = "step"
"""The measure of a data notice: how large a step of reserves is that is held or not counted."""
UNREPORTED = "not reported"
"""The measure of a data notice about a part that the source does not tell any more: how large it was."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One threshold that was crossed, as numbers.

    `measure` says what the numbers are: of an outflow "share", "z" or "closed withdrawals", elsewhere what the source
    calls it. `window` is None where nothing is measured over a window.
    """

    window: Window | None
    measure: str
    value: float
    threshold: float

    @property
    def measurement(self) -> str:
        """Return the name of the measurement it is about: its window, or without one its measure."""
        return self.window or self.measure


class NoteReason(StrEnum):
    """What people should know beside a signal's figures; nothing is held for it."""

    WALLETS_CHANGED = "wallets changed"
    ROUND_TRIP = "round trip"
    PASSAGE = "came and left"
    COUNTED = "counted after all"
    TOGETHER = "several exchanges at once"
    PRICE_ODD = "price odd"
    UNPRICED = "no value"
    OWN_TOKEN = "own token"  # noqa: S105 — a token of an exchange
    UNREPORTED = "not reported"
    GAP = "gap"
    BLIND = "saw nothing"
    REVISED = "history revised"


@dataclass(frozen=True, slots=True)
class Note:
    """Something people should know about the figures.

    `subject` is the chain, the asset or the windows it is about; `usd` its size in USD (negative: left), or the price
    that is used; `at` when it was seen, of an UNREPORTED part the last time. A BLIND note is about the time from `at`
    to `until`, a REVISED one about the days that the source tells differently than before ("9 days, 2022-12-03 to
    2022-12-11").
    """

    reason: NoteReason
    subject: str
    usd: float | None = None
    at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MarketMember:
    """One exchange's part in a market-wide incident: its own incident `label`, and its flow over `window`.

    `usd` and `share` (of its reserves) are negative where money left.
    """

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


@value_object
class Signal:
    """What is known of a subject at a time: its severity (None: calm), and that by the easier thresholds for leaving.

    `subject` is the id of an exchange, or of whatever else the source is about. `as_of` is the newest reading's time,
    `previous_as_of` that of the reading before, None when there is none. `leading` is the name of the measurement that
    says most; one with a hold may not be judged. With nothing to judge, `graded` is False and the signal proves neither
    trouble nor calm. `crossed` names every measurement that is past a threshold, `reasons` those of the worst severity.
    `confirmed_by_source` says that another source says the same, or that the source itself waits until it was told
    twice, `seen_since` that an earlier reading showed it already and it waited for this one. While `blocks_easing`
    gives a reason nothing eases, whatever else is measured, and an incident that was elevated or severe becomes at
    least `severity_while_blocked` for it, where that is given. `withdrawals` are the majors as they can be withdrawn,
    None where nobody watches that. `figures` are what a source measured that is not flow.

    The rest is about flows: `source_figures` is what the source itself says flowed, `members` the exchanges that a
    market-wide signal is about, worst first. `jumps` are steps that may be no flow, of the last days, oldest first.
    `unreported` are the parts that the source has not told for hours, in the same shape, and never part of a flow.
    """

    subject: str
    rule: str
    as_of: datetime
    fetched_at: datetime
    source: str
    severity: Severity | None = None
    easing: Severity | None = None
    reasons: tuple[Reason, ...] = ()
    leading: str | None = None
    graded: bool = True
    previous_as_of: datetime | None = None
    notes: tuple[Note, ...] = ()
    confirmed_by_source: bool = False
    seen_since: datetime | None = None
    blocks_easing: Reason | None = None
    severity_while_blocked: Severity | None = None
    withdrawals: Majors | None = None
    figures: tuple[Measurement, ...] = ()
    flows: tuple[Flow, ...] = ()
    baseline: Baseline | None = None
    source_figures: tuple[SourceFigure, ...] = ()
    members: tuple[MarketMember, ...] = ()
    jumps: tuple[Jump, ...] = ()
    crossed: tuple[str, ...] = ()
    unreported: tuple[Jump, ...] = ()

    @property
    def observation(self) -> tuple[datetime, Majors | None, Majors]:
        """Return what tells an observation from others: the time of the reading, and what can be withdrawn.

        A reading that is seen again is no new observation, unless withdrawals have opened or closed since, or the
        newest poll says again that what it told open for once is closed.
        """
        return self.as_of, self.withdrawals, raising_majors(self.withdrawals)

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Return everything that was measured: the flow over each window, and the source's other figures."""
        return (*map(_measurement, self.flows), *self.figures)

    @property
    def size(self) -> Size | None:
        """Return how large it is: the size of the leading measurement."""
        return next((measurement.size for measurement in self.measurements if measurement.name == self.leading), None)

    @property
    def holds(self) -> tuple[Hold, ...]:
        """Return the causes for which measurements are held, each once."""
        # Asked of every reading: what else a measurement says is not worked out for it.
        holds = (*[flow.hold for flow in self.flows], *[figure.hold for figure in self.figures])
        return tuple(dict.fromkeys(hold for hold in holds if hold))

    @property
    def withdrawals_are_withheld(self) -> bool:
        """Return whether an operator has paused what the exchange says of its withdrawals."""
        return any(
            figure.name == CLOSED_WITHDRAWALS and figure.hold is not None and figure.hold.reason is HoldReason.WITHHELD
            for figure in self.figures
        )

    @property
    def judged(self) -> frozenset[str]:
        """Return the names of the measurements that may be judged: nothing holds them."""
        return frozenset(measurement.name for measurement in self.measurements if measurement.hold is None)

    @property
    def incomplete(self) -> frozenset[str]:
        """Return the names of the measurements that are held because a part of what they measure is missing."""
        holds = ((measurement.name, measurement.hold) for measurement in self.measurements)
        return frozenset(name for name, hold in holds if hold and hold.reason is HoldReason.CHAIN_MISSING)

    @property
    def uncertain(self) -> frozenset[str]:
        """Return the windows whose flow is known by two bounds only, further apart than a message would show."""
        return frozenset(flow.window for flow in self.flows if flow.high - flow.low >= _SHOWN_DIFFERENCE)

    def returned_usd(self, *, since: datetime) -> float:
        """Return how much of what left has come back after a time, in USD, 0 or more: that much was no trouble."""
        return sum(
            -jump.usd
            for jump in self.jumps
            if jump.usd < 0 and jump.verdict is Verdict.RETURNED and jump.turned_at and jump.turned_at > since
        )

    def in_short(self) -> "Signal":
        """Return the signal without what would make it large to store: the assets of windows that do not lead."""
        # An incident keeps the signal that raised it for as long as it is stored, and flows have many assets.
        flows = (flow if flow.window == self.leading else replace(flow, assets=()) for flow in self.flows)
        return replace(self, flows=tuple(flows))

    def flow(self, window: str | None) -> Flow | None:
        """Return the flow over one window, None when it could not be computed."""
        return next((flow for flow in self.flows if flow.window == window), None)

    @property
    def leading_flow(self) -> Flow | None:
        """Return the flow over the leading window."""
        return self.flow(self.leading)


def _measurement(flow: Flow) -> Measurement:
    # What is certain: where a part is missing, 58 % of the rest may be at least 55 % of everything.
    certain_usd = flow.usd if flow.highest_usd is None else flow.highest_usd
    return Measurement(flow.window, Size(flow.high, Unit.RESERVES, certain_usd), flow.hold)
