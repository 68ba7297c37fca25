"""How what moved between readings of one exchange is computed: one interface, and two ways with the same figures.

`DetailedComputation` goes through the holdings slot by slot (`netflow`, `step`) and knows every case.
`ColumnComputation` adds up columns of figures (`columns`) wherever that is the whole truth, and takes the detailed way
where it is not. It is some 15 times faster: 0.25 ms instead of 4 ms a reading of 200 assets in a backtest, which looks
at years of them; live it makes a look at 80 exchanges fit into 50 ms. Who uses a computation does not know which it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.detection.flow.arithmetic import PLAIN_ARITHMETIC, Arithmetic
from bot.detection.flow.column_store import ColumnStore
from bot.detection.flow.net_flow import net_flow
from bot.detection.flow.reading_diff import LARGE, ReadingDiff, reading_diff
from bot.detection.thresholds import ISOLATED_MOVE_JUMP, ISOLATED_MOVE_SHARE, ODD_PRICE_CHANGE, PRICED_ASSET_SHARE
from bot.domain.flow import Flow, Window
from bot.domain.guard_state import Adjustment
from bot.domain.reading import Reading


class FlowComputation(Protocol):
    """Computes what moved between two readings of one exchange, without its own tokens."""

    @property
    def own_tokens(self) -> frozenset[str]:
        """Return the tokens that are no reserves."""
        ...

    def flow(  # noqa: PLR0913 — the two readings, what is known of the time between, and what is wanted
        self,
        window: Window,
        base: Reading,
        end: Reading,
        *,
        previous: Reading | None = None,
        adjustments: Sequence[Adjustment] = (),
        with_assets: bool = True,
    ) -> Flow:
        """Return the net flow from `base` to `end`, positive = net deposits; `netflow.net_flow` says what counts.

        Which assets flowed is left out where nobody asks for it `with_assets`, and may be where nobody shows it.
        """
        ...

    def reading_diff(self, previous: Reading, latest: Reading, *, may_be_quiet: bool) -> ReadingDiff:
        """Return what moved from one reading to the next.

        Where it `may_be_quiet`, a step without a large move may come without its details (`Step.is_quiet`).
        """
        ...

    def prices_moved(self, previous: Reading, latest: Reading) -> bool:
        """Return whether a price may have moved so far that it has to be looked at; False is certain."""
        ...


@dataclass(frozen=True, slots=True)
class DetailedComputation:
    """Goes through the holdings, slot by slot."""

    own_tokens: frozenset[str]

    def flow(  # noqa: PLR0913 — as above
        self,
        window: Window,
        base: Reading,
        end: Reading,
        *,
        previous: Reading | None = None,
        adjustments: Sequence[Adjustment] = (),
        with_assets: bool = True,
    ) -> Flow:
        """Return the net flow, always with its assets."""
        return net_flow(window, base, end, self.own_tokens, previous=previous, adjustments=adjustments)

    def reading_diff(self, previous: Reading, latest: Reading, *, may_be_quiet: bool) -> ReadingDiff:
        """Return the step with its details."""
        return reading_diff(previous, latest, self.own_tokens)

    def prices_moved(self, previous: Reading, latest: Reading) -> bool:
        """Return True: prices are looked at every time."""
        return True


class ColumnComputation:
    """Adds up columns where they tell everything, and else goes through the holdings.

    The columns of the `most` last readings are remembered. Where nobody `shows_assets`, which assets flowed is not
    worked out.
    """

    def __init__(
        self,
        own_tokens: frozenset[str],
        arithmetic: Arithmetic[Any] = PLAIN_ARITHMETIC,
        *,
        most: int,
        shows_assets: bool = False,
    ) -> None:
        self.own_tokens = own_tokens
        self._sheet = ColumnStore[Any](own_tokens, arithmetic, most=most)
        self._detailed = DetailedComputation(own_tokens)
        self._shows_assets = shows_assets

    def flow(  # noqa: PLR0913 — as above
        self,
        window: Window,
        base: Reading,
        end: Reading,
        *,
        previous: Reading | None = None,
        adjustments: Sequence[Adjustment] = (),
        with_assets: bool = True,
    ) -> Flow:
        """Return the net flow; what was adjusted since the base is in no column."""
        if not (adjustments and any(base.as_of < adjustment.at for adjustment in adjustments)):
            with_assets = with_assets and self._shows_assets
            if flow := self._sheet.flow(window, base, end, previous, with_assets=with_assets):
                return flow
        return self._detailed.flow(window, base, end, previous=previous, adjustments=adjustments)

    def reading_diff(self, previous: Reading, latest: Reading, *, may_be_quiet: bool) -> ReadingDiff:
        """Return the step, without its details where it may be quiet and is."""
        quiet = (
            self._sheet.quiet_step(previous, latest, jump=ISOLATED_MOVE_JUMP, large=LARGE, least=ISOLATED_MOVE_SHARE)
            if may_be_quiet
            else None
        )
        return quiet or self._detailed.reading_diff(previous, latest, may_be_quiet=may_be_quiet)

    def prices_moved(self, previous: Reading, latest: Reading) -> bool:
        """Return whether an asset of weight has another price."""
        return not self._sheet.prices_are_steady(previous, latest, tolerated=ODD_PRICE_CHANGE, least=PRICED_ASSET_SHARE)
