"""What keeps alerts from opening or arriving, and the facts that this is concluded from.

`bot/messages/obstacles.py` has the one function that concludes it; `/status`, `/readyz`, ERROR_CHAT, HEARTBEAT_URL, the
log and the metric `runwatch_can_alert` all say what it returns. `bot/service/alert_facts.py` gathers the facts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class ObstacleKind(StrEnum):
    """What an obstacle is about; the label `reason` of the metric `runwatch_can_alert`."""

    STORE = "store"  # takes no writes
    CLOCK = "clock"  # of this machine is wrong
    POLLS = "polls"  # of the list bring nothing, or have not brought anything yet
    FIGURES = "figures"  # of a large part of all reserves are old by the source's own word
    LIST = "list"  # lacks a large part of the exchanges, or has never had some
    PLATFORM = "platform"  # is not connected
    REFUSALS = "refusals"  # of a platform: it takes nothing of what is sent
    WORKERS = "workers"  # for some part of the work there is none
    QUEUE = "queue"  # of messages does not move
    JOBS = "jobs"  # of this worker do not run
    TEMPORARY_FILES = "temporary files"  # cannot be written
    COMMANDS = "commands"  # are not published, so that nobody can subscribe
    IDENTITY = "identity"  # the store belongs to another bot
    STORED_DATA = "stored data"  # is damaged or gone
    WITHDRAWALS = "withdrawals"  # are told by no exchange, so that nothing can become critical
    PRICES = "prices"  # of stablecoins are told by no source, or by one alone

    @property
    def is_partial(self) -> bool:
        """Return whether all other alerts come all the same: no reason to take the bot for broken."""
        return self in {ObstacleKind.WITHDRAWALS, ObstacleKind.PRICES}


@dataclass(frozen=True, slots=True)
class AlertObstacle:
    """One reason why alerts may not open or arrive, as a sentence that says what to do.

    `about` tells two of one kind apart: telegram and discord, say.
    """

    kind: ObstacleKind
    sentence: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class PollFacts:
    """How the polls of the list go.

    `last_good` is when one last brought figures, None before the first one. `fault` says what is wrong with the list
    now ("" for nothing), `unlisted` are the names in EXCHANGES that no list had, `is_anybody_polling` whether a worker
    has that duty.
    """

    last_good: datetime | None
    interval: timedelta
    fault: str = ""
    unlisted: Sequence[str] = ()
    is_anybody_polling: bool = True


@dataclass(frozen=True, slots=True)
class FigureFacts:
    """How old one exchange's figures are.

    `as_of` is the time that the source gives its newest reading, `answered_at` when the source last answered a request
    for them, None when it never has since. `usd` is what the exchange holds, `is_failing` whether the last request
    failed.
    """

    exchange: str
    usd: float
    as_of: datetime
    answered_at: datetime | None
    is_failing: bool = False


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What the newest list of exchanges has.

    `changed_at` is the first time that it was fetched with the figures it has now, `fetched_at` the last time. `usd` is
    what all exchanges hold, `left_out` those that an earlier list had, with what they hold in USD and when they were
    last listed.
    """

    fetched_at: datetime
    changed_at: datetime
    usd: float = 0.0
    left_out: Mapping[str, tuple[float, datetime]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """What others say of this machine's clock.

    `machine_ahead` is how far it is ahead of the time that is used, negative when it is behind; `by` are those whose
    time is used instead. `doubted_by` is somebody who has another time than this machine, with how far the machine is
    ahead of it, while nobody else says who is right.
    """

    machine_ahead: timedelta = timedelta()
    by: Sequence[str] = ()
    doubted_by: tuple[str, timedelta] | None = None


@dataclass(frozen=True, slots=True)
class JobState:
    """How a job is doing: how long ago its last turn ended, or the schedule began, and what it crashed with ("": not).

    A failure that is foreseen, such as a store that is away, is no crash.
    """

    name: str
    every: timedelta
    ended_ago: timedelta
    crash: str = ""


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """The message of a platform's queue that is next, and for how long it has been the next one, unsent."""

    platform: str
    waiting: int
    unmoved_for: timedelta


@dataclass(frozen=True, slots=True)
class PausedSending:
    """A platform to which nothing is sent for a while, and why."""

    platform: str
    pause: timedelta
    reason: str


@dataclass(frozen=True, slots=True)
class WithdrawalFacts:
    """How exchanges answer that are asked about withdrawals.

    `asked` counts them, `silent` those of which nothing is known any more, and `blocked` those of them that refuse this
    host. `answered_at` is when any of them answered last, None when none ever did.
    """

    asked: int
    silent: int
    blocked: int = 0
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PriceFacts:
    """How the sources of stablecoins' prices answer, those of supplies aside.

    `answered_at` is when each of them that was asked last answered, by its name; None where it never has.
    """

    answered_at: Mapping[str, datetime | None]


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """Everything that decides whether an alert can open and arrive, as one worker knows it at `now`.

    What a worker does not do is empty: one that only delivers has no `polls`, `figures`, `exchange_list`,
    `withdrawals` and `prices`.
    `platforms` has what keeps each from being connected ("" for nothing). `reported` are sentences of parts that find
    out by themselves what is wrong with them, each always at the same place of its list ("" for nothing there), so that
    it is told apart from the others.
    """

    now: datetime
    store_fault: str = ""
    clock: ClockFacts = ClockFacts()
    polls: PollFacts | None = None
    figures: Sequence[FigureFacts] = ()
    exchange_list: ListFacts | None = None
    platforms: Mapping[str, str] = field(default_factory=dict)
    paused: Sequence[PausedSending] = ()
    idle_duties: Sequence[str] = ()
    queues: Sequence[QueueFacts] = ()
    jobs: Sequence[JobState] = ()
    reported: Mapping[ObstacleKind, Sequence[str]] = field(default_factory=dict)
    withdrawals: WithdrawalFacts | None = None
    prices: PriceFacts | None = None
