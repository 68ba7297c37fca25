"""An incident: one story about one subject, an exchange as a rule, under the rule of one signal source."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.flow import Hold
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Signal, Size, source_rule


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
    """How an incident ended: everything is back under its thresholds, or what left came back and was no trouble."""

    CALM = "calm"
    INTERNAL_MOVE = "internal move"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an incident's history: how large it was, and the causes for which figures were held then."""

    at: datetime
    reason: StepReason
    severity: Severity
    size: Size | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Incident:
    """One story.

    `number` is 0 while pending and is given on opening (`INC-42`). `signal` is the latest one, `announced` the one
    that people were last told, `raised_by` that on which it was opened or last got worse.
    `easing_since`/`easing_seen` count the fresh readings that graded lower. `first_as_of` is the reading that started
    it, `steps` counts what was told, `worst` has the lowest value and the lowest worth that were told, each above 0
    counted as 0.
    `sensitivity` is the preset it was graded by: each preset lives its own life of the same story. `rests_on` names the
    measurements that its severity rests on: nothing eases while one of them cannot be compared. `held` says that
    people were last told that nothing is concluded. `ending` is None while it lives. `covered_by` is the number of the
    market-wide incident it is part of, 0 without one; `quiet` says that it was never told because of that.
    """

    subject: str
    rule: str
    state: IncidentState
    severity: Severity
    peak: Severity
    started_at: datetime
    changed_at: datetime
    first_as_of: datetime
    signal: Signal
    announced: Signal
    announced_at: datetime
    sensitivity: Sensitivity = Sensitivity.NORMAL
    number: int = 0
    steps: int = 0
    worst: Size | None = None
    confirmed: bool = False
    held: bool = False
    easing_since: datetime | None = None
    easing_seen: int = 0
    rests_on: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    ending: Ending | None = None
    covered_by: int = 0
    quiet: bool = False
    raised_by: Signal | None = None

    @property
    def label(self) -> str:
        """Return the name people use: `INC-42`."""
        return f"INC-{self.number}"

    @property
    def source_rule(self) -> str:
        """Return the rule of the source that makes its signals, under which it is kept: the outflow's for a bleed."""
        return source_rule(self.rule)

    @property
    def is_inhibited(self) -> bool:
        """Return whether only the market-wide incident is posted: this one is part of it and below severe."""
        return self.covered_by > 0 and self.severity.rank < Severity.SEVERE.rank

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
