"""What an episode is made of: who held what, how much left when, what prices did, and who published which figure.

Example: `RunLeg(13 December 16:30, -0.0265)` lets 2.65 % of the clean reserves at the live start leave between
the end of the leg before and 16:30, spread over those hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot.domain.exchange import exchange_id
from bot.language.translation import marked
from bot.replay.faults import ObservationFault, WalletJump

RECONSTRUCTION = marked("reconstruction from published figures")
MADE_UP = "made-up figures for a guard"
HISTORY = timedelta(days=130)  # more than the 90 days that a baseline is made of


@dataclass(frozen=True, slots=True)
class ExchangeHoldings:
    """One exchange of an episode.

    `listing_row` are the constants of its row in the upstream's list, in the upstream's own keys and order.
    `reserves_millions` is what it holds when the live phase starts: chain → asset → million USD, names as the upstream
    spells them.
    `protocol_name` is its other name, in the upstream's history.
    """

    listing_row: Mapping[str, str | tuple[str, ...] | None]
    reserves_millions: Mapping[str, Mapping[str, float]]
    protocol_name: str

    @property
    def slug(self) -> str:
        """Return the slug as the upstream's list spells it, mixed case."""
        return str(self.listing_row["slug"])

    @property
    def id(self) -> str:
        """Return our id: `binance` for `Binance-CEX`."""
        return exchange_id(self.slug)

    @property
    def own_tokens(self) -> frozenset[str]:
        """Return the symbols of the tokens the exchange issues itself."""
        symbol = self.listing_row.get("coinSymbol")
        return frozenset([*([str(symbol)] if symbol else []), *(self.listing_row.get("ownTokens") or ())])


@dataclass(frozen=True, slots=True)
class RunLeg:
    """The net flow up to `until`, from the end of the leg before (the first: from the start of its run).

    `share` is a fraction of the clean reserves at the live start, positive = net deposits. `swaps` are shares that
    move from asset to asset on top of that and add up to 0, such as BUSD that customers turn into USDT.
    """

    until: datetime
    share: float
    swaps: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunPause:
    """Withdrawals of one asset closed for a while: its amounts stay flat."""

    asset: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class OutflowRun:
    """How an exchange departs from ordinary noise: legs in order of time, and which assets the flow is in.

    `weights` is the part of the flow each named asset carries (they sum to less than 1); the others share the rest
    by value. `exchange` is our id. It begins at `since` (None: at the live start). With `is_plain` nothing but the
    legs moves an amount, so a leg of nothing leaves every amount as it is.
    """

    exchange: str
    legs: tuple[RunLeg, ...]
    weights: Mapping[str, float] = field(default_factory=dict)
    pauses: tuple[RunPause, ...] = ()
    since: datetime | None = None
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A price at a moment, as a multiple of the asset's in `episodes/assets.py`; log-linear from one to the next."""

    at: datetime
    multiple: float


@dataclass(frozen=True, slots=True)
class WithdrawalStatusChange:
    """Withdrawals of one asset on one network are opened or closed; `network` as the exchange spells it."""

    exchange: str
    at: datetime
    asset: str
    network: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class FlowNoise:
    """The ordinary days of an episode: scales and bounds of Student's t with four degrees of freedom.

    `net` is of an exchange's clean reserves a day: its 5 % point lies at −2.13 scales, its 1 % point at −3.75; no day
    is beyond `net_bound` scales. `asset` is of each holding a day, against the others.
    """

    net: float = 0.00235
    net_bound: float = 5.0
    asset: float = 0.006
    asset_bound: float = 6.0


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """A published figure: when it was true, what it says, and where it was read.

    `is_fitted` figures are passed by the reconstruction and tested; the others are kept beside it because sources
    disagree.
    """

    at: datetime
    figure: str
    source: str
    is_fitted: bool = True


@dataclass(frozen=True, slots=True)
class DemoStaging:
    """Faults of the source that only the demo adds to an episode, and the notice that says so to its viewer."""

    faults: tuple[ObservationFault, ...]
    notice: str


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of history that can be served again.

    `label` says what the figures are, wherever they show: a reconstruction, or invented. `price_paths` are by what an
    asset's price follows (`episodes/assets.py`), `pegs` has what stablecoins are worth in dollars where that is not
    one. Before `live_start` lies `history` of ordinary noise. `runs` are what customers moved; `jumps` and `faults`
    only look like it. The episode is about the first of the `exchanges`: `crossed_on` is the UTC day on which its daily
    point first crossed a threshold, None where there was no run. `speed` is in simulated seconds per second. `staging`
    is for the demo alone.
    """

    id: str
    title: str
    label: str
    exchanges: tuple[ExchangeHoldings, ...]
    live_start: datetime
    live_end: datetime
    price_paths: Mapping[str, tuple[Waypoint, ...]]
    pegs: Mapping[str, tuple[Waypoint, ...]] = field(default_factory=dict)
    runs: tuple[OutflowRun, ...] = ()
    jumps: tuple[WalletJump, ...] = ()
    faults: tuple[ObservationFault, ...] = ()
    withdrawal_changes: tuple[WithdrawalStatusChange, ...] = ()
    crossed_on: date | None = None
    published_figures: tuple[PublishedFigure, ...] = ()
    history: timedelta = HISTORY
    noise: FlowNoise = FlowNoise()
    speed: float = 18_000.0
    seed: int = 1
    staging: DemoStaging | None = None

    def staged(self) -> "Episode":
        """Return the episode as the demo plays it."""
        return replace(self, faults=(*self.faults, *self.staging.faults)) if self.staging else self
