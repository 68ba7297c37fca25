"""Redenominations: an asset is counted in other units from one reading to the next, and is worth the same.

A token is split, or the source corrects its decimals: a thousand times as many units, each at a thousandth of the
price. Earlier readings are restated in the new units (`restatement`), so that nothing flows.

Example: 2 units at $50 become 2,000 at 5 cents.

    >>> from tests.detection.guards.worked_series import flow_usd, readings, state_after
    >>> series = readings(prices={"ABC": (50, 0.05)}, ABC=(2, 2_000), BTC=(900, 900))
    >>> state = state_after(series)
    >>> [(new_unit.asset, new_unit.factor) for new_unit in state.redenominations], round(flow_usd(series, state), 9)
    ([('ABC', 1000.0)], 0.0)
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from math import isclose, log10, sqrt

from bot.detection.flow.reading_diff import LISTED
from bot.detection.guards.renamed_assets import REMEMBERED_NAMES
from bot.domain.guard_state import GuardState, LostPart, Redenomination
from bot.domain.jump import Jump
from bot.domain.reading import Holding, Reading

_LEAST_FACTOR = 5.0  # below this a price may have done the same while customers moved coins
_SAME_WORTH = 0.05  # prices of two readings differ by a few percent as well


def with_redenominations(
    state: GuardState, previous: Reading, latest: Reading, own_tokens: Collection[str]
) -> GuardState:
    """Return the state with assets that the latest reading counts in other units; what it remembers is converted.

    `previous` is restated, `latest` in known terms.
    """
    new_units = list(_new_units(previous, latest, own_tokens))
    recent = tuple(unit for unit in state.redenominations if latest.as_of - unit.at < REMEMBERED_NAMES)
    if not new_units and recent == state.redenominations:
        return state
    for unit in new_units:
        state = replace(
            state,
            jumps=tuple(_converted_jump(jump, unit) for jump in state.jumps),
            lost_parts=tuple(_converted_part(part, unit) for part in state.lost_parts),
        )
    return replace(state, redenominations=(*recent, *new_units))


def _new_units(previous: Reading, latest: Reading, own_tokens: Collection[str]) -> Iterator[Redenomination]:
    least_usd = LISTED * previous.total_usd(without=own_tokens)
    if not previous.chains <= latest.chains:  # what a missing chain holds is compared once it is back
        there = {slot: held for slot, held in previous.holdings.items() if slot.chain in latest.chains}
        previous = replace(previous, holdings=there)
    for asset, (amount, usd) in latest.by_asset().items():
        before = previous.by_asset().get(asset)
        if before is None or min(before.usd, usd) < least_usd or min(before.amount, amount, before.usd) <= 0:
            continue
        factor = _unit_factor(before, Holding(amount, usd))
        if factor is not None:
            yield Redenomination(asset, factor, latest.as_of)


def _unit_factor(before: Holding, after: Holding) -> float | None:
    """Return how many units are what one was before, None where it is the same unit.

    A power of ten shows in the price, whatever customers took out in the same hour: 2 units at $50 become 1,500 at 5
    cents, which is 2,000 of which 500 left. The larger it is, the more may have moved beside it: of a thousand that is
    up to its square root, so that 100 units at 5 cents are the same units in a reading that tells a twentieth of
    everything. Any other factor only where the worth is the same.
    """
    amount_factor = after.amount / before.amount
    price_factor = (before.usd / before.amount) / (after.usd / after.amount)
    power = float(10 ** round(log10(price_factor)))
    if isclose(price_factor, power, rel_tol=_SAME_WORTH) and power != 1:
        traffic = max(_LEAST_FACTOR, sqrt(max(power, 1 / power)))
        return power if 1 / traffic < amount_factor / power < traffic else None
    is_other_unit = amount_factor >= _LEAST_FACTOR or amount_factor <= 1 / _LEAST_FACTOR
    return amount_factor if is_other_unit and abs(after.usd / before.usd - 1) <= _SAME_WORTH else None


def _converted_jump(jump: Jump, unit: Redenomination) -> Jump:
    parts = tuple(
        replace(
            part,
            amount=part.amount * unit.factor,
            moves=tuple(replace(move, amount=move.amount * unit.factor) for move in part.moves),
            before=part.before * unit.factor,
        )
        if part.asset == unit.asset
        else part
        for part in jump.parts
    )
    return replace(jump, parts=parts)


def _converted_part(part: LostPart, unit: Redenomination) -> LostPart:
    holdings = {
        slot: Holding(held.amount * unit.factor, held.usd) if slot.asset == unit.asset else held
        for slot, held in part.holdings.items()
    }
    return replace(part, holdings=holdings)
