"""What is remembered about one exchange between readings, so that windows stay comparable."""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.reading import Reading, Slot


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A move that is not flow: `amount` units appeared in (positive) or left (negative) a slot at `at`.

    A window that contains `at` leaves the amount out of the slot's change.
    """

    slot: Slot
    amount: float
    at: datetime


@dataclass(frozen=True, slots=True)
class IsolatedMove:
    """One chain or asset (`group`) that moved in one step while the rest was flat, seen at `at`.

    `usd` and `share` (of clean reserves) are signed; `amounts` are the changes by slot, `rest_usd` is what everything
    else was worth.
    """

    group: str
    at: datetime
    usd: float
    share: float
    amounts: tuple[Adjustment, ...]
    rest_usd: float


@dataclass(frozen=True, slots=True)
class RestMove:
    """What the rest of an exchange did in one step: net flow in USD, positive = deposits."""

    at: datetime
    usd: float


@dataclass(frozen=True, slots=True)
class Departure:
    """A large amount of one asset that left at `at`: positive units and USD, and `returned` units of it since."""

    asset: str
    at: datetime
    amount: float
    usd: float
    returned: float = 0.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """A large amount of one asset that came in at `at`: units by slot, and their worth in USD, all positive."""

    asset: str
    at: datetime
    amounts: tuple[Adjustment, ...]
    usd: float


@dataclass(frozen=True, slots=True)
class PassThrough:
    """An amount that came in and left again: worth `usd` (positive) when it came; `amounts` are dated then."""

    asset: str
    left_at: datetime
    usd: float
    amounts: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """An amount that left and came back: worth `usd` (positive) when it left."""

    asset: str
    left_at: datetime
    back_at: datetime
    usd: float


@dataclass(frozen=True, slots=True)
class OddPrice:
    """An asset whose implied price is not believed from `since` until before `until`; `price` is the last believed.

    A `doubtful` one has no other exchange to be compared with: the next reading decides, by coming back or by staying.
    """

    asset: str
    price: float
    since: datetime
    until: datetime | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class SourceGlitch:
    """A move at `at` that most exchanges of the source made at once, held for that one reading."""

    at: datetime
    share: float
    moved: int
    read: int


@dataclass(frozen=True, slots=True)
class MissingChain:
    """A chain that was not in the readings from `since` until before `until`; `last` is the one before."""

    chain: str
    since: datetime
    until: datetime | None = None
    last: Reading = field(kw_only=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class GuardState:
    """The memory of one exchange as of its newest reading.

    `suspect` is a move held at the newest reading. `rebased` are moves of the last 72 h that stayed and are not
    counted: their amounts are among the `adjustments`. `strides` are what the rest did since; should it leave, the
    drops count in full after all (`counted`). `trips` are round trips of the last two days, `passages` what came and
    left in them; what left then is among the `adjustments`, too. No
    window starts from a reading of an absence that is over.
    """

    adjustments: tuple[Adjustment, ...] = ()
    suspect: IsolatedMove | None = None
    rebased: tuple[IsolatedMove, ...] = ()
    counted: tuple[IsolatedMove, ...] = ()
    strides: tuple[RestMove, ...] = ()
    departures: tuple[Departure, ...] = ()
    trips: tuple[RoundTrip, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    passages: tuple[PassThrough, ...] = ()
    odd_prices: tuple[OddPrice, ...] = ()
    glitch: SourceGlitch | None = None
    absences: tuple[MissingChain, ...] = ()
