"""How a reading is understood: by the names, units, prices and parts that the guards know now.

Readings are stored as the source sent them. Before two of them are compared, each is restated: a slot under the name
that it had first, amounts in the units of today, prices that are believed, and what the source left out with what was
there when it was last told. So a new name, a new unit or a chain that is away for an hour moves nothing.

Example: Tron, a tenth of everything, is away for one reading. Restated, that reading has it.

    >>> from tests.detection.guards.worked_series import readings, state_after
    >>> series = readings(Tron=(100, None, 100), Bitcoin=(900, 900, 900))
    >>> series[1].total_usd(), restated(series[1], state_after(series)).total_usd()
    (900.0, 1000.0)
"""

from dataclasses import replace

from bot.detection.guards.odd_prices import with_believed_prices
from bot.domain.guard_state import GuardState
from bot.domain.reading import NO_HOLDING, Holding, Reading, Slot


def restated(reading: Reading, state: GuardState) -> Reading:
    """Return a reading as it is understood by what the guards know; the very object where nothing changes."""
    if not (
        reading.unpriced_slots or state.lost_parts or state.odd_prices or state.renamed_slots or state.redenominations
    ):
        return reading  # nearly always, and asked for every window of every reading
    return with_believed_prices(restated_amounts(reading, state), state.odd_prices)


def restated_amounts(reading: Reading, state: GuardState) -> Reading:
    """Return a reading as it is understood but for its prices, which are still to be judged."""
    return _with_lost_parts(in_known_terms(reading, state), state)


def in_known_terms(reading: Reading, state: GuardState) -> Reading:
    """Return a reading with slots under their first names and amounts in the units of today.

    What has no value and never had one is impossible then: of its amount nobody knows what it is worth.
    """
    known = with_first_names(reading, state)
    unvalued = known.unvalued_slots if known.unpriced_slots else frozenset[Slot]()  # nearly always none
    if not unvalued:
        return known
    return replace(
        known,
        holdings={slot: held for slot, held in known.holdings.items() if slot not in unvalued},
        impossible_slots=known.impossible_slots | unvalued,
        unpriced_slots=known.unpriced_slots - unvalued,
    )


def with_first_names(reading: Reading, state: GuardState) -> Reading:
    """Return a reading with slots under their first names and amounts in the units of today, whatever they are worth.

    A new name that has no value yet is worth what the old one was.
    """
    if not state.renamed_slots and not state.redenominations:  # nearly always: answered without a look at the slots
        return reading
    names = [name for name in state.renamed_slots if name.at <= reading.as_of]
    renamed = {name.renamed: name.original for name in names}
    prices = {name.renamed: name.price for name in names}
    factors: dict[str, float] = {}
    for new_unit in state.redenominations:
        if reading.as_of < new_unit.at:
            factors[new_unit.asset] = factors.get(new_unit.asset, 1.0) * new_unit.factor
    told = (reading.holdings, reading.zero_slots, reading.impossible_slots)  # an unpriced slot is held
    if not factors and not any(slot in slots for slot in renamed for slots in told):
        return reading
    holdings: dict[Slot, Holding] = {}
    unpriced = {renamed.get(slot, slot) for slot in reading.unpriced_slots}
    for slot, (amount, told_usd) in reading.holdings.items():
        known, usd, price = renamed.get(slot, slot), told_usd, prices.get(slot)
        if price is not None and usd <= 0:
            usd = amount * price
            unpriced.add(known)
        amount_there, usd_there = holdings.get(known, NO_HOLDING)
        holdings[known] = Holding(amount_there + amount * factors.get(known.asset, 1.0), usd_there + usd)
    return replace(
        reading,
        holdings=holdings,
        # A source may go on to tell one of two names, with nothing in it: the asset is neither empty nor missing.
        impossible_slots=frozenset(renamed.get(slot, slot) for slot in reading.impossible_slots) - holdings.keys(),
        zero_slots=frozenset(renamed.get(slot, slot) for slot in reading.zero_slots) - holdings.keys(),
        unpriced_slots=frozenset(unpriced),
    )


def _with_lost_parts(reading: Reading, state: GuardState) -> Reading:
    """Return a reading with what it lacks as it was last told; an impossible value is replaced as well."""
    lost = [part for part in state.lost_parts if part.lacks(reading.as_of)]
    if not lost:
        return reading
    # An impossible value in a slot that was empty before becomes an amount of 0: its chain is told all the same.
    holdings = dict(reading.holdings)
    for part in lost:
        holdings |= part.holdings
    return replace(reading, holdings=holdings)
