"""Renamed assets: the source calls the same coins by another name from one reading to the next.

A slot that vanishes and one that appears on the same chain in the same reading are one asset where they agree

- in the amount within 1 % and in the price within 25 %, or
- in the amount within 10 % and in the price within 5 %: customers go on while the source changes a name. What the
  amounts differ by is flow, like any other.

A new name may have no value at first. Then the amount within 1 % has to say it, of one asset alone, and until the name
has a value it is worth the price of before.

Each name belongs to one asset; of several that fit it is the nearest. The asset keeps the name that it had first, so
that its moves to and from other chains are still netted.

The new name may be told before the old one goes. As long as both are told the asset is there twice: what appeared is
not counted (`suspected_steps`). Where the last reading with both had the same amount under each within 1 %, at the same
price within 5 %, and one goes, the other is its new name, and what had appeared has left again.

A chain may get a new name as well: one that was not there before has at least half of the worth of one that is gone, in
the same assets with the same amounts within 10 %. Then all of its assets are renamed, however little or much of them.

What has the same price is nearly always the same claim: where USDT is drained and USDC appears, or WBTC and CBBTC, one
was turned into the other, and the flow is the difference whether it is taken for a new name or not.

Example: 100 USDT on Arbitrum are called USDT0 from the second reading on, in an hour in which customers take 4 of them.
A window that begins before counts −4, one that begins at the reading with the new name nothing.

    >>> from tests.detection.guards.worked_series import flow_usd, on_chains, state_after
    >>> renamed = {"Arbitrum/USDT0": 96, "Arbitrum/ETH": 900}
    >>> series = on_chains({"Arbitrum/USDT": 100, "Arbitrum/ETH": 900}, renamed, renamed)
    >>> state = state_after(series)
    >>> [(name.renamed.asset, name.original.asset) for name in state.renamed_slots]
    [('USDT0', 'USDT')]
    >>> flow_usd(series, state), flow_usd(series[1:], state)
    (-4.0, 0.0)
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from bot.detection.flow.reading_diff import LISTED
from bot.detection.thresholds import ODD_PRICE_CHANGE
from bot.domain.guard_state import GuardState, RenamedSlot
from bot.domain.jump import JumpReason, Verdict
from bot.domain.reading import NO_HOLDING, Holding, Reading, Slot

SAME_AMOUNT = 0.01
"""Amounts that differ by less than this fraction are the same: customers take out a little in the meantime."""
SAME_AMOUNT_IN_TRAFFIC = 0.1
"""The same where the price, or the name on another chain, says that it is the same asset.

