"""Source glitch: many exchanges of one source make the same large move at once, so the source is doubted, not they.

The exchanges that moved are held for one reading. If the next reading still shows the move, it is believed.

Example: all six exchanges of a source lose 10 % in the same hour. Each is held once; an hour later the figures count.

    >>> from tests.detection.guards.worked_series import market_after, readings
    >>> names = ["binance", "okx", "bybit", "kraken", "gate", "bitget"]
    >>> series = [readings(exchange=name, BTC=(100, 90)) for name in names]
    >>> glitch = source_glitch(market_after(series), series[0][-1], held=False)
    >>> round(glitch.share, 3), glitch.moved, glitch.read
    (-0.1, 6, 6)
    >>> print(source_glitch(market_after(series), series[0][-1], held=True))  # the reading after
    None
"""

from dataclasses import replace

from bot.detection.guards.guard_input import GuardInput
from bot.detection.guards.market_moves import MarketMoves
from bot.domain.flow import Hold, HoldReason
from bot.domain.guard_state import GuardState, SourceGlitch
from bot.domain.reading import Reading

LEAST_READ = 5
"""Fewer exchanges than this, read from one source at a time, say nothing about the source."""
GLITCH_MOVE = 0.03
"""A move must be larger than this share of reserves: that of an elevated day. Smaller ones are not worth a hold."""
GLITCH_PART = 0.3
"""More than this part of the exchanges must move the same way. A judgement: runs spread from one exchange to the next,
a wrong answer of the source shows in one reading of many."""


def record_source_glitch(state: GuardState, given: GuardInput) -> GuardState:
    """Return the state with a glitch that the newest reading shows, and without one that was held once."""
    glitch = source_glitch(given.market, given.latest, held=state.source_glitch is not None)
    return replace(state, source_glitch=glitch) if glitch or state.source_glitch else state


def glitch_hold(state: GuardState) -> Hold | None:
    """Return why the newest reading is held, None where the source is believed."""
    glitch = state.source_glitch
    if glitch is None:
        return None
    return Hold(HoldReason.SOURCE_GLITCH, f"{glitch.moved} of {glitch.read} exchanges moved more than 3 % at once")


def source_glitch(market: MarketMoves, latest: Reading, *, held: bool) -> SourceGlitch | None:
    """Return what the source seems to have got wrong at a reading: too many exchanges made the same large move at once.

    `held` says that the reading before was held for a glitch: nothing is held twice in a row.
    """
    own = market.last_moves.get(latest.exchange)
    if held or own is None or own.reading.as_of != latest.as_of or own.share is None or abs(own.share) <= GLITCH_MOVE:
        return None
    sign = 1 if own.share > 0 else -1
    # Only exchanges of the same source: those of another one cannot share its mistake.
    shares = [
        move.share
        for move in market.at_time_of(latest)
        if move.reading.source == latest.source
        if move.share is not None
    ]
    moved = sum(share * sign > GLITCH_MOVE for share in shares)
    if len(shares) < LEAST_READ or moved <= GLITCH_PART * len(shares):
        return None
    return SourceGlitch(latest.as_of, own.share, moved, len(shares))
