"""Drills: members test withdrawals of their own, together, and the bot measures how long the exchange takes.

Example: Ann presses *requested* at 12:00:00 and *arrived* at 12:11:20: her drill took 11 min 20 s. Nobody is asked for
an amount, an address or the id of a transaction, and `person` and `community` are keyed hashes (docs/drills.md).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

QUICKEST_ARRIVAL = timedelta(seconds=20)
"""*Arrived* sooner than that is not taken: an exchange approves and signs first. By judgement."""
OPEN_FOR = timedelta(days=7)
"""So long after *requested* an outcome is taken; a drill of which nothing was heard for longer was forgotten."""
SUMMARY_WINDOW = timedelta(days=1)
"""A drill counts for so long after its last press."""
FEWEST_PEOPLE = 3
"""Of fewer people nothing is shown: two could be one, and what one person did is nobody else's business."""


class DrillStep(StrEnum):
    """What a member presses, in the words of the buttons."""

    REQUESTED = "requested"
    ARRIVED = "arrived"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class DrillOutcome(StrEnum):
    """How a drill ended: the money came, the exchange refused the withdrawal, or the member gave it up."""

    ARRIVED = "arrived"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class PressResult(StrEnum):
    """What became of a press of a member."""

    STARTED = "started"
    UNDER_WAY = "under way"  # requested again while the drill is under way
    HAD_ONE = "had one"  # requested again on the day of a drill that is over
    FULL = "full"  # so many drills at this exchange today that no more are taken
    FINISHED = "finished"  # also for a second press of the same button
    OVER = "over"  # it has another outcome already
    NONE = "none"  # nothing was requested in the last seven days
    TOO_SOON = "too soon"  # arrived before anything can arrive


@dataclass(frozen=True, slots=True)
class Drill:
    """One person's test of one exchange; `outcome` and `finished_at` are None while it is under way.

    `community` is where it was requested: a Telegram chat, a Discord server, or all private chats of a platform
    together. `asset` and `network` are in our spelling (`USDT`, `TRON`), "" where the member named none.
    """

    person: str
    community: str
    requested_at: datetime
    asset: str = ""
    network: str = ""
    outcome: DrillOutcome | None = None
    finished_at: datetime | None = None

    @property
    def took(self) -> timedelta | None:
        """Return how long the money was on its way, None unless it arrived."""
        if self.outcome is not DrillOutcome.ARRIVED or self.finished_at is None:
            return None
        return self.finished_at - self.requested_at

    @property
    def last_press(self) -> datetime:
        """Return when the member pressed something last."""
        return self.finished_at or self.requested_at


@dataclass(frozen=True, slots=True)
class DrillFigures:
    """What some people found: how many count, their median time, how many were refused or have no outcome yet.

    `median` is None where too few arrivals are known to make one.
    """

    people: int
    median: timedelta | None
    refused: int
    waiting: int


@dataclass(frozen=True, slots=True)
class DrillSummary:
    """The drills at one exchange in the last 24 hours, of three people or more.

    `figures` are one for all, or one for each of two communities, of which either may be false. `communities` is how
    many the shown people are from. `routes` are those that three people or more named, by (asset, network), "" for a
    network that was not named; the most used first.
    """

    figures: tuple[DrillFigures, ...]
    communities: int
    routes: tuple[tuple[str, str, DrillFigures], ...] = ()
