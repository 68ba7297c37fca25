"""How bad an incident was at worst: the moment and the figures that `/why` and the closing message tell.

Example: −9 % in 24 h on Monday was severe, −20 % in 30 d on Friday is elevated. Monday stays the worst moment. With
−10 % in 24 h on Friday that would be the worst, being 1.25 times the threshold of severe (−8 %) instead of 1.13 times.
"""

from dataclasses import replace

from bot.domain.incident import WorstMoment
from bot.domain.signal import Signal, Size


def worst_moment(so_far: WorstMoment | None, signal: Signal) -> WorstMoment | None:
    """Return the worse of what was and what is; a calm signal is no moment of trouble."""
    if signal.severity is None or signal.size is None or signal.leading is None:
        return so_far
    newest = WorstMoment(signal.as_of, signal.severity, signal.leading, signal.size, _excess(signal))
    if so_far is None:
        return newest
    if so_far.measurement == newest.measurement:
        return newest if newest.size.value < so_far.size.value else so_far
    # −20 % in 30 days is less than −9 % in one: of different windows the more severe one is worse, and of those that
    # are as severe the one further past its threshold.
    return max(so_far, newest, key=lambda moment: (moment.severity.rank, moment.excess))


def _excess(signal: Signal) -> float:
    """Return how many times its threshold the leading measurement is, 1 where none of it is crossed."""
    size = signal.size
    limits = [
        reason.threshold
        for reason in signal.reasons
        if reason.measurement == signal.leading and size and reason.value == size.value and reason.threshold
    ]
    return size.value / limits[0] if size and limits else 1.0


def worst_size(so_far: Size | None, size: Size | None) -> Size | None:
    """Return the lowest value and the lowest worth of two sizes; what is above zero is no trouble and counts as 0."""
    if size is None:
        return so_far
    # Each on its own: −4 % of much may be more dollars than −5 % of little, and subscriptions ask for either.
    usd = None if size.usd is None else min((so_far.usd if so_far else None) or 0.0, size.usd)
    return replace(size, value=min(so_far.value if so_far else 0.0, size.value), usd=usd)
