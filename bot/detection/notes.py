"""Notes: what people should know beside a signal's figures, such as what was left out of them and why.

Example: $13 B of BNB left the wallets of Binance that are counted. It is Binance's own token and no reserve, so that no
window has it; one note says that it moved.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from bot.detection.flow.net_flow import gone_parts
from bot.detection.flow.reading_diff import RETURN_WITHIN, slot_names
from bot.detection.flow.windows import fits
from bot.detection.guards.verdicts import COUNTS_WITHIN
from bot.detection.thresholds import MIN_FLOW_USD, PRICED_ASSET_SHARE
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.reading import Reading
from bot.domain.signal import Note, NoteReason

_OWN_TOKEN_SHARE = 0.01
"""A move of own tokens is said from this share of all holdings, own tokens included, on. A judgement: every day has
smaller ones."""

_UNREPORTED_SHARE = 0.01
"""A part that windows leave out is named from this share of reserves on, by judgement: less than opens a watch."""


def notes(exchange: Exchange, latest: Reading, bases: Mapping[Window, Reading], state: GuardState) -> tuple[Note, ...]:
    """Return what was left out and why, what moved that is no reserve, and what could not be computed.

    `bases` holds for each window the reading that it would start from.
    """
    return (
        *_remembered(state, latest.as_of),
        *_unpriced(exchange.own_tokens, latest),
        *_unreported(exchange.own_tokens, latest, state),
        *_own_token(exchange.own_tokens, latest, bases),
        *_gap(latest, bases),
    )


def recent_jumps(state: GuardState, now: datetime) -> tuple[Jump, ...]:
    """Return the jumps that people may want to hear of: of the last 72 h, or decided in them.

    Without their moves, which only the guards need: signals are stored, and moves are many.
    """
    return tuple(
        replace(jump, parts=tuple(replace(part, moves=()) for part in jump.parts))
        for jump in state.jumps
        if now - (jump.decided_at or jump.at) <= COUNTS_WITHIN
    )


def _remembered(state: GuardState, now: datetime) -> Iterator[Note]:
    for jump in recent_jumps(state, now):
        if jump.verdict is Verdict.NOT_COUNTED and now - jump.at <= COUNTS_WITHIN:
            yield Note(NoteReason.WALLETS_CHANGED, jump.group, jump.usd, jump.at)
        elif jump.verdict is Verdict.DOUBTED:
            yield Note(NoteReason.TOGETHER, jump.group, jump.usd, jump.at)
        elif jump.verdict is Verdict.COUNTED and jump.reason is not JumpReason.LARGE:
            yield Note(NoteReason.COUNTED, jump.group, jump.usd, jump.at)
        elif jump.verdict is Verdict.RETURNED and jump.turned_at and now - jump.turned_at <= RETURN_WITHIN:
            reason = NoteReason.ROUND_TRIP if jump.usd < 0 else NoteReason.PASSAGE
            yield Note(reason, jump.group, abs(jump.usd), jump.turned_at)
    for odd in state.odd_prices:
        if odd.until is None:
            yield Note(NoteReason.PRICE_ODD, odd.asset, odd.price, odd.since)


def _unpriced(own_tokens: Collection[str], latest: Reading) -> Iterator[Note]:
    """Yield one note on what the source tells an amount and no value of, where it is more than dust; largest first."""
    if not latest.unpriced_slots:  # nearly always
        return
    usd = {slot: latest.holdings[slot].usd for slot in latest.unpriced_slots if slot in latest.holdings}
    largest = sorted((slot for slot in usd if slot.asset not in own_tokens), key=lambda slot: (-usd[slot], slot))
    total_usd = sum(usd[slot] for slot in largest)
    if total_usd and total_usd >= PRICED_ASSET_SHARE * latest.total_usd(without=own_tokens):
        yield Note(NoteReason.UNPRICED, slot_names(largest), total_usd)


def _unreported(own_tokens: Collection[str], latest: Reading, state: GuardState) -> Iterator[Note]:
    """Yield a note on each part of weight that windows leave out by now: they compare the rest, and say so."""
    for part in gone_parts(latest, latest, state.lost_parts):
        lost_usd = part.total_usd(without=own_tokens)
        if lost_usd >= _UNREPORTED_SHARE * part.last.total_usd(without=own_tokens):
            yield Note(NoteReason.UNREPORTED, part.name, lost_usd, part.last.as_of)


def _own_token(own_tokens: Collection[str], latest: Reading, bases: Mapping[Window, Reading]) -> Iterator[Note]:
    """Yield a note on each own token that moved far in 24 h, in USD at the prices of the window's start."""
    base = bases.get(Window.DAY)
    # Few exchanges have own tokens; of the others every holding would be gone through, at every reading.
    if base is None or not own_tokens or not fits(Window.DAY, base, latest.as_of):
        return
    moved_usd = dict.fromkeys(sorted(own_tokens), 0.0)
    for slot in [slot for slot in base.holdings if slot.asset in own_tokens]:
        amount, usd = base.holdings[slot]
        after = latest.holdings.get(slot)
        moved_usd[slot.asset] += ((after.amount if after else 0.0) - amount) * (usd / amount) if amount > 0 else 0.0
    for token, usd in moved_usd.items():
        if abs(usd) >= MIN_FLOW_USD and abs(usd) >= _OWN_TOKEN_SHARE * base.total_usd():
            yield Note(NoteReason.OWN_TOKEN, token, usd)


def _gap(latest: Reading, bases: Mapping[Window, Reading]) -> Iterator[Note]:
    """Yield one note on the windows that may not start from the base they have; the hour is shown where there is one.

    The hour is never graded, and where readings are daily it would be missed every time.
    """
    missed = [window for window, base in bases.items() if not fits(window, base, latest.as_of)]
    named = [window for window in missed if window is not Window.HOUR]
    if named:
        yield Note(NoteReason.GAP, ", ".join(named))
