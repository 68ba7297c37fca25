"""Chains that are not in a reading: since when, what lay there last, and which windows cannot start there.

A chain that comes back is compared with what it held when it was last seen, in one step, as if it had been there all
the time. What changed meanwhile is then judged like any step: most likely its wallet list, perhaps a run.
"""

from collections.abc import Collection
from dataclasses import replace

from bot.detection.flow.net_flow import TOLERATED_MISSING, clean_usd
from bot.detection.flow.reading_diff import reading_diff
from bot.detection.flow.windows import fits
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState, MissingChain
from bot.domain.reading import NO_HOLDING, Holding, Reading

_DUST = 0.01  # of what lay there last


def note_absence(ledger: GuardState, previous: Reading, latest: Reading, own_tokens: Collection[str]) -> GuardState:
    """Return the ledger with the chains that are not there any more, and with those that came back."""
    if previous.chains == latest.chains and not ledger.missing_chains:
        return ledger
    known = tuple(
        replace(absence, until=latest.as_of) if absence.until is None and absence.chain in latest.chains else absence
        for absence in ledger.missing_chains
    )
    lost = previous.chains - latest.chains
    reserves = previous.total_usd(without=own_tokens)
    share = clean_usd(previous, lost, own_tokens) / reserves if reserves > 0 else 0.0
    if share > TOLERATED_MISSING:
        known += tuple(MissingChain(chain, latest.as_of, last=previous) for chain in sorted(lost))
    return replace(ledger, missing_chains=known) if known != ledger.missing_chains else ledger


def recalled(ledger: GuardState, previous: Reading, latest: Reading) -> Reading:
    """Return the previous reading with what lay on the chains that come back in the latest when they were last seen.

    It is valued at the latest prices: what prices did meanwhile moved nothing. Dust has none.
    """
    if not ledger.missing_chains:
        return previous
    last = {
        absence.chain: absence.last
        for absence in ledger.missing_chains
        if absence.until in {None, latest.as_of}
        and absence.chain in latest.chains
        and absence.chain not in previous.chains
    }
    if not last:
        return previous
    holdings = dict(previous.holdings)
    for chain, reading in last.items():
        for slot, held in reading.holdings.items():
            if slot.chain == chain:
                amount, usd = latest.holdings.get(slot, NO_HOLDING)
                is_priced = usd > 0 and amount > _DUST * held.amount
                holdings[slot] = Holding(held.amount, held.amount * (usd / amount)) if is_priced else held
    return replace(previous, holdings=holdings)


def stood_still(ledger: GuardState, latest: Reading, own_tokens: Collection[str], *, within: float) -> bool:
    """Return whether the rest moved by less than a part of itself while chains were away that are back in the latest.

    What moved to or from a chain while it was away is no change of wallets, nor is a chain that shrank with the rest.
    """
    away = [absence for absence in ledger.missing_chains if absence.until is None]
    aside = {one.chain for one in away}
    for last in (missing_chain.last for missing_chain in away if missing_chain.chain in latest.chains):
        rest = {slot: held for slot, held in last.holdings.items() if slot.chain not in aside}
        since = reading_diff(replace(last, holdings=rest), latest, own_tokens)
        if abs(since.usd) >= within * since.was_usd:
            return False
    return True


def may_start(window: Window, base: Reading, latest: Reading, ledger: GuardState) -> bool:
    """Return whether a window may start from a reading: one that is young enough, and lacks no chain that is back."""
    return fits(window, base, latest.as_of) and not _is_partial(ledger, base)


def _is_partial(ledger: GuardState, base: Reading) -> bool:
    return any(absence.until and absence.since <= base.as_of < absence.until for absence in ledger.missing_chains)
