"""Renamed assets: the source calls the same coins by another name from one reading to the next.

A slot that vanishes and one that appears on the same chain in the same reading, with the same amount and price, are one
asset. It keeps the name that it had first, so that its moves to and from other chains are still netted. A chain may get
a new name as well: the same assets, with the same amounts, on a chain that was not there before.

Example: 100 USDT on Arbitrum are called USDT0 from the second reading on. Nothing flows.

    >>> from tests.detection.guards.worked_series import flow_usd, on_chains, state_after
    >>> series = on_chains({"Arbitrum/USDT": 100, "Arbitrum/ETH": 900}, {"Arbitrum/USDT0": 100, "Arbitrum/ETH": 900})
    >>> state = state_after(series)
    >>> [(name.renamed.asset, name.original.asset) for name in state.renamed_slots], flow_usd(series, state)
    ([('USDT0', 'USDT')], 0.0)
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from bot.detection.flow.reading_diff import LISTED
from bot.detection.thresholds import ODD_PRICE_CHANGE
from bot.domain.guard_state import GuardState, RenamedSlot
from bot.domain.reading import NO_HOLDING, Holding, Reading

SAME_AMOUNT = 0.01
"""Amounts that differ by less than this fraction are the same: customers take out a little in the meantime."""
REMEMBERED_NAMES = timedelta(days=90)
"""How long a first name is kept at least; longer while a jump is remembered by it."""


def with_renamed_slots(
    state: GuardState, previous: Reading, latest: Reading, own_tokens: Collection[str]
) -> GuardState:
    """Return the state with the slots that the latest reading calls by another name.

    `previous` is restated, `latest` in known terms.
    """
    least_usd = LISTED * previous.total_usd(without=own_tokens)
    new_chains, gone_chains = latest.chains - previous.chains, previous.chains - latest.chains
    vanished = {
        slot: held
        for slot, held in previous.holdings.items()
        if held.usd >= least_usd and slot not in latest.holdings and (new_chains or slot.chain not in gone_chains)
    }
    names: list[RenamedSlot] = []
    for slot, held in latest.holdings.items() if vanished else ():
        if previous.holdings.get(slot, NO_HOLDING).amount > 0 or held.usd < least_usd:
            continue
        for original, before in vanished.items():
            is_renamed_chain = (
                original.asset == slot.asset and original.chain in gone_chains and slot.chain in new_chains
            )
            if (original.chain == slot.chain or is_renamed_chain) and _is_same(before, held):
                names.append(RenamedSlot(original, slot, latest.as_of))
                del vanished[original]
                break
    # A jump that is still remembered is known by the asset's first name.
    needed = {part.asset for jump in state.jumps for part in jump.parts}
    recent = tuple(
        name
        for name in state.renamed_slots
        if latest.as_of - name.at < REMEMBERED_NAMES or name.original.asset in needed
    )
    return replace(state, renamed_slots=(*recent, *names)) if names or recent != state.renamed_slots else state


def _is_same(before: Holding, after: Holding) -> bool:
    if min(before.amount, after.amount, before.usd, after.usd) <= 0:
        return False
    price_ratio = (after.usd / after.amount) / (before.usd / before.amount)
    return abs(after.amount / before.amount - 1) <= SAME_AMOUNT and abs(price_ratio - 1) <= ODD_PRICE_CHANGE
