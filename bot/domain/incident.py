"""An incident: one story about one exchange under one rule."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.flow import Hold, Window
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule, Signal


class IncidentState(StrEnum):
    """Where an incident stands in its life. Pending ones are not told to anybody."""

    PENDING = "pending"
    OPEN = "open"
    RESOLVED = "resolved"


class StepReason(StrEnum):
    """Why `advance` did what it did: the same word in the log, the metric, the text and the tests."""

    NOTHING = "nothing"
    PENDING = "pending"
    DISMISSED = "dismissed"
    OPENED = "opened"
    CONFIRMED = "confirmed"
    ESCALATED = "escalated"
    UPDATED = "updated"
    HELD = "held"
    RELEASED = "released"
    DEESCALATED = "deescalated"
    RESOLVED = "resolved"


class Ending(StrEnum):
    """How an incident ended: the outflow is back under its thresholds, or what left came back and was no flow."""

    CALM = "calm"
    INTERNAL_MOVE = "internal move"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an incident's history; `holds` are the causes for which figures were held then."""

    at: datetime
    reason: StepReason
    severity: Severity
    share: float | None = None
    usd: float | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident:
    """One story.

    `number` is 0 while pending and is given on opening (`INC-42`). `signal` is the latest evidence, `told` the
    evidence as last told to people, `grounds` that on which it was opened or last got worse.
    `easing_since`/`easing_seen` count the fresh readings that graded lower. `first_as_of` is the reading that started
    it, `steps` counts what was told, `worst_share` and `worst_usd` are the most negative leading share and flow that
    were told.
    `sensitivity` is the preset it was graded by: each preset lives its own life of the same story. `windows` are those
    its severity rests on: nothing eases while one of them cannot be compared. `held` says that people were last told
    that nothing is concluded. `ending` is None while it lives. `under` is the number of the
    market-wide incident it is part of, 0 without one; `hushed` says that it was never told because of that.
    """

    exchange: str
    rule: Rule
    state: IncidentState
    severity: Severity
    peak: Severity
    started_at: datetime
    changed_at: datetime
    first_as_of: datetime
    signal: Signal
    told: Signal
    told_at: datetime
    sensitivity: Sensitivity = Sensitivity.NORMAL
    number: int = 0
    steps: int = 0
    worst_share: float = 0.0
    worst_usd: float = 0.0
    confirmed: bool = False
    held: bool = False
    easing_since: datetime | None = None
    easing_seen: int = 0
    windows: tuple[Window, ...] = ()
    events: tuple[Event, ...] = ()
    ending: Ending | None = None
    under: int = 0
    hushed: bool = False
    grounds: Signal | None = None

    @property
    def label(self) -> str:
        """Return the name people use: `INC-42`."""
        return f"INC-{self.number}"

    @property
    def is_inhibited(self) -> bool:
        """Return whether only the market-wide incident is posted: this one is part of it and below severe."""
        return self.under > 0 and self.severity.rank < Severity.SEVERE.rank

    @property
    def opened_at(self) -> datetime:
        """Return when people could first hear of it: what waits to be confirmed began earlier, and is not open."""
        return self.events[0].at if self.events else self.started_at


@dataclass(frozen=True, slots=True)
class Step:
    """What one look did to an incident: its new state (None: there is none), and why."""

    incident: Incident | None
    reason: StepReason

    def numbered(self, number: int) -> "Step":
        """Return the step with the incident's number given."""
        return Step(replace(self.incident, number=number), self.reason) if self.incident else self
