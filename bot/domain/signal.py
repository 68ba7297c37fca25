"""What a detector says after one look at one exchange."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.flow import Baseline, Flow, Window
from bot.domain.severity import Severity


class Rule(StrEnum):
    """The rules that open incidents.

    Outflow and bleed tell one story of an exchange, kept as OUTFLOW: BLEED is its word while only the windows of 14
    and 30 days are crossed.
    """

    OUTFLOW = "outflow"
    BLEED = "bleed"


@dataclass(frozen=True, slots=True)
class Reason:
    """One threshold that was crossed, as numbers: `value` and `threshold` are shares, or z where `measure` says so."""

    window: Window
    measure: str
    value: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Signal:
    """One look: the severity now (None: calm), and the severity under the easier thresholds for leaving.

    `as_of` is the newest reading's time: two signals of the same `as_of` are one observation. `leading` is the window
    that says most; a flow with a hold may not be graded. With nothing gradable, `graded` is False and the
    signal proves neither trouble nor calm. `previous_as_of` is the time of the reading before, None when there is none.
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

    def flow(self, window: Window | None) -> Flow | None:
        """Return the flow over one window, None when it could not be computed."""
        return next((flow for flow in self.flows if flow.window is window), None)

    @property
    def leading_flow(self) -> Flow | None:
        """Return the flow over the leading window."""
        return self.flow(self.leading)
