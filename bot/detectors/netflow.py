"""Net flow between two readings, free of price moves.

flow = Σ over common (chain, asset) of (amount_end − amount_start) × price_start, without the exchange's own tokens.
A difference of USD totals is never a flow: in June 2023 Binance's total fell 8.2 B USD, of which 3.45 B was flow.
"""

from collections import defaultdict
from collections.abc import Collection

from bot.domain.flow import AssetFlow, Flow, Hold, HoldReason, Window
from bot.domain.reading import Reading

TOLERATED_MISSING = 0.02
"""The share of reserves whose chains may be absent at the end before the window is held."""

_SHOWN_ASSETS = 12


def net_flow(window: Window, base: Reading, end: Reading, own_tokens: Collection[str]) -> Flow:
    """Return the net flow from `base` to `end`, positive = net deposits.

    An asset that vanished from a chain that is still there counts as drained; one that appears counts as nothing
    (a listing or a new label). Chains of the base that are absent at the end are left out, named, and hold the window
    once they kept more than 2 % of the reserves.
    """
    reserves = base.total_usd(without=own_tokens)
    missing = base.chains - end.chains
    flows = _flows_by_asset(base, end, missing, own_tokens)
    usd = sum(flow.usd for flow in flows)
    return Flow(
        window=window,
        start=base.as_of,
        end=end.as_of,
        usd=usd,
        share=usd / reserves if reserves > 0 else 0.0,
        reserves_usd=reserves,
        assets=tuple(sorted(flows, key=lambda flow: -abs(flow.usd))[:_SHOWN_ASSETS]),
        missing_chains=tuple(sorted(missing)),
        hold=_hold(base, missing, reserves, own_tokens),
    )


def _flows_by_asset(
    base: Reading, end: Reading, missing: frozenset[str], own_tokens: Collection[str]
) -> list[AssetFlow]:
    moved: defaultdict[str, float] = defaultdict(float)
    worth: defaultdict[str, float] = defaultdict(float)
    nothing = (0.0, 0.0)
    for slot, (amount, usd) in base.holdings.items():
        chain, asset = slot
        if amount <= 0 or chain in missing or asset in own_tokens:
            continue
        change = end.holdings.get(slot, nothing)[0] - amount
        if change:
            moved[asset] += change
            worth[asset] += change * (usd / amount)
    return [AssetFlow(asset, amount, worth[asset]) for asset, amount in moved.items()]


def _hold(base: Reading, missing: frozenset[str], reserves: float, own_tokens: Collection[str]) -> Hold | None:
    if not missing or reserves <= 0:
        return None
    kept = sum(
        holding.usd for slot, holding in base.holdings.items() if slot.chain in missing and slot.asset not in own_tokens
    )
    share = kept / reserves
    if share <= TOLERATED_MISSING:
        return None
    return Hold(HoldReason.CHAIN_MISSING, f"{', '.join(sorted(missing))}, {share:.0%} of reserves")
