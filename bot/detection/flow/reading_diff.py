"""What changed between two successive readings of one exchange: by asset, chain and slot, free of price moves.

The guards judge these differences one by one; flows over windows are computed by `net_flow`. Every change of an amount
is valued at the price of the earlier reading. An example: 100 USDT on Tron at $1 and 0.5 BTC at $40, then 90 USDT and
0.75 BTC, which now costs $80. Changes: −10 USDT (−10 USD) and +0.25 BTC (+10 USD, not +20). Net: 0 of 120 USD.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum

from bot.detection.flow.asset_moves import AssetMove, asset_moves
from bot.domain.reading import NO_HOLDING, Reading, Slot
from bot.domain.value_object import value_object

LARGE = 0.01
"""The fraction of reserves from which the guards remember an amount of one asset that left or came in one step. It lies
just below the lowest threshold of a day under any preset (1.5 % × 0.7 = 1.05 %): less than that alerts nobody alone."""
LISTED = 0.001
"""The fraction of reserves from which they remember an asset that appears: what is not counted when it comes must not
be counted when it leaves. Below a tenth of a percent it would change no figure that people see."""
SUDDEN = 0.03
"""The share of all reserves from which a step is remembered as a large one: that of an elevated day."""
RETURN_WITHIN = timedelta(days=2)
"""How long a counted step is remembered: what left and comes back by then was no flow, nor what came and leaves again.
By judgement: longer than the upstream's longest gap (12 h), and shorter than a run, whose money does not come back in
days."""
_NAMED_SLOTS = 3  # a line on a phone has room for no more, and they are enough to find the others at the source


class GroupKind(IntEnum):
    """What a group of slots is. The widest comes last: of two groups that moved alike it says most."""

    SLOT = 0
    CHAIN = 1
    ASSET = 2


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
    """A slot, a chain or an asset: what it was worth before, and what moved in it, net, in USD (negative: left)."""

    was_usd: float = 0.0
    moved_usd: float = 0.0


@value_object
class ReadingDiff:
    """The difference of two readings, without the exchange's own tokens, in USD.

    `was_usd` is what was there before, `usd` the net flow (negative: left). `moves` has every asset that moved, chains
    netted, and `appeared` what came to slots that were empty before and makes up for nothing that left. `changes` are
    those of single slots.

    A quiet difference (`is_quiet`) is one in which nothing moved far. `was_usd` and `usd` are worked out for it, and
    `moves` of the assets that were asked for.
    """

    previous: Reading
    latest: Reading
    was_usd: float
    usd: float
    moves: Mapping[str, AssetMove] = field(default_factory=dict)
    appeared: Mapping[str, AssetMove] = field(default_factory=dict)
    changes: tuple[SlotChange, ...] = ()
    is_quiet: bool = False

    def groups(
        self, own_tokens: Collection[str], kept: Mapping[str, float]
    ) -> Mapping[tuple[GroupKind, str], GroupMove]:
        """Return what moved in every slot, chain and asset, by kind and name ("Tron", "BTC", "BTC on Base").

        Of each asset's changes only the fraction `kept` counts, 1 where nothing is said. A slot that vanished is part
        of what its groups were worth but moves nothing in them: it was drained, while groups are there to find changed
        lists of wallets, which leave something behind.
        """
        groups: defaultdict[tuple[GroupKind, str], GroupMove] = defaultdict(GroupMove)
        for slot, (amount, usd) in self.previous.holdings.items():
            if amount > 0 and slot.asset not in own_tokens:
                for group in _groups_of(slot):
                    groups[group].was_usd += usd
        for change in self.changes:
            if not change.vanished:
                for group in _groups_of(change.slot):
                    groups[group].moved_usd += change.usd * kept.get(change.slot.asset, 1.0)
        return groups


def slot_name(slot: Slot) -> str:
    """Return what people call a slot: "ETH on Base"."""
    return f"{slot.asset} on {slot.chain}"


def slot_names(slots: Sequence[Slot]) -> str:
    """Return the names of slots in their order: "ETH on Base, TRX on Tron, SUN on Tron and 4 more"."""
    more = f" and {len(slots) - _NAMED_SLOTS} more" if len(slots) > _NAMED_SLOTS else ""
    return ", ".join(map(slot_name, slots[:_NAMED_SLOTS])) + more


def _groups_of(slot: Slot) -> tuple[tuple[GroupKind, str], ...]:
    return (
        (GroupKind.CHAIN, slot.chain),
        (GroupKind.ASSET, slot.asset),
        (GroupKind.SLOT, slot_name(slot)),
    )


def reading_diff(previous: Reading, latest: Reading, own_tokens: Collection[str]) -> ReadingDiff:
    """Return the difference of two readings in detail. Chains that only one of them covers are left out."""
    holdings_now, chains = latest.holdings, latest.chains
    was_usd = 0.0
    changes: list[SlotChange] = []
    for slot, (amount, usd) in previous.holdings.items():
        # A chain that is not in the later reading was not read, so nothing is known to have left it.
        if amount <= 0 or slot.asset in own_tokens or slot.chain not in chains:
            continue
        was_usd += usd
        change = holdings_now.get(slot, NO_HOLDING)[0] - amount
        if change:
            changes.append(SlotChange(slot, change, change * (usd / amount), slot not in holdings_now))
    moves = asset_moves(previous, latest, own_tokens)
    return ReadingDiff(previous, latest, was_usd, moves.usd, moves.counted, moves.appeared, tuple(changes))
