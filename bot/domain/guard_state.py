"""What the guards remember of one exchange from one reading to the next, so that windows stay comparable.

The rules are in `bot/detection/guards`; these are only their values. They follow from the readings alone, and are made
again from those of the last 91 days after a restart, so nothing of them is stored.

Example: on 1 March 10,000 BTC of one chain vanish while everything else is flat. The move is held for one reading as an
`IsolatedMove`; since it stays, it becomes an `Adjustment` of −10,000 BTC: a window that contains 1 March does not count
it as an outflow.
"""

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.reading import Reading, Slot


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A change that is no flow: `amount` units appeared in (positive) or vanished from (negative) a slot at `at`.

    A window that contains `at` subtracts the amount from the change of the slot.
    """

    slot: Slot
    amount: float
    at: datetime


@dataclass(frozen=True, slots=True)
class IsolatedMove:
    """One chain or asset (`group`) that moved from one reading to the next, at `at`, while everything else was flat.

    `usd` and `share` (of reserves without own tokens) are the move, negative when it left; `amounts` are its changes by
    slot; `rest_usd` is the worth of everything else, positive.
    """

    group: str
    at: datetime
    usd: float
    share: float
    amounts: tuple[Adjustment, ...]
    rest_usd: float


@dataclass(frozen=True, slots=True)
class RestMove:
    """The net flow, in USD and positive for deposits, of everything but an isolated move, between two readings."""

    at: datetime
    usd: float


@dataclass(frozen=True, slots=True)
class Departure:
    """A large amount of one asset that left at `at`, in units and in USD; `returned` units of it came back since.

    All are positive.
    """

    asset: str
    at: datetime
    amount: float
    usd: float
    returned: float = 0.0


@dataclass(frozen=True, slots=True)
class Arrival:
    """A large amount of one asset that arrived at `at`: units by slot, and their worth in USD, all positive."""

    asset: str
    at: datetime
    amounts: tuple[Adjustment, ...]
    usd: float


@dataclass(frozen=True, slots=True)
class PassThrough:
    """An amount that arrived and left again; `usd` is its worth on arrival, positive; `amounts` have that date, too."""

    asset: str
    left_at: datetime
    usd: float
    amounts: tuple[Adjustment, ...]


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """An amount that left and came back; `usd` is its worth when it left, positive."""

    asset: str
    left_at: datetime
    back_at: datetime
    usd: float


@dataclass(frozen=True, slots=True)
class OddPrice:
    """An asset whose implied price, USD by units, is taken for wrong from `since` until before `until`.

    `price` is the last one that was right. A price is `doubtful` when no other exchange holds the asset to compare
    with: it was wrong if the next reading returns to the old price, and right if it stays.
    """

    asset: str
    price: float
    since: datetime
    until: datetime | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class SourceGlitch:
    """A jump of `share` at `at` that `moved` of the `read` exchanges of a source made at once; held for one reading."""

    at: datetime
    share: float
    moved: int
    read: int


@dataclass(frozen=True, slots=True)
class MissingChain:
    """A chain that was missing in the readings from `since` until before `until`; `last` is the reading before that.

    `until` is None as long as it is missing.
    """

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
