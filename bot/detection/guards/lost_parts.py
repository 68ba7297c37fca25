"""Lost parts: what the source does not tell for some readings, which makes neither an outflow nor a deposit.

A part is a chain, or an asset on a chain. It is lost when a reading lacks it, or when its value is impossible:

- a chain that is not in the reading at all;
- an asset that dropped out, or of 0.5 % of reserves is stated to be exactly zero, while the rest of its chain is there.
  A second reading without it says that it was drained. Where at least half of it came elsewhere in the same reading (to
  the same asset on another chain, or a stablecoin to other stablecoins) it was moved or converted, is not missing, and
  both halves are compared in one step;
- an asset that is still away when others of its chain are back: it says that it was drained after six hours only;
- an exact zero for the largest asset of a chain whose other amounts have not moved: a node that answers errors. So are
  two or more zeros of such weight in one reading: a call for many balances that failed, while customers leave dust;
- an amount worth more than three times everything that the exchange had: a failed call. After two days it is believed,
  for the source has begun to count more wallets; not one of more than thirty times everything, however long it lasts.

While a part is away, readings have it as it was last told (`restatement`), and every window across its loss is
uncertain by its worth (`flow.net_flow`). When it is back it is compared with what it held last, in one step: what
changed meanwhile is judged like any other move.

Example: Tron, a tenth of everything, is away for one reading. Nothing flows, neither when it goes nor when it is back.

    >>> from tests.detection.guards.worked_series import flow_usd, readings, state_after
    >>> series = readings(Tron=(100, None, 100), Bitcoin=(900, 900, 900))
    >>> state = state_after(series[:2])
    >>> [part.name for part in state.lost_parts], flow_usd(series[:2], state)
    (['Tron'], 0.0)
    >>> state = state_after(series)
    >>> state.lost_parts[0].until == series[2].as_of, flow_usd(series, state)
    (True, 0.0)
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import timedelta

from bot.detection.flow.reading_diff import RETURN_WITHIN, slot_name
from bot.detection.flow.windows import LONGEST_LOOKBACK
from bot.domain.assets import STABLECOINS
from bot.domain.guard_state import GuardState, LostPart
from bot.domain.reading import NO_HOLDING, Holding, Reading, Slot

ABSURD_FACTOR = 3.0
"""An amount worth more than this many times everything the exchange had is no deposit: none ever was as large."""
_NEVER_BELIEVED_FACTOR = 30.0
"""An amount worth more than this many times everything is a wrong unit for as long as it is told. By judgement: wallets
that a source begins to count make a few times as much of an exchange, wrong decimals make thousands or millions."""
_STILL = 0.01  # the other assets of a chain have not moved: less than a hundredth of them did
_HALF = 0.5  # so much of what dropped out came elsewhere. A judgement: customers take out a part of it meanwhile
_BACK_IN_PARTS = timedelta(hours=6)
"""How long a chain that is back may lack an asset that it had, before this says that it was drained. A judgement: the
source has all of a chain again within hours, and these are few beside the time in which nothing was told."""
_MANY_ZEROS = 2  # of weight in one reading
_ZERO_OF_WEIGHT = 0.005  # of reserves: withdrawals leave dust, so an exact zero of so much may be a failed call
_NOTICED = 1e-5  # of reserves: dust comes and goes with every reading, and no figure would show it


def with_lost_parts(state: GuardState, previous: Reading, latest: Reading, own_tokens: Collection[str]) -> GuardState:
    """Return the state with the parts that the latest reading lacks, and those that are back closed.

    `previous` is restated, `latest` in known terms only: with what it really says.
    """
    # What left in large steps and may be back belongs to what the exchange had, whether it was counted or not: after a
    # collapse to a twentieth that stood for two readings, everything that returns is twenty times what was there.
    away_usd = -sum(jump.usd for jump in state.jumps if jump.usd < 0)
    had_usd = previous.total_usd(without=own_tokens) + away_usd
    believed = {
        slot
        for part in open_parts(state)
        if latest.as_of - part.since > RETURN_WITHIN
        for slot, last in part.holdings.items()
        if (told := latest.holdings.get(slot, NO_HOLDING)).amount > last.amount
        and _worth_usd(slot, told, previous) <= _NEVER_BELIEVED_FACTOR * had_usd
    }
    # A zero that is waited for is no news: with that of another asset an hour later it is no failed call for both.
    waited_for = {slot for part in open_parts(state) if part.is_drained_next for slot in part.holdings}
    impossible = {
        *_unreadable(previous, latest),
        *_failed_zeros(previous, latest, own_tokens, waited_for),
        *_absurd(previous, latest, own_tokens, ABSURD_FACTOR * had_usd),
    } - believed
    kept = [_followed(part, latest, impossible) for part in state.lost_parts]
    # What is drained by now has left, and is not lost once more.
    lost_slots = {
        slot
        for part in kept
        if part.until is None or (part.until == latest.as_of and part.is_drained_next)
        for slot in part.holdings
    }
    still_away = {slot for part in kept if part.until == latest.as_of for slot in part.holdings} - lost_slots
    new = [
        replace(part, waits_until=latest.as_of + _BACK_IN_PARTS)
        if part.is_drained_next and not still_away.isdisjoint(part.holdings)
        else part
        for part in _lost_now(previous, latest, impossible, lost_slots, own_tokens)
    ]
    parts = (*(part for part in kept if _is_remembered(part, latest, impossible)), *new)
    return replace(state, lost_parts=parts) if parts != state.lost_parts else state


def open_parts(state: GuardState) -> list[LostPart]:
    """Return the parts that the newest reading lacks."""
    return [part for part in state.lost_parts if part.until is None]


def _followed(part: LostPart, latest: Reading, impossible: Collection[Slot]) -> LostPart:
    """Return a part, closed where the reading has it again, or says for the second time that it is drained."""
    if part.until is not None:
        return part
    is_back = any(slot in latest.holdings and slot not in impossible for slot in part.holdings)
    is_drained = part.is_drained_next and (part.waits_until is None or latest.as_of >= part.waits_until)
    return replace(part, until=latest.as_of) if is_back or is_drained else part


def _is_remembered(part: LostPart, latest: Reading, impossible: AbstractSet[Slot]) -> bool:
    """Return whether a part concerns a window still, or is told impossibly still: forgotten, it would be believed."""
    is_impossible = part.until is None and not impossible.isdisjoint(part.holdings)
    return is_impossible or latest.as_of - (part.until or part.since) < LONGEST_LOOKBACK


def _lost_now(
    previous: Reading,
    latest: Reading,
    impossible: Collection[Slot],
    lost_slots: AbstractSet[Slot],
    own_tokens: Collection[str],
) -> Iterator[LostPart]:
    """Yield the parts that the latest reading is the first to lack."""
    at, least_usd = latest.as_of, _NOTICED * previous.total_usd(without=own_tokens)
    for chain in sorted(previous.chains - latest.chains):
        there = {slot: held for slot, held in previous.holdings.items() if slot.chain == chain}
        if not there.keys() <= lost_slots:
            yield LostPart(chain, at, there, previous)
    for slot in sorted(impossible):
        if slot not in lost_slots and slot.chain in latest.chains:
            yield LostPart(slot_name(slot), at, {slot: previous.holdings.get(slot, NO_HOLDING)}, previous)
    gone = {
        slot: held
        for slot, held in _dropped_out(previous, latest, own_tokens)
        if slot not in impossible and slot not in lost_slots and held.usd >= least_usd
    }
    moved = _moved_elsewhere(gone, previous, latest) if gone else ()
    for slot, held in gone.items():
        if slot.asset not in moved:
            yield LostPart(slot_name(slot), at, {slot: held}, previous, is_drained_next=True)


def _dropped_out(previous: Reading, latest: Reading, own_tokens: Collection[str]) -> Iterator[tuple[Slot, Holding]]:
    """Yield what is not told any more while its chain is, and what is stated to be zero and had weight."""
    least_zero_usd = _zero_of_weight_usd(previous, own_tokens) if latest.zero_slots else 0.0
    for slot, held in previous.holdings.items():
        is_told = slot in latest.holdings or (slot in latest.zero_slots and held.usd < least_zero_usd)
        if not is_told and slot.chain in latest.chains and held.amount > 0 and slot.asset not in own_tokens:
            yield slot, held


def _moved_elsewhere(gone: Mapping[Slot, Holding], previous: Reading, latest: Reading) -> Collection[str]:
    """Return the assets that came elsewhere in the reading in which slots of them dropped out.

    600 USDT drop out of Tron, and 590 more USDC are on Ethereum: USDT. Had they been waited for, the USDC would have
    moved alone and not counted, and the USDT would have left one reading later: a conversion told as an outflow.
    """
    before, after = previous.by_asset(), latest.by_asset()
    gone_units, risen_units = defaultdict[str, float](float), dict[str, float]()
    for slot, held in gone.items():
        gone_units[slot.asset] += held.amount
    for asset in gone_units.keys() | (STABLECOINS & (before.keys() | after.keys())):
        stayed = before.get(asset, NO_HOLDING).amount - gone_units.get(asset, 0.0)
        risen_units[asset] = after.get(asset, NO_HOLDING).amount - stayed
    moved = {asset for asset, units in gone_units.items() if risen_units[asset] >= _HALF * units}
    gone_stablecoins = gone_units.keys() & STABLECOINS
    risen = sum(risen_units[asset] for asset in risen_units.keys() & STABLECOINS)
    if risen >= _HALF * sum(gone_units[asset] for asset in gone_stablecoins):
        moved |= gone_stablecoins
    return moved


def _unreadable(previous: Reading, latest: Reading) -> Iterator[Slot]:
    yield from (slot for slot in latest.impossible_slots if previous.holdings.get(slot, NO_HOLDING).amount > 0)


def _absurd(previous: Reading, latest: Reading, own_tokens: Collection[str], most_usd: float) -> Iterator[Slot]:
    for slot, told in latest.holdings.items():
        if slot.asset not in own_tokens and _worth_usd(slot, told, previous) > most_usd > 0:
            yield slot


def _worth_usd(slot: Slot, told: Holding, previous: Reading) -> float:
    """Return what a slot is worth at the old price where there is one, in USD: the amount is asked, not the market."""
    before = previous.holdings.get(slot, NO_HOLDING)
    known = before if before.amount > 0 else previous.by_asset().get(slot.asset, NO_HOLDING)
    return told.amount * (known.usd / known.amount) if known.amount > 0 and known.usd > 0 else told.usd


def _failed_zeros(
    previous: Reading, latest: Reading, own_tokens: Collection[str], waited_for: Collection[Slot]
) -> Iterator[Slot]:
    """Yield the exact zeros that a failed call has told: of a chain's largest asset, or of several with weight.

    Example: of $100 of reserves, USDC on Ethereum ($5) and USDT on Tron ($6) are both zero in one reading, while ETH
    and TRX have not moved. One of them alone, with ETH the larger, is waited for one reading.
    """
    least_usd = _zero_of_weight_usd(previous, own_tokens)
    on_chains = defaultdict[str, dict[Slot, Holding]](dict)
    for slot in latest.zero_slots:
        held = previous.holdings.get(slot, NO_HOLDING)
        if held.amount > 0 and slot not in waited_for:
            on_chains[slot.chain][slot] = held
    still = {
        chain: there for chain, there in on_chains.items() if _is_still(chain, previous, latest, latest.zero_slots)
    }
    of_weight = sum(held.usd >= least_usd for there in still.values() for held in there.values())
    for chain, there in still.items():
        largest_usd = max(held.usd for slot, held in previous.holdings.items() if slot.chain == chain)
        has_weight = any(held.usd >= least_usd for held in there.values())
        if (of_weight >= _MANY_ZEROS and has_weight) or any(held.usd >= largest_usd for held in there.values()):
            yield from there


def _zero_of_weight_usd(previous: Reading, own_tokens: Collection[str]) -> float:
    return _ZERO_OF_WEIGHT * previous.total_usd(without=own_tokens)


def _is_still(chain: str, previous: Reading, latest: Reading, without: Collection[Slot]) -> bool:
    """Return whether less than a hundredth of a chain moved, without these slots."""
    others = {slot: held for slot, held in previous.holdings.items() if slot.chain == chain and slot not in without}
    moved_usd = sum(
        abs(latest.holdings.get(slot, NO_HOLDING).amount - held.amount) * (held.usd / held.amount)
        for slot, held in others.items()
        if held.amount > 0
    )
    return moved_usd <= _STILL * sum(held.usd for held in others.values())
