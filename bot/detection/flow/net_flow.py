"""Net flow between two readings, free of price moves.

flow = Σ over common (chain, asset) of (amount_end − amount_start) × price_start, without the exchange's own tokens.
Stablecoins that appear offset what left other stablecoins: a conversion (BUSD → USDC, February 2023) is no flow.
A difference of USD totals is never a flow: in June 2023 Binance's total fell 8.2 B USD, of which 3.45 B was flow.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from heapq import nlargest

from bot.domain.assets import STABLECOINS
from bot.domain.flow import AssetFlow, Flow, Hold, HoldReason, Window
from bot.domain.guard_state import Adjustment
from bot.domain.reading import NO_HOLDING, Reading, Slot

TOLERATED_MISSING = 0.02
"""The share of reserves whose chains may be absent at the end before the window is held."""

SHOWN_ASSETS = 12
_Moved = tuple[str, float, float]  # an asset, its amount and its worth in USD, signed


def net_flow(  # noqa: PLR0913 — the two readings, and what is known of the time between
    window: Window,
    base: Reading,
    end: Reading,
    own_tokens: Collection[str],
    *,
    previous: Reading | None = None,
    adjustments: Iterable[Adjustment] = (),
) -> Flow:
    """Return the net flow from `base` to `end`, positive = net deposits.

    An asset that vanished from a chain that is still there counts as drained, but not while `previous`, the reading
    just before `end`, still had it: one more reading has to confirm it. One that appears counts as nothing (a listing
    or a new label), except a stablecoin, up to what left other stablecoins. Chains of the base that are absent at the
    end are left out, named, and hold the window once they kept more than 2 % of the reserves. What was adjusted
    between the two readings is no flow.
    """
    reserves = base.total_usd(without=own_tokens)
    missing = base.chains - end.chains
    not_flow = adjusted(adjustments, base, end)
    flows = list(_moves(base, end, missing, own_tokens, previous=previous, not_flow=not_flow))
    stable = sum(usd for asset, _, usd in flows if asset in STABLECOINS)
    flows += _conversions(base, end, own_tokens, not_flow, left=-stable)
    usd = sum([usd for _, _, usd in flows])
    return Flow(
        window=window,
        start=base.as_of,
        end=end.as_of,
        usd=usd,
        share=usd / reserves if reserves > 0 else 0.0,
        reserves_usd=reserves,
        assets=_largest(flows),
        missing_chains=tuple(sorted(missing)),
        hold=_hold(base, missing, reserves, own_tokens),
    )


def adjusted(adjustments: Iterable[Adjustment], base: Reading, end: Reading) -> dict[Slot, float]:
    """Return by slot what moved between two readings, the first one's own time left out, without being flow."""
    found: defaultdict[Slot, float] = defaultdict(float)
    for adjustment in adjustments:
        if base.as_of < adjustment.at <= end.as_of:
            found[adjustment.slot] += adjustment.amount
    return found


def _moves(  # noqa: PLR0913 — as above
    base: Reading,
    end: Reading,
    missing: frozenset[str],
    own_tokens: Collection[str],
    *,
    previous: Reading | None,
    not_flow: Mapping[Slot, float],
) -> Iterator[_Moved]:
    """Yield what moved in each slot of the base, at the base's prices."""
    now = end.holdings
    for slot, (amount, usd) in base.holdings.items():
        chain, asset = slot
        if amount <= 0 or asset in own_tokens or chain in missing:
            continue
        after = now.get(slot)
        if after is None and previous is not None and slot in previous.holdings:
            continue
        change = (after[0] if after else 0.0) - amount
        if not_flow:
            change -= not_flow.get(slot, 0.0)
        if change:
            yield asset, change, change * (usd / amount)


def _conversions(
    base: Reading, end: Reading, own_tokens: Collection[str], not_flow: Mapping[Slot, float], *, left: float
) -> Iterator[_Moved]:
    """Yield the stablecoins that appeared on common chains, at one dollar each, scaled down to what `left` others."""
    chains = base.chains
    appeared = [
        (slot.asset, amount - max(0.0, not_flow.get(slot, 0.0)))
        for slot, (amount, _) in end.holdings.items()
        if slot.asset in STABLECOINS and slot.asset not in own_tokens and amount > not_flow.get(slot, 0.0)
        if slot.chain in chains and base.holdings.get(slot, NO_HOLDING)[0] <= 0
    ]
    if left <= 0 or not appeared:
        return
    part = min(1.0, left / sum(amount for _, amount in appeared))
    for asset, amount in appeared:
        yield asset, amount * part, amount * part


def _largest(flows: Iterable[_Moved]) -> tuple[AssetFlow, ...]:
    """Return one flow per asset, largest first, as many as are shown."""
    moved: defaultdict[str, float] = defaultdict(float)
    worth: defaultdict[str, float] = defaultdict(float)
    for asset, amount, usd in flows:
        moved[asset] += amount
        worth[asset] += usd
    leading = nlargest(SHOWN_ASSETS, filter(worth.get, worth), key=lambda asset: abs(worth[asset]))
    return tuple(AssetFlow(asset, moved[asset], worth[asset]) for asset in leading)


def clean_usd(reading: Reading, chains: Collection[str], own_tokens: Collection[str]) -> float:
    """Return the value on some chains without the exchange's own tokens."""
    return sum(
        holding.usd
        for slot, holding in reading.holdings.items()
        if slot.chain in chains and slot.asset not in own_tokens
    )


def _hold(base: Reading, missing: frozenset[str], reserves: float, own_tokens: Collection[str]) -> Hold | None:
    if not missing or reserves <= 0:
        return None
    share = clean_usd(base, missing, own_tokens) / reserves
    if share <= TOLERATED_MISSING:
        return None
    return Hold(HoldReason.CHAIN_MISSING, f"{', '.join(sorted(missing))}, {share * 100:.1f} % of reserves")
