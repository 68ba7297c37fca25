"""What other exchanges did at the time of a past reading, from the store: for a state that is built again.

A step that several exchanges of one source made at once is doubted. Live, a round shows them together; after a restart
each exchange's readings are read alone, and the step would look like its own. Example: at 12:00 Binance lost 8 %. The
store has OKX and Kraken at 12:00 as well, each compared with its reading before: −9 % and 0 %. So two moved.
"""

from datetime import timedelta

from bot.detection.exchange_state import ExchangeState
from bot.detection.flow.reading_diff import SUDDEN
from bot.detection.guards.market_moves import SAME_TIME, LastMove, MarketMoves
from bot.domain.exchange import Exchange
from bot.domain.reading import Reading
from bot.ports.readings import Readings


async def market_at(readings: Readings, move: LastMove) -> MarketMoves:
    """Return the moves at the time of an exchange's own one, which is among them; raise StorageError.

    The others are asked for only where the own move is a large one, which is rare.
    """
    market = MarketMoves().after([move])
    if move.share is None or abs(move.share) < SUDDEN:
        return market
    for exchange in [listing.exchange for listing in (await readings.listings()).values()]:
        if exchange.id != move.reading.exchange and (other := await _move_at(readings, exchange, move.reading)):
            market = market.after([other])
    return market


async def _move_at(readings: Readings, exchange: Exchange, reading: Reading) -> LastMove | None:
    """Return what an exchange's reading of the same time shows since the one before, None where there is none."""
    since, until = reading.as_of - SAME_TIME - timedelta.resolution, reading.as_of + SAME_TIME
    there = [other async for other in readings.between(exchange.id, since=since, until=until)]
    if not there:
        return None
    nearest = min(there, key=lambda other: abs(other.as_of - reading.as_of))
    previous = await readings.newest_before(exchange.id, nearest.as_of - timedelta.resolution)
    state = ExchangeState(exchange)
    return (state.with_reading(previous) if previous else state).last_move(nearest)
