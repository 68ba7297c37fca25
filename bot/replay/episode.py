"""What an episode is made of: who held what, how much left when, what prices did, and who published which figure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.exchange import exchange_id

RECONSTRUCTION = "reconstruction from published figures"
HISTORY = timedelta(days=130)


@dataclass(frozen=True, slots=True)
class Book:
    """One exchange of an episode.

    `row` is its constant row in the upstream's list, in the upstream's own keys and order. `reserves_millions` is
    what it holds when the live phase starts: chain → asset → million USD, names as the upstream spells them.
    `protocol_name` is its other name, in the upstream's history.
    """

    row: Mapping[str, str | tuple[str, ...] | None]
    reserves_millions: Mapping[str, Mapping[str, float]]
    protocol_name: str

    @property
    def slug(self) -> str:
        """Return the slug as the upstream's list spells it, mixed case."""
        return str(self.row["slug"])

    @property
    def id(self) -> str:
        """Return our id: `binance` for `Binance-CEX`."""
        return exchange_id(self.slug)

    @property
    def own_tokens(self) -> frozenset[str]:
        """Return the symbols of the tokens the exchange issues itself."""
        return frozenset([str(self.row["coinSymbol"]), *(self.row.get("ownTokens") or ())])


@dataclass(frozen=True, slots=True)
class Leg:
    """Net flow up to `until`, from where the leg before ended (the first: from the live start).

    `share` is a fraction of the clean reserves at the live start, positive = net deposits.
    """

    until: datetime
    share: float


@dataclass(frozen=True, slots=True)
class Pause:
    """Withdrawals of one asset closed for a while: its amounts stay flat."""

    asset: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """How an exchange departs from ordinary noise: legs in order, and which assets carry them.

    `weights` is the part of the flow each named asset carries (they sum to less than 1); the others share the rest
    by value. `exchange` is our id.
    """

    exchange: str
    legs: tuple[Leg, ...]
    weights: Mapping[str, float]
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A price at a moment, as a multiple of the price at the live start; straight lines (in logarithms) between."""

    at: datetime
    multiple: float


@dataclass(frozen=True, slots=True)
class Anchor:
    """A published figure: when it was true, what it says, and where it was read.

    `is_fitted` figures are passed by the reconstruction and tested; the others are kept beside it because sources
    disagree.
    """

    at: datetime
    figure: str
    source: str
    is_fitted: bool = True


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of history that can be served again.

    `label` says what it is wherever it shows. `paths` gives the course of prices by what an asset follows
    (`assets.py`); before `live_start` lie `HISTORY` days of ordinary noise. `speed` is simulated seconds per second.
    """

    id: str
    title: str
    label: str
    books: tuple[Book, ...]
    live_start: datetime
    live_end: datetime
    paths: Mapping[str, tuple[Waypoint, ...]]
    runs: tuple[Run, ...] = ()
    anchors: tuple[Anchor, ...] = ()
    speed: float = 18_000.0
    seed: int = 1
