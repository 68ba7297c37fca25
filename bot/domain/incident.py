"""An incident: the life of one trouble of one subject, an exchange as a rule, under the rule of one signal source.

Example: INC-42, OKX, outflow, preset normal. Pending at 12:00, opened elevated at 12:10 (step 1), severe at 14:00 (step
2), elevated again at 20:00 (step 3), resolved at 06:00 (step 4): four events, peak severe, ending calm. In between the
latest signal was replaced every hour without an event.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.flow import Hold
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Signal, Size, source_rule


class IncidentState(StrEnum):
    """Where an incident is in its life. Pending ones are not announced to anybody."""

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
    """How an incident ended: everything is back under its thresholds, or what left came back and was no trouble.

    The last four end a data notice: its step came back, is counted as part of the outflow, or stays and is not; and the
    part that was not reported still is not.
    """

    CALM = "calm"
    INTERNAL_MOVE = "internal move"
    RETURNED = "came back"
    COUNTED = "counted"
    NOT_COUNTED = "not counted"
    UNREPORTED = "not reported"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of an incident's history: how large it was, and for which reasons figures were held then."""

    at: datetime
    reason: StepReason
    severity: Severity
    size: Size | None = None
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class WorstMoment:
    """When an incident was worst: the time of the reading, the measurement that led then, and how large it was.

    `excess` is how many times its threshold it was: 2 for −6 % where the limit is −3 %.
    """

    as_of: datetime
    severity: Severity
    measurement: str
    size: Size
    excess: float = 1.0


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident of one subject, rule and preset.

    `number` is 0 while pending and is given on opening (`INC-42`). `signal` is the latest one, `announced` the one
    whose figures its message shows, `raised_by` that on which it was opened or last got worse. `last_complete` is the
    newest one with complete figures, None while that is `signal` itself. `started_at` and `changed_at` are times of
    judging, `first_as_of` is that of the reading that started it.
    `easing_since`/`easing_seen` count the fresh readings that graded lower. `steps` counts what was announced, `worst`
    has the lowest value and the lowest worth in USD that were announced, each above 0 counted as 0; `worst_moment` is
    the worst reading since it opened.
    `sensitivity` is the preset it was graded by: each preset has incidents of its own, under one number. `rests_on`
    names every measurement that was past a threshold at any time in its life: nothing eases while one of them cannot be
    compared. `held` says that by the last announcement the data are incomplete. `ending` is None until it is resolved.
    `covered_by` is the number of the market-wide incident it is part of, 0 without one; `quiet` says that it was part
    of one from its opening on, so that nobody who subscribed to all exchanges has a message of it.
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
    last_complete: Signal | None = None
    worst_moment: WorstMoment | None = None

    @property
    def label(self) -> str:
        """Return the name people use: `INC-42`."""
        return f"INC-{self.number}"

    @property
    def source_rule(self) -> str:
        """Return the rule of the source that makes its signals, under which it is kept: the outflow's for a bleed."""
        return source_rule(self.rule)

    @property
    def figures(self) -> Signal:
        """Return the newest signal with figures to show: complete ones, or those on which it got worse since."""
        if self.last_complete is None:
            return self.signal
        return max(self.announced, self.last_complete, key=lambda signal: signal.as_of)

    @property
    def is_frozen(self) -> bool:
        """Return whether its message shows older figures, because the newest ones are incomplete."""
        return self.held and self.announced != self.signal

    @property
    def is_inhibited(self) -> bool:
        """Return whether those who subscribed to all exchanges read of it inside the market-wide incident only."""
        return self.covered_by > 0

    @property
    def opened_at(self) -> datetime:
        """Return when people could first hear of it: what waits to be confirmed began earlier, and is not open."""
        return self.events[0].at if self.events else self.started_at


def open_by_number(incidents: Iterable[Incident]) -> dict[int, Incident]:
    """Return the open ones of incidents by number, each once: as the preset `normal` has it, where it is open there.

    `/incidents`, `/status` and the metric count by this: INC-8 that two presets have is one incident, and it is open as
    long as one of them has it open.
    """
    normal_last = sorted(incidents, key=lambda incident: incident.sensitivity is Sensitivity.NORMAL)
    return {incident.number: incident for incident in normal_last if incident.state is IncidentState.OPEN}


@dataclass(frozen=True, slots=True)
class Step:
    """What a signal did to an incident: the incident after it (None: there is none), and why."""

    incident: Incident | None
    reason: StepReason

    def numbered(self, number: int) -> "Step":
        """Return the step with the incident's number given."""
        return Step(replace(self.incident, number=number), self.reason) if self.incident else self
