"""What a data notice is about: the jumps of one reading of an exchange, or the parts that it was the first to lack.

Example: at 12:00 BTC worth 12 % of reserves leave in one step and ETH worth 2 %, both WAITING. They are one event of
−14 %. Once the BTC are not counted and the ETH have come back it is NOT_COUNTED, its least settled verdict.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from bot.domain.incident import Incident
from bot.domain.jump import Jump, JumpReason, Verdict

KEPT_OPEN = timedelta(hours=72)
"""As long as a step that was left out may count after all, and a part that is away makes windows uncertain."""
TOLD_AT_ONCE = 2
"""So many events of a chain or an asset within 72 hours; more say nothing new, and are told only if they last."""
UNSETTLED = frozenset({Verdict.WAITING, Verdict.NOT_COUNTED})
"""The verdicts of an event that is not over: its notice stays open."""
# An event is as settled as its least settled jump; of what is settled, what counts matters most.
_VERDICT_OF_EVENT = (Verdict.WAITING, Verdict.COUNTED, Verdict.DOUBTED, Verdict.NOT_COUNTED, Verdict.RETURNED)


@dataclass(frozen=True, slots=True)
class JumpEvent:
    """The jumps of one reading of an exchange."""

    at: datetime
    jumps: tuple[Jump, ...]

    @property
    def groups(self) -> frozenset[str]:
        """Return the chains and assets that it is about."""
        return frozenset(jump.group for jump in self.jumps)

    @property
    def is_of_parts(self) -> bool:
        """Return whether it is about parts that are not reported, and not about a step."""
        return all(jump.reason is JumpReason.UNREPORTED for jump in self.jumps)

    @property
    def verdict(self) -> Verdict:
        """Return what became of it."""
        verdicts = {jump.verdict for jump in self.jumps}
        return next(verdict for verdict in _VERDICT_OF_EVENT if verdict in verdicts)

    @property
    def share(self) -> float:
        """Return its size as a share of reserves, negative where it left: of what left and what came the larger."""
        return max(self._sums(), key=lambda sums: abs(sums[0]))[0]

    @property
    def usd(self) -> float:
        """Return the same in USD."""
        return max(self._sums(), key=lambda sums: abs(sums[0]))[1]

    def _sums(self) -> list[tuple[float, float]]:
        """Return what left and what came, each as a share and in USD: the one does not make the other smaller."""
        parts = ([jump for jump in self.jumps if jump.usd < 0], [jump for jump in self.jumps if jump.usd >= 0])
        return [(sum(jump.share for jump in part), sum(jump.usd for jump in part)) for part in parts]


class EventOfNotice(NamedTuple):
    """An event of a reading and its notice: either may be absent, but not both.

    `at` is the time that the notice is known by. `seen_lately` says how often the like of the event was seen within
    72 h, `is_news` whether it is told where it has no notice.
    """

    at: datetime
    notice: Incident | None
    event: JumpEvent | None
    seen_lately: int
    is_news: bool


def jump_events(jumps: Iterable[Jump]) -> list[JumpEvent]:
    """Return the events that jumps make, oldest first."""
    in_order = sorted(jumps, key=lambda jump: (jump.at, jump.group))
    return [JumpEvent(at, tuple(of_reading)) for at, of_reading in groupby(in_order, key=lambda jump: jump.at)]


def count_lately(event: JumpEvent, events: Sequence[JumpEvent]) -> int:
    """Return how many events of the same chain or asset there were in the 72 hours up to one, itself included."""
    return sum(
        timedelta() <= event.at - earlier.at < KEPT_OPEN and not event.groups.isdisjoint(earlier.groups)
        for earlier in events
    )
