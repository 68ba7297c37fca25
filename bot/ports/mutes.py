"""Which places are muted, and what they miss meanwhile.

Example: a group mutes Binance for 4 h, and two hours later for 24 h: one mute, which ends 26 h after it began. A worker
that does not send an alert because of it records that, in the same step in which it finds that the mute still lasts. So
whatever the mute stopped is in the summary, and whatever it did not stop is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.domain.mute import MissedIncident, Mute, UntilWorse
from bot.domain.place import Place


@dataclass(frozen=True, slots=True)
class LiftedMutes:
    """The mutes of a place that were ended before their time, and how many incidents it missed until then."""

    mutes: Sequence[Mute] = ()
    missed: int = 0


@dataclass(frozen=True, slots=True)
class EndedMutes:
    """Mutes of one place that are over, oldest first, and what was missed and is still to be told.

    What another mute of the place goes on stopping is left out: it is told when that one ends.
    """

    place: Place
    mutes: Sequence[Mute]
    missed: Sequence[MissedIncident]


class Mutes(Protocol):
    """The mutes of all places, timed by the store's clock. Every method may raise StorageError."""

    async def mute(
        self, place: Place, exchange: str | None, *, length: timedelta, by: str, worse: UntilWorse | None = None
    ) -> Mute:
        """Mute an exchange (None: all of them) in a place from now on for so long, or make its mute end then."""
        ...

    async def lift(self, place: Place, exchange: str | None, *, everything: bool = False) -> LiftedMutes:
        """End the mute of an exchange (None: the one of all) in a place now, or `everything` that is muted there."""
        ...

    async def of_place(self, place: Place) -> Sequence[Mute]:
        """Return what is muted in a place, the mute of all exchanges first."""
        ...

    async def record_missed(self, missed: Sequence[tuple[Place, MissedIncident]]) -> Sequence[bool]:
        """Record what is not posted, and return for each whether it was recorded.

        What is no longer muted by the store's clock is not recorded, and has to be posted.
        """
        ...

    async def ended(self, limit: int) -> Sequence[EndedMutes]:
        """Return mutes that are over and were not told of yet, up to so many, the first to end first."""
        ...

    async def until_worse(self) -> Sequence[Mute]:
        """Return the mutes that wait until it gets worse."""
        ...

    async def told(self, ended: EndedMutes) -> None:
        """Forget mutes that are over, with what was missed: it was told. What changed meanwhile stays."""
        ...
