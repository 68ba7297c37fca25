"""Moved together: several exchanges of one source make a large step in one round, so the source is doubted, not they.

A changed list of wallets or a broken count of the source reaches many exchanges in the same hour; runs spread from one
exchange to the next over hours. Two signs, for a step of 3 % of reserves or more:

- two or more exchanges make the largest step of their last 90 days in the same round, where readings are hours apart;
- of at least five exchanges that were read, more than 30 % move the same way.

Example: all six exchanges of a source lose 10 % in the same hour, from readings that were an hour apart.

    >>> from tests.detection.guards.worked_series import market_after, readings
    >>> names = ["binance", "okx", "bybit", "kraken", "gate", "bitget"]
    >>> series = [readings(exchange=name, BTC=(100, 90)) for name in names]
    >>> have_moved_together(market_after(series), series[0][-1])
    True
    >>> have_moved_together(market_after(series[:1]), series[0][-1])  # one alone is one exchange's own matter
    False
"""

from datetime import timedelta

from bot.detection.flow.reading_diff import SUDDEN
from bot.detection.guards.market_moves import MarketMoves
from bot.domain.reading import Reading

LEAST_READ = 5
"""Fewer exchanges than this, read from one source at a time, say nothing about the source."""
GLITCH_PART = 0.3
"""More than this part of the exchanges must move the same way. A judgement: runs spread from one exchange to the next,
a wrong answer of the source shows in one reading of many."""
LEAST_RECORDS = 2
"""So many largest steps for 90 days in one round are no chance."""
SPARSE_GAP = timedelta(hours=12)
"""Where readings lie further apart, exchanges that are in trouble together show it in the same reading."""


def have_moved_together(market: MarketMoves, latest: Reading) -> bool:
    """Return whether the step of this reading is one that too many exchanges of its source made at once."""
    own = market.last_moves.get(latest.exchange)
    if own is None or own.reading.as_of != latest.as_of or own.share is None or abs(own.share) < SUDDEN:
        return False
    sign = 1 if own.share > 0 else -1
    # Only exchanges of the same source: those of another one cannot share its mistake.
    others = [
        move for move in market.at_time_of(latest) if move.reading.source == latest.source and move.share is not None
    ]
    large = [move for move in others if move.share is not None and move.share * sign >= SUDDEN]
    if len(others) >= LEAST_READ and len(large) > GLITCH_PART * len(others):
        return True
    records = [move for move in large if move.is_record]
    return own.is_record and not own.is_sparse and len(records) >= LEAST_RECORDS
