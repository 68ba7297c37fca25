"""Where drills are kept: who they are of is known to it as keyed hashes only, and nothing stays for more than 30 days.

Example: Ann presses *requested* twice. The first press begins her drill, the second one is answered with UNDER_WAY and
the time of the first.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.detection.drills import summarise_drills
from bot.domain.drill import Drill, DrillOutcome, DrillSummary, PressResult
from bot.domain.place import Place, Platform


@dataclass(frozen=True, slots=True)
class DrillMember:
    """A person by the platform's own id, and the community that the drill is done in."""

    platform: Platform
    person: str
    community: str


@dataclass(frozen=True, slots=True)
class DrillPress:
    """What became of a press at the time `at`, and the drill that it is about; None where there is none."""

    result: PressResult
    at: datetime
    drill: Drill | None = None


@dataclass(frozen=True, slots=True)
class RecentDrills:
    """The drills with a press in the last 24 hours before `at`, the store's time."""

    at: datetime
    drills: Sequence[Drill]


class Drills(Protocol):
    """The drills of all members, timed by the store's clock. Every method may raise StorageError."""

    async def request(self, exchange: str, member: DrillMember, *, asset: str = "", network: str = "") -> DrillPress:
        """Begin a drill, unless the member has one under way there or had one on this UTC day."""
        ...

    async def finish(self, exchange: str, member: DrillMember, outcome: DrillOutcome) -> DrillPress:
        """End the member's own drill at an exchange; nobody can end that of somebody else."""
        ...

    async def forget(self, member: DrillMember) -> int:
        """Delete every drill of a member, wherever it was done, and return how many there were."""
        ...

    async def recent(self, exchange: str) -> RecentDrills:
        """Return the drills at an exchange that count now."""
        ...

    async def is_off(self, place: Place) -> bool:
        """Return whether drills are switched off in a place (`PlaceSettings.drills`)."""
        ...

    async def places_off(self) -> Collection[Place]:
        """Return the places that have switched drills off."""
        ...


async def recent_summary(drills: Drills, exchange: str) -> DrillSummary | None:
    """Return what members' drills at an exchange say, None for fewer than three people; raise StorageError."""
    recent = await drills.recent(exchange)
    return summarise_drills(recent.drills, recent.at)
