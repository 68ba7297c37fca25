"""Missing chains: a source that leaves out a chain for some readings makes neither an outflow nor a deposit.

While a chain is away, flows are computed over the chains that both readings have (`flow.net_flow` holds the window once
the missing ones kept over 2 % of reserves). When it is back it is compared with what it held when it was last seen, in
one step: what changed meanwhile is judged like any move, as a change of wallets or as part of a run. No window starts
from a reading that lacked it.

Example: Tron, a tenth of everything, is away for one reading. Nothing flows, neither when it goes nor when it is back.

    >>> from tests.detection.guards.worked_series import flow_usd, readings, state_after
    >>> series = readings(Tron=(100, None, 100), Bitcoin=(900, 900, 900))
    >>> flow_usd(series[:2], state_after(series[:2]))
    0.0
    >>> state = state_after(series)
    >>> [(missing.chain, missing.until == series[2].as_of) for missing in state.missing_chains]
    [('Tron', True)]
    >>> with_recalled_chains(state, series[1], series[2]).total_usd()
    1000.0
"""

from collections.abc import Collection
from dataclasses import replace

from bot.detection.flow.net_flow import TOLERATED_MISSING, clean_usd
from bot.detection.flow.reading_diff import reading_diff
from bot.detection.flow.windows import base_limit, fits
from bot.detection.guards.guard_input import GuardInput
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState, MissingChain
from bot.domain.reading import NO_HOLDING, Holding, Reading

_DUST = 0.01
"""A slot of which less than this part is left has no price worth trusting: a few units are worth a rounded sum."""


def record_missing_chains(state: GuardState, given: GuardInput) -> GuardState:
    """Return the state with the chains that are not there any more, and with those that are back closed."""
    previous, latest, own_tokens = given.previous, given.latest, given.own_tokens
    if previous.chains == latest.chains and not state.missing_chains:
        return state
    missing_chains = tuple(
        replace(missing, until=latest.as_of) if missing.until is None and missing.chain in latest.chains else missing
        for missing in state.missing_chains
    )
    lost = previous.chains - latest.chains
    reserves_usd = previous.total_usd(without=own_tokens)
    lost_share = clean_usd(previous, lost, own_tokens) / reserves_usd if reserves_usd > 0 else 0.0
    # Light chains that come and go change no figure: to remember them would only cost windows their start.
    if lost_share > TOLERATED_MISSING:
        missing_chains += tuple(MissingChain(chain, latest.as_of, last=previous) for chain in sorted(lost))
    return replace(state, missing_chains=missing_chains) if missing_chains != state.missing_chains else state


def with_recalled_chains(state: GuardState, previous: Reading, latest: Reading) -> Reading:
    """Return the previous reading with what lay on the chains that come back in the latest when they were last seen.

    It is valued at the latest prices: what prices did meanwhile moved nothing.
    """
    if not state.missing_chains:
        return previous
    last_seen = {
        missing.chain: missing.last
        for missing in state.missing_chains
        if missing.until in {None, latest.as_of}
        and missing.chain in latest.chains
        and missing.chain not in previous.chains
    }
    if not last_seen:
        return previous
    holdings = dict(previous.holdings)
    for chain, reading in last_seen.items():
        for slot, held in reading.holdings.items():
            if slot.chain == chain:
                amount, usd = latest.holdings.get(slot, NO_HOLDING)
                is_priced = usd > 0 and amount > _DUST * held.amount
                holdings[slot] = Holding(held.amount, held.amount * (usd / amount)) if is_priced else held
    return replace(previous, holdings=holdings)


def rest_is_unchanged(state: GuardState, latest: Reading, own_tokens: Collection[str], *, within: float) -> bool:
    """Return whether the rest moved by less than a part of itself while chains were away that are back in the latest.

    `state` is that of the reading before. Where the rest moved too, the chain's change is no change of wallets: either
    coins moved between the chain and the rest, or all of them shrank together.
    """
    away = [missing for missing in state.missing_chains if missing.until is None]
    away_chains = {missing.chain for missing in away}
    for last in (missing.last for missing in away if missing.chain in latest.chains):
        rest = {slot: held for slot, held in last.holdings.items() if slot.chain not in away_chains}
        diff = reading_diff(replace(last, holdings=rest), latest, own_tokens)
        if abs(diff.usd) >= within * diff.was_usd:
            return False
    return True


def may_start(window: Window, base: Reading, latest: Reading, state: GuardState) -> bool:
    """Return whether a window may start from a reading: one of a fitting age that lacks no chain, or one still away.

    A chain that is still away does not keep a reading as old as the window's start from being its base: without the
    chain both ends compare well. It does keep a younger one: after 12 h what left the rest may still be on that chain.
    """
    is_younger = base.as_of > base_limit(window, latest.as_of)
    return fits(window, base, latest.as_of) and not _lacks_chain(state, base, may_be_away=not is_younger)


def _lacks_chain(state: GuardState, base: Reading, *, may_be_away: bool) -> bool:
    """Return whether a chain was away at a reading that is back by now, or that must not be away still."""
    return any(
        missing.since <= base.as_of and (base.as_of < missing.until if missing.until else not may_be_away)
        for missing in state.missing_chains
    )
