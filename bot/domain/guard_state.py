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
    """What the guards remember about one exchange as of its newest reading.

    It follows from the readings alone: after a restart it is made again from those that are stored. `held_move` waits
    for the next reading to say whether it was a change of wallets. `excluded_moves` (72 h) turned out to be one and are
    left out of every window: their amounts are among the `adjustments`. `rest_moves` (24 h) are what everything else
    did meanwhile; should it leave, the drops among the excluded moves count after all (`counted_drops`). `departures`
    and `arrivals` (2 days) are large amounts that may come back or leave again; those that did are `round_trips` and
    `pass_throughs`, and what passed through is among the `adjustments`, too. No window starts from a reading that
    lacked one of the `missing_chains` that are back by now.
    """

    adjustments: tuple[Adjustment, ...] = ()
    held_move: IsolatedMove | None = None
    excluded_moves: tuple[IsolatedMove, ...] = ()
    counted_drops: tuple[IsolatedMove, ...] = ()
    rest_moves: tuple[RestMove, ...] = ()
    departures: tuple[Departure, ...] = ()
    round_trips: tuple[RoundTrip, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    pass_throughs: tuple[PassThrough, ...] = ()
    odd_prices: tuple[OddPrice, ...] = ()
    source_glitch: SourceGlitch | None = None
    missing_chains: tuple[MissingChain, ...] = ()
