"""What happened between two readings in a row: slot by slot, by chain and by asset, free of price moves."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.reading import NO_HOLDING, Holding, Reading, Slot

LARGE = 0.01
"""An asset of which this share of reserves left or came in one step is remembered."""
RETURN_WITHIN = timedelta(days=2)
"""How long: what left and comes back by then is no flow, nor is what came and leaves again."""


@dataclass(frozen=True, slots=True)
class SlotChange:
    """What one slot did: the change of its amount, signed, and that change in USD; both at the price of the start."""

    slot: Slot
    amount: float
    usd: float
    vanished: bool = False


@dataclass(slots=True)
class GroupMove:
    """A chain or an asset: what it was worth before, and the net of what moved in it, in USD."""

    was_usd: float = 0.0
    moved_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class ReadingDiff:
    """One step of an exchange over the chains that both readings cover, without its own tokens, in USD.

    `parts` are its chains and assets, each under ("chain" or "asset", name). Slots that vanished are part of the
    changes but not of what moved in a part: a token that vanished is drained, no change of wallets. Of a quiet step, in
    which nothing moved far, only the net flow `usd` is known.
    """

    previous: Reading
    latest: Reading
    was_usd: float
    usd: float
    changes: tuple[SlotChange, ...]
    parts: Mapping[tuple[str, str], GroupMove]
    is_quiet: bool = False

    def appeared(self) -> Iterator[tuple[Slot, Holding]]:
        """Yield what is in slots that were empty before, on chains that were there; own tokens too."""
        before, chains = self.previous.holdings, self.previous.chains
        for slot, held in self.latest.holdings.items():
            if slot.chain in chains and before.get(slot, NO_HOLDING).amount <= 0 < held.amount:
                yield slot, held


def reading_diff(previous: Reading, latest: Reading, own_tokens: Collection[str]) -> ReadingDiff:
    """Return what happened from one reading to the next; slots that appear count as nothing."""
    chains = latest.chains
    now = latest.holdings
    was_usd = 0.0
    changes: list[SlotChange] = []
    parts: defaultdict[tuple[str, str], GroupMove] = defaultdict(GroupMove)
    for slot, (amount, usd) in previous.holdings.items():
        chain, asset = slot
        if amount <= 0 or asset in own_tokens or chain not in chains:
            continue
        was_usd += usd
        change = now.get(slot, NO_HOLDING)[0] - amount
        worth = change * (usd / amount)
        vanished = slot not in now
        if change:
            changes.append(SlotChange(slot, change, worth, vanished))
        for part in (parts["chain", chain], parts["asset", asset]):
            part.was_usd += usd
            part.moved_usd += 0.0 if vanished else worth
    usd = sum(change.usd for change in changes)
    return ReadingDiff(previous, latest, was_usd, usd, tuple(changes), dict(parts))
