"""Net flow between two readings, free of price moves.

flow = Σ over common (chain, asset) of (amount_end − amount_start) × price_start, without the exchange's own tokens.
A difference of USD totals is never a flow: in June 2023 Binance's total fell 8.2 B USD, of which 3.45 B was flow.

An example: 1,000 USDT and 10 BTC at $100, then 900 USDT and 11 BTC at $50. The total fell from 2,000 to 1,450 USD, but
the flow is −100 × 1 + 1 × 100 = 0. Stablecoins that appear offset what left other stablecoins: 800 BUSD, then 100 BUSD
and 700 USDC is a conversion (Binance, February 2023), so 0 as well; with 300 USDC instead the flow is −400 USD.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from heapq import nlargest

from bot.domain.assets import STABLECOINS
from bot.domain.flow import AssetFlow, Flow, Hold, HoldReason, Window
from bot.domain.guard_state import Adjustment
from bot.domain.reading import NO_HOLDING, Reading, Slot

TOLERATED_MISSING = 0.02
"""The fraction of reserves whose chains may be absent at the end before the window is held. By judgement: small chains
come and go at the upstream, and what could have left them stays below the threshold of elevated (3 %)."""

SHOWN_ASSETS = 12
"""How many assets a flow names at most. Messages show fewer; the other figures of a flow count every asset."""

_SlotMove = tuple[str, float, float]  # an asset, its amount in units and its worth in USD, both signed: negative = left


def net_flow(  # noqa: PLR0913 — the two readings, and what is known of the time between
    window: Window,
    base: Reading,
    end: Reading,
    own_tokens: Collection[str],
    *,
    previous: Reading | None = None,
    adjustments: Iterable[Adjustment] = (),
) -> Flow:
    """Return the net flow from `base` to `end` in USD and as a share of the base's reserves, positive = net deposits.

    An asset that vanished from a chain that is still there counts as drained, but not while `previous`, the reading
    just before `end`, still had it: one more reading has to confirm it. One that appears counts as nothing (a listing
    or a new label), except a stablecoin, up to what left other stablecoins. Chains of the base that are absent at the
    end are left out, named, and hold the window once they kept more than 2 % of the reserves. What guards adjusted
    between the two readings is taken out.
    """
    reserves_usd = base.total_usd(without=own_tokens)
    missing = base.chains - end.chains
    not_flow = adjusted(adjustments, base, end)
    moves = list(_slot_moves(base, end, missing, own_tokens, previous=previous, not_flow=not_flow))
    stablecoins_usd = sum(usd for asset, _, usd in moves if asset in STABLECOINS)
    moves += _conversions(base, end, own_tokens, not_flow, left_usd=-stablecoins_usd)
    net_usd = sum([usd for _, _, usd in moves])
    return Flow(
        window=window,
        start=base.as_of,
        end=end.as_of,
        usd=net_usd,
        share=net_usd / reserves_usd if reserves_usd > 0 else 0.0,
        reserves_usd=reserves_usd,
        assets=_largest(moves),
        missing_chains=tuple(sorted(missing)),
        hold=_hold(base, missing, reserves_usd, own_tokens),
    )


def adjusted(adjustments: Iterable[Adjustment], base: Reading, end: Reading) -> dict[Slot, float]:
    """Return the units by slot, signed, that moved after `base` up to `end` without being flow.

    An adjustment at the very time of the base is in the base already.
    """
    amounts: defaultdict[Slot, float] = defaultdict(float)
    for adjustment in adjustments:
        if base.as_of < adjustment.at <= end.as_of:
            amounts[adjustment.slot] += adjustment.amount
    return amounts


def _slot_moves(  # noqa: PLR0913 — as above
    base: Reading,
    end: Reading,
    missing: frozenset[str],
    own_tokens: Collection[str],
    *,
    previous: Reading | None,
    not_flow: Mapping[Slot, float],
) -> Iterator[_SlotMove]:
    """Yield what moved in each slot of the base, at the base's prices."""
    holdings_at_end = end.holdings
    for slot, (amount, usd) in base.holdings.items():
        chain, asset = slot
        if amount <= 0 or asset in own_tokens or chain in missing:
            continue
        after = holdings_at_end.get(slot)
        # A token that drops out of one answer of the upstream is a fault more often than a drain. An amount of 0 that
        # the upstream states itself is `Holding(0, …)`, not None, and counts at once.
        if after is None and previous is not None and slot in previous.holdings:
            continue
        change = (after[0] if after else 0.0) - amount
        if not_flow:
            change -= not_flow.get(slot, 0.0)
        if change:
            yield asset, change, change * (usd / amount)


def _conversions(
    base: Reading, end: Reading, own_tokens: Collection[str], not_flow: Mapping[Slot, float], *, left_usd: float
) -> Iterator[_SlotMove]:
    """Yield the stablecoins that appeared on common chains, at one dollar each, up to what left others (`left_usd`).

    Without that limit a new listing of a stablecoin would look like a deposit.
    """
    chains = base.chains
    appeared = [
        (slot.asset, amount - max(0.0, not_flow.get(slot, 0.0)))
        for slot, (amount, _) in end.holdings.items()
        if slot.asset in STABLECOINS and slot.asset not in own_tokens and amount > not_flow.get(slot, 0.0)
        if slot.chain in chains and base.holdings.get(slot, NO_HOLDING)[0] <= 0
    ]
    if left_usd <= 0 or not appeared:
        return
    fraction = min(1.0, left_usd / sum(amount for _, amount in appeared))
    for asset, amount in appeared:
        yield asset, amount * fraction, amount * fraction


def _largest(moves: Iterable[_SlotMove]) -> tuple[AssetFlow, ...]:
    """Return one flow per asset over all its chains, largest first by worth, `SHOWN_ASSETS` at most."""
    amounts: defaultdict[str, float] = defaultdict(float)
    worth_usd: defaultdict[str, float] = defaultdict(float)
    for asset, amount, usd in moves:
        amounts[asset] += amount
        worth_usd[asset] += usd
    # `filter` leaves out assets whose moves cancel out, from one chain to another.
    largest = nlargest(SHOWN_ASSETS, filter(worth_usd.get, worth_usd), key=lambda asset: abs(worth_usd[asset]))
    return tuple(AssetFlow(asset, amounts[asset], worth_usd[asset]) for asset in largest)


def clean_usd(reading: Reading, chains: Collection[str], own_tokens: Collection[str]) -> float:
    """Return the value in USD that lies on these chains, without the exchange's own tokens."""
    return sum(
        holding.usd
        for slot, holding in reading.holdings.items()
        if slot.chain in chains and slot.asset not in own_tokens
    )


def _hold(base: Reading, missing: frozenset[str], reserves_usd: float, own_tokens: Collection[str]) -> Hold | None:
    """Return why the window is held: too much lay on chains that are absent at the end."""
    if not missing or reserves_usd <= 0:
        return None
    share = clean_usd(base, missing, own_tokens) / reserves_usd
    if share <= TOLERATED_MISSING:
        return None
    return Hold(HoldReason.CHAIN_MISSING, f"{', '.join(sorted(missing))}, {share * 100:.1f} % of reserves")
