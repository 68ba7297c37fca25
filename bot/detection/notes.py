"""What a look has to say beside its figures."""

from collections.abc import Collection, Iterator, Mapping

from bot.detection.flow.windows import fits
from bot.detection.guards.missing_chains import may_start
from bot.detection.thresholds import MIN_FLOW_USD
from bot.domain.exchange import Exchange
from bot.domain.flow import Window
from bot.domain.guard_state import GuardState
from bot.domain.reading import Reading
from bot.domain.signal import Note, NoteReason

_OWN_TOKEN_SHARE = 0.01
"""A move of own tokens below this share of all reserves is not worth a word."""


def notes(exchange: Exchange, latest: Reading, bases: Mapping[Window, Reading], ledger: GuardState) -> tuple[Note, ...]:
    """Return what people should know: what was left out and why, and what could not be computed."""
    return (*_remembered(ledger), *_own_token(exchange.own_tokens, latest, bases), *_gap(latest, bases, ledger))


def _remembered(ledger: GuardState) -> Iterator[Note]:
    for move in ledger.rebased:
        yield Note(NoteReason.WALLETS_CHANGED, move.group, move.usd, move.at)
    for move in ledger.counted:
        yield Note(NoteReason.COUNTED, move.group, move.usd, move.at)
    for trip in ledger.round_trips:
        yield Note(NoteReason.ROUND_TRIP, trip.asset, trip.usd, trip.back_at)
    for passage in ledger.pass_throughs:
        yield Note(NoteReason.PASSAGE, passage.asset, passage.usd, passage.left_at)
    for odd in ledger.odd_prices:
        if odd.until is None:
            yield Note(NoteReason.PRICE_ODD, odd.asset, odd.price, odd.since)


def _own_token(own_tokens: Collection[str], latest: Reading, bases: Mapping[Window, Reading]) -> Iterator[Note]:
    base = bases.get(Window.DAY)
    if base is None or not own_tokens or not fits(Window.DAY, base, latest.as_of):
        return
    slots = [slot for slot in base.holdings if slot.asset in own_tokens]
    moved = dict.fromkeys(sorted(own_tokens), 0.0)
    for slot in slots:
        amount, usd = base.holdings[slot]
        after = latest.holdings.get(slot)
        moved[slot.asset] += ((after.amount if after else 0.0) - amount) * (usd / amount) if amount > 0 else 0.0
    for token, worth in moved.items():
        if abs(worth) >= MIN_FLOW_USD and abs(worth) >= _OWN_TOKEN_SHARE * base.total_usd():
            yield Note(NoteReason.OWN_TOKEN, token, worth)


def _gap(latest: Reading, bases: Mapping[Window, Reading], ledger: GuardState) -> Iterator[Note]:
    """Yield one note on the windows that may not start from the base they have; the hour is shown where it is known."""
    missed = [window for window, base in bases.items() if not may_start(window, base, latest, ledger)]
    named = [window for window in missed if window is not Window.HOUR]
    if named:
        yield Note(NoteReason.GAP, ", ".join(named))
