"""Whether the source's amounts agree with the bot's own reading of the same asset on the same chain. Pure.

Example: of OKX's Bitcoin wallets the 36 heaviest are read. They held 97 % of all listed ones at the last full round,
and hold 120,000 BTC now. DefiLlama says 125,000: 4 % more, which the unread wallets explain, so the two agree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.own_reading import OwnReading
from bot.domain.reading import Reading, Slot

AGREES_WITHIN = 0.03
"""A judgement: between two times an hour apart an exchange's coins move by a percent, and lists differ by a wallet."""
COMPARED_WITHIN = timedelta(hours=8)
"""Between the times of the two: the source's amounts are six hours old at most while nothing moves."""


@dataclass(frozen=True, slots=True)
class AssetComparison:
    """One asset on one chain: `difference` is how much more the own reading has, as a share of the source's amount."""

    asset: str
    difference: float
    agrees: bool


def compared(own: OwnReading, theirs: Reading) -> Sequence[AssetComparison]:
    """Return each asset that both have on this chain, in the order of reading; none where the times are far apart."""
    if own.as_of is None or abs(own.as_of - theirs.as_of) > COMPARED_WITHIN:
        return ()
    comparisons = []
    for asset, amount in own.amounts.items():
        held = theirs.holdings.get(Slot(own.chain, asset))
        if held is None or held.amount <= 0:
            continue
        # What the unread wallets held in the last full round is added for the upper end alone.
        low, high = (end / held.amount - 1 for end in (amount, amount / own.coverage if own.coverage else amount))
        comparisons.append(AssetComparison(asset, low, low <= AGREES_WITHIN and high >= -AGREES_WITHIN))
    return comparisons