In an hour of a run that takes 20 to 40 % within ten hours no asset stays within 1 % of itself, 87 of 100 within 5 %,
and all within 10 %, so that a wider limit gains nothing. Two assets with nothing in common of which one goes and one
comes in one reading agree so far in 1 of 7,000 cases (amounts and prices drawn evenly on a logarithmic scale).
"""
SAME_PRICE_IN_TRAFFIC = 0.05
"""How far a price may be from what it was, or from what the asset costs on other chains now."""
REMEMBERED_NAMES = timedelta(days=90)
"""How long a first name is kept at least; longer while a jump is remembered by it."""
_HALF = 0.5
"""Of a chain: while one is missing by mistake, as much of one asset may be listed on another by chance. And of what
appeared: it may have been more or less at first, but an asset that was there before is none that is told twice."""

_Named = TypeVar("_Named", str, Slot)


def with_renamed_slots(
    state: GuardState, previous: Reading, latest: Reading, own_tokens: Collection[str]
) -> GuardState:
    """Return the state with the slots that the latest reading calls by another name.

    `previous` is restated, `latest` in known terms.
    """
    least_usd = LISTED * previous.total_usd(without=own_tokens)
    chains = dict(_renamed_chains(previous, latest, least_usd))
    moved = {slot: Slot(chains[slot.chain], slot.asset) for slot in previous.holdings if slot.chain in chains}
    pairs = [(slot, renamed) for slot, renamed in moved.items() if renamed in latest.holdings]
    vanished = {
        slot: held
        for slot, held in previous.holdings.items()
        if held.usd >= least_usd
        and slot not in latest.holdings
        and moved.get(slot) not in latest.holdings
        and (slot.chain in latest.chains or slot.chain in chains)
    }
    if vanished:
        candidates = _possible_names(state, previous, latest, least_usd)
        pairs += _renamed_assets(vanished, candidates, latest, own_tokens, chains)
    names = [
        RenamedSlot(
            original, renamed, latest.as_of, _carried_price(previous.holdings[original], latest.holdings[renamed])
        )
        for original, renamed in pairs
    ]
    # A jump that is still remembered is known by the asset's first name.
    needed = {part.asset for jump in state.jumps for part in jump.parts}
    recent = tuple(
        name
        for name in state.renamed_slots
        if latest.as_of - name.at < REMEMBERED_NAMES or name.original.asset in needed
    )
    return replace(state, renamed_slots=(*recent, *names)) if names or recent != state.renamed_slots else state


def without_second_names(previous: Reading, state: GuardState, at: datetime) -> Reading:
    """Return a reading without the slots that are known from `at` on to be new names of others: they miss nothing."""
    second = {name.renamed for name in state.renamed_slots if name.at == at} & previous.holdings.keys()
    if not second:  # nearly always
        return previous
    return replace(previous, holdings={slot: held for slot, held in previous.holdings.items() if slot not in second})


def _possible_names(
    state: GuardState, previous: Reading, latest: Reading, least_usd: float
) -> Mapping[Slot, tuple[Holding, Holding]]:
    """Return what may be new names, with what they held before and hold now: slots most of which appeared lately."""
    newly_appeared = _newly_appeared(state)
    return {
        slot: (before, held)
        for slot, held in latest.holdings.items()
        if held.usd >= least_usd or held.usd <= 0
        for before in [previous.holdings.get(slot, NO_HOLDING)]
        if newly_appeared.get(slot.asset, 0.0) >= _HALF * before.amount
    }


def _renamed_assets(
    vanished: Mapping[Slot, Holding],
    candidates: Mapping[Slot, tuple[Holding, Holding]],
    latest: Reading,
    own_tokens: Collection[str],
    chains: Mapping[str, str],
) -> Iterator[tuple[Slot, Slot]]:
    """Yield the first and the new slot of each asset with another name; `chains` have another name themselves."""
    fitting = [
        (amount_gap + price_gap, original, renamed)
        for original, before in vanished.items()
        for renamed, (held_before, after) in candidates.items()
        if chains.get(original.chain, original.chain) == renamed.chain
        # What an exchange issues itself is no reserve that has another name.
        if original.asset in own_tokens or renamed.asset not in own_tokens
        if _may_be_told_twice(before, held_before)
        for amount_gap, price_gap in _gaps(before, after, latest.by_asset().get(original.asset, NO_HOLDING))
        if (amount_gap <= SAME_AMOUNT and price_gap <= ODD_PRICE_CHANGE)
        or (amount_gap <= SAME_AMOUNT_IN_TRAFFIC and price_gap <= SAME_PRICE_IN_TRAFFIC)
    ]
    fits = Counter(name for _, *names in fitting for name in names)
    # Without a price two assets of like amounts may differ a thousandfold in worth: then the nearest is not enough.
    yield from _nearest_pairs(
        (gap, original, renamed)
        for gap, original, renamed in fitting
        if candidates[renamed][1].usd > 0 or fits[original] == fits[renamed] == 1
    )


def _carried_price(before: Holding, after: Holding) -> float | None:
    """Return what a unit was worth in USD, where it is not said any more."""
    return before.usd / before.amount if before.amount > 0 and after.usd <= 0 else None


def _newly_appeared(state: GuardState) -> Mapping[str, float]:
    """Return the units by asset that appeared somewhere, were not counted and are still there."""
    units: defaultdict[str, float] = defaultdict(float)
    for jump in state.jumps:
        if jump.reason is JumpReason.APPEARED and jump.verdict is Verdict.NOT_COUNTED:
            for part in jump.parts:
                units[part.asset] += sum(move.amount for move in part.moves)
    return units


def _may_be_told_twice(held: Holding, held_by_other_name: Holding) -> bool:
    """Return whether one reading has the same under two names, or nothing under the other.

    Both are of one reading, so no traffic lies between them: of two dollars as large as each other within a tenth one
    may be drained, and its loss must not pass for the end of a name.
    """
    return held_by_other_name.amount <= 0 or any(
        amount_gap <= SAME_AMOUNT and price_gap <= SAME_PRICE_IN_TRAFFIC
        for amount_gap, price_gap in _gaps(held, held_by_other_name)
    )


def _renamed_chains(previous: Reading, latest: Reading, least_usd: float) -> Iterator[tuple[str, str]]:
    """Yield the first and the new name of each chain that has another one."""
    gone_chains, new_chains = previous.chains - latest.chains, latest.chains - previous.chains
    if not gone_chains or not new_chains:  # nearly always
        return
    gone = {chain: _on_chain(previous, chain) for chain in gone_chains}
    new = {chain: _on_chain(latest, chain) for chain in new_chains}
    yield from _nearest_pairs(
        (-same, chain, new_chain)
        for chain, before in gone.items()
        for new_chain, after in new.items()
        if (whole_usd := sum(held.usd for held in before.values())) >= least_usd
        if (same := _same_usd(before, after) / whole_usd) >= _HALF
    )


def _on_chain(reading: Reading, chain: str) -> Mapping[str, Holding]:
    return {slot.asset: held for slot, held in reading.holdings.items() if slot.chain == chain}


def _same_usd(before: Mapping[str, Holding], after: Mapping[str, Holding]) -> float:
    """Return the worth of what a chain holds of another's assets; an amount that differs by 4 % is the same by 96 %."""
    return sum(
        held.usd * (1 - amount_gap)
        for asset, held in before.items()
        for amount_gap, price_gap in _gaps(held, after.get(asset, NO_HOLDING))
        if amount_gap <= SAME_AMOUNT_IN_TRAFFIC and price_gap <= ODD_PRICE_CHANGE
    )


def _gaps(before: Holding, after: Holding, elsewhere: Holding = NO_HOLDING) -> Iterator[tuple[float, float]]:
    """Yield by which fraction amount and price differ; nothing where one of them is zero.

    The price may also be near to what the asset costs elsewhere now: in a day it moves by more than 5 %. Where there is
    none now, it differs by nothing from that of the same amount.
    """
    if min(before.amount, after.amount, before.usd) <= 0:
        return
    amount_gap = abs(after.amount / before.amount - 1)
    if after.usd <= 0:
        if amount_gap <= SAME_AMOUNT:
            yield amount_gap, 0.0
        return
    price = after.usd / after.amount
    known_prices = [held.usd / held.amount for held in (before, elsewhere) if held.amount > 0 and held.usd > 0]
    yield amount_gap, min(abs(price / known - 1) for known in known_prices)


def _nearest_pairs(candidates: Iterable[tuple[float, _Named, _Named]]) -> Iterator[tuple[_Named, _Named]]:
    """Yield pairs of first and new names, the nearest first, each name once; a candidate begins with the distance."""
    paired: dict[_Named, _Named] = {}
    for _, original, renamed in sorted(candidates):
        if original not in paired and renamed not in paired.values():
            paired[original] = renamed
    yield from paired.items()
