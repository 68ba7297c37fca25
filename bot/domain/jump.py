"""A step of one exchange's reserves that may be no flow: what moved, why it is suspected, and what became of it.

The source's upkeep makes steps: a wallet is added to a list, a balance is counted wrong for an hour, coins go to an
address that nobody lists. Such a step is remembered with a verdict, and the same few fields describe it at every age.

Example: on 1 March at 12:00 the reserves lose 10,000 BTC of 20,000 in one reading, and nothing else moves. The jump has
`usd` −1e9, `share` −0.2 and the verdict WAITING. At 13:00 the BTC are still away: NOT_COUNTED. On 4 March they are
back: RETURNED. Had everything else left meanwhile, the verdict would be COUNTED.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a jump; users see these words."""

    WAITING = "waiting"
    """The readings to come decide; until then it is not counted."""
    NOT_COUNTED = "not counted"
    """It stays, and is in no window: a changed wallet list or one large transfer."""
    COUNTED = "counted"
    """It is part of every window that begins before it."""
    DOUBTED = "doubted"
    """It is counted, but no reason for more than elevated until more leaves: several exchanges moved at once."""
    RETURNED = "returned"
    """Most of it came back, or left again: no flow in either direction."""


class JumpReason(StrEnum):
    """Why a jump is suspected to be no flow."""

    ALONE = "moved alone"
    """One chain or asset moved far while everything else stood still."""
    EVENLY = "everything by one factor"
    """Every asset changed by the same factor."""
    TOGETHER = "several exchanges at once"
    """Several exchanges of one source made their largest step for 90 days in one round."""
    LARGE = "large"
    """One asset moved by a large amount: counted, and remembered in case it turns round."""
    APPEARED = "appeared"
    """An asset or a chain that was not there before: a listing or a new label, never counted."""
    UNREPORTED = "not reported"
    """A part that the source has not told for hours: no step that a guard saw, but told in the shape of one."""


@dataclass(frozen=True, slots=True)
class Move:
    """Units of an asset, signed, that moved at a time and are not counted."""

    at: datetime
    amount: float


@dataclass(frozen=True, slots=True)
class JumpPart:
    """One asset's part in a jump: `amount` units, negative where it left, of `before` units that were there.

    `moves` are the jump itself and what turned round of it since; their sum is what of it still stands: between 0 and
    `amount`.
    """

    asset: str
    amount: float
    moves: tuple[Move, ...]
    before: float = 0.0


@dataclass(frozen=True, slots=True)
class Jump:
    """One step from a reading to the next, at `at`, in what `group` names: a chain, an asset, or "everything".

    `usd` and `share` (of reserves without own tokens) are its size, negative where it left; `rest_usd` is the worth of
    everything else then, positive. `decided_at` is when the verdict was given last, None while it never was.
    `turns` counts how often it has turned round (back, away again, back: 3), `turned_at` is when it did last.
    `repeats` says that it is away again, and the same fraction of the asset as before. `back_usd` is what an unreported
    part that is told again holds now, in USD at the prices of when it was last told; None for every other jump.
    """

    group: str
    at: datetime
    usd: float
    share: float
    reason: JumpReason
    verdict: Verdict
    parts: tuple[JumpPart, ...]
    rest_usd: float = 0.0
    decided_at: datetime | None = None
    turns: int = 0
    turned_at: datetime | None = None
    repeats: bool = False
    back_usd: float | None = None

    @property
    def is_counted(self) -> bool:
        """Return whether it is part of the windows that contain it."""
        return self.verdict in {Verdict.COUNTED, Verdict.DOUBTED}

    @property
    def standing(self) -> float:
        """Return which fraction of it still stands, 0 to 1, of the asset that has the largest part of it.

        The parts are in the order of their worth, largest first.
        """
        largest = self.parts[0]
        return sum(move.amount for move in largest.moves) / largest.amount if largest.amount else 0.0
