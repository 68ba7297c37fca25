"""What changed between two successive readings of one exchange: by slot, by chain and by asset, free of price moves.

The guards judge these differences one by one; flows over windows are computed by `net_flow`. Every change of an amount
is valued at the price of the earlier reading. An example: 100 USDT on Tron at $1 and 0.5 BTC at $40, then 90 USDT and
0.75 BTC, which now costs $80. Changes: −10 USDT (−10 USD) and +0.25 BTC (+10 USD, not +20). Net: 0 of 120 USD.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.reading import NO_HOLDING, Holding, Reading, Slot

LARGE = 0.01
"""The fraction of reserves from which the guards remember an amount of one asset that left or came in one step. It lies
just below the lowest threshold of a day under any preset (1.5 % × 0.7 = 1.05 %): less than that alerts nobody alone."""
RETURN_WITHIN = timedelta(days=2)
"""How long it is remembered: what left and comes back by then was no flow, nor what came and leaves again. By
judgement: longer than the upstream's longest gap (12 h), and shorter than a run, whose money does not come back in
days."""


@dataclass(frozen=True, slots=True)
class SlotChange:
    """What changed in one slot: units of the asset and USD at the earlier price, both positive when something came in.

    `vanished` says that the slot is not in the later reading at all, which is not the same as an amount of 0.
    """

    slot: Slot
    amount: float
    usd: float
    vanished: bool = False


@dataclass(slots=True)
class GroupMove:
    """A chain or an asset: what it was worth before, and what moved in it, net, in USD (negative: left)."""

    was_usd: float = 0.0
    moved_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class ReadingDiff:
    """The difference of two readings on the chains that both cover, without the exchange's own tokens, in USD.

    `was_usd` is what these slots were worth before, `usd` the net flow (negative: left). `parts` has every chain and
    asset, keyed ("chain", name) or ("asset", name). A slot that vanished is among the `changes` but moves nothing in
    its `parts`: a token that vanished was drained, while `parts` are there to find changes of wallet lists.

    A quiet difference (`is_quiet`) is one in which nothing moved far. Only `was_usd` and `usd` are worked out for it.
    """

    previous: Reading
    latest: Reading
    was_usd: float
    usd: float
    changes: tuple[SlotChange, ...]
    parts: Mapping[tuple[str, str], GroupMove]
    is_quiet: bool = False

    def appeared(self) -> Iterator[tuple[Slot, Holding]]:
        """Yield what lies in slots that were empty before, on chains that were there already; own tokens too."""
        before, chains = self.previous.holdings, self.previous.chains
        for slot, holding in self.latest.holdings.items():
            if slot.chain in chains and before.get(slot, NO_HOLDING).amount <= 0 < holding.amount:
                yield slot, holding


def reading_diff(previous: Reading, latest: Reading, own_tokens: Collection[str]) -> ReadingDiff:
    """Return the difference of two readings in detail.

    Slots that appear are no change: there is no earlier price, and most are new listings or new labels of wallets.
    """
    chains = latest.chains
    holdings_now = latest.holdings
    was_usd = 0.0
    changes: list[SlotChange] = []
    groups: defaultdict[tuple[str, str], GroupMove] = defaultdict(GroupMove)
    for slot, (amount, usd) in previous.holdings.items():
        chain, asset = slot
        # A chain that is not in the later reading was not read, so nothing is known to have left it.
        if amount <= 0 or asset in own_tokens or chain not in chains:
            continue
        was_usd += usd
        change = holdings_now.get(slot, NO_HOLDING)[0] - amount
        change_usd = change * (usd / amount)
        vanished = slot not in holdings_now
        if change:
            changes.append(SlotChange(slot, change, change_usd, vanished))
        for group in (groups["chain", chain], groups["asset", asset]):
            group.was_usd += usd
            group.moved_usd += 0.0 if vanished else change_usd
    net_usd = sum(change.usd for change in changes)
    return ReadingDiff(previous, latest, was_usd, net_usd, tuple(changes), dict(groups))
