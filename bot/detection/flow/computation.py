"""How flows between readings of one exchange are computed: one interface, two implementations with the same figures.

`DetailedComputation` goes through the holdings slot by slot (`net_flow`, `reading_diff`) and covers every case.
`ColumnComputation` adds up columns of figures (`column_store`) where that gives the whole answer, and falls back to the
detailed way where it does not. It is some 15 times faster: 0.25 ms instead of 4 ms for a reading of 200 assets in a
backtest over years, and live the signals of 80 exchanges take 50 ms. Callers need not know which one they were given.

An example of the fall-back: Tron moves from 100 to 90 USDT, and nothing else changes: the columns give −10 USD. If USDC
also appears on Tron, only `net_flow` knows whether USDT was converted into it, so the columns give nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from typing_extensions import override

from bot.detection.flow.column_arithmetic import PLAIN_ARITHMETIC, Arithmetic
from bot.detection.flow.column_store import ColumnStore, QuietLimits
from bot.detection.flow.net_flow import net_flow
from bot.detection.flow.reading_diff import LARGE, LISTED, SUDDEN, ReadingDiff, reading_diff
from bot.detection.flow.uncounted import uncounted_units
from bot.detection.thresholds import ISOLATED_MOVE_JUMP, ISOLATED_MOVE_SHARE, ODD_PRICE_CHANGE, PRICED_ASSET_SHARE
from bot.domain.flow import Flow, Window
from bot.domain.guard_state import LostPart
from bot.domain.jump import Jump, Verdict
from bot.domain.reading import Reading

_UNSURE = frozenset({Verdict.WAITING, Verdict.DOUBTED})
_NONE_UNCOUNTED: Mapping[str, float] = {}
# Quiet means that no guard would react, so it is decided by the guards' own thresholds.
_QUIET = QuietLimits(jump=ISOLATED_MOVE_JUMP, least=ISOLATED_MOVE_SHARE, large=LARGE, listed=LISTED, sudden=SUDDEN)


class FlowComputation(Protocol):
    """Computes what moved between two readings of one exchange, without the exchange's own tokens.

    All readings are as they are understood (`guards.restatement`).
    """

    @property
    def own_tokens(self) -> frozenset[str]:
        """Return the exchange's own tokens: they are no reserves, because it can issue them itself."""
        ...

    def flow(  # noqa: PLR0913 — the two readings, what is known of the time between, and what is wanted
        self,
        window: Window,
        base: Reading,
        end: Reading,
        *,
        jumps: Sequence[Jump] = (),
        lost_parts: Sequence[LostPart] = (),
        with_assets: bool = True,
    ) -> Flow:
        """Return the net flow from `base` to `end`, positive = net deposits; `net_flow.net_flow` says what counts.

        An implementation may leave out which assets flowed where the caller does not want them (`with_assets`), or
        where it was made for a user that shows none.
        """
        ...

    def reading_diff(self, previous: Reading, latest: Reading) -> ReadingDiff:
        """Return what changed from one reading to the next, in detail."""
        ...

    def quiet_diff(self, previous: Reading, latest: Reading, watched: Collection[str]) -> ReadingDiff | None:
        """Return what changed where that is little (`ReadingDiff.is_quiet`), with the moves of the assets `watched`.

        None where details are needed, or where an implementation has no quicker way than the details.
        """
        ...

    def prices_moved(self, previous: Reading, latest: Reading) -> bool:
        """Return whether a price may have moved so far that it has to be checked. True may be a false alarm."""
        ...


class DetailedComputation(FlowComputation):
    """Goes through the holdings, slot by slot. What it returns is always complete: with assets and with details."""

    def __init__(self, own_tokens: frozenset[str]) -> None:
        self._own_tokens = own_tokens

    @property
    @override
    def own_tokens(self) -> frozenset[str]:
        return self._own_tokens

    @override
    def flow(
        self,
        window: Window,
        base: Reading,
        end: Reading,
        *,
        jumps: Sequence[Jump] = (),
        lost_parts: Sequence[LostPart] = (),
        with_assets: bool = True,
    ) -> Flow:
        return net_flow(window, base, end, self._own_tokens, jumps=jumps, lost_parts=lost_parts)

    @override
    def reading_diff(self, previous: Reading, latest: Reading) -> ReadingDiff:
        return reading_diff(previous, latest, self._own_tokens)

    @override
    def quiet_diff(self, previous: Reading, latest: Reading, watched: Collection[str]) -> ReadingDiff | None:
        return None

    @override
    def prices_moved(self, previous: Reading, latest: Reading) -> bool:
        # Finding out costs as much as checking the prices, so they are checked every time.
        return True


class ColumnComputation(FlowComputation):
    """Adds up columns of figures where they give the whole answer, and goes through the holdings where they do not.

    The columns of the newest `max_readings` readings are kept. Without `shows_assets`, which assets flowed is left out
    of every flow that the columns give.
    """

    def __init__(
        self,
        own_tokens: frozenset[str],
        arithmetic: Arithmetic[Any] = PLAIN_ARITHMETIC,
        *,
        max_readings: int,
        shows_assets: bool = False,
    ) -> None:
        self._own_tokens = own_tokens
        self._columns = ColumnStore[Any](own_tokens, arithmetic, max_readings=max_readings)
        self._detailed = DetailedComputation(own_tokens)
        self._shows_assets = shows_assets

    @property
    @override
    def own_tokens(self) -> frozenset[str]:
        return self._own_tokens

    @override
    def flow(
        self,
        window: Window,
        base: Reading,
        end: Reading,
        *,
        jumps: Sequence[Jump] = (),
        lost_parts: Sequence[LostPart] = (),
        with_assets: bool = True,
    ) -> Flow:
        # Most of the time guards know of nothing, and there is nothing to go through.
        if not (jumps or lost_parts) or _is_certain(base, end, jumps, lost_parts):
            uncounted = uncounted_units(jumps, base.as_of, end.as_of) if jumps else _NONE_UNCOUNTED
            with_assets = with_assets and self._shows_assets
            if flow := self._columns.flow(window, base, end, uncounted, with_assets=with_assets):
                return flow
        return self._detailed.flow(window, base, end, jumps=jumps, lost_parts=lost_parts)

    @override
    def reading_diff(self, previous: Reading, latest: Reading) -> ReadingDiff:
        return self._detailed.reading_diff(previous, latest)

    @override
    def quiet_diff(self, previous: Reading, latest: Reading, watched: Collection[str]) -> ReadingDiff | None:
        return self._columns.quiet_diff(previous, latest, watched, limits=_QUIET)

    @override
    def prices_moved(self, previous: Reading, latest: Reading) -> bool:
        return not self._columns.prices_are_steady(
            previous, latest, tolerated=ODD_PRICE_CHANGE, least=PRICED_ASSET_SHARE
        )


def _is_certain(base: Reading, end: Reading, jumps: Sequence[Jump], lost_parts: Sequence[LostPart]) -> bool:
    """Return whether a flow has one figure only, as columns give it.

    It has two where a part is lost at either end, and where a jump may count, or not, or not in full.
    """
    is_lacking = any(part.lacks(base.as_of) or part.lacks(end.as_of) for part in lost_parts)
    return not is_lacking and not any(jump.verdict in _UNSURE for jump in jumps)
