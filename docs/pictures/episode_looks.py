"""What a picture of an episode shows: one exchange's reserves and 24 h net flow, as seen and as they were."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.domain.reading import Slot
from bot.replay.episode import Episode, ExchangeHoldings
from bot.replay.observations import Observation, upstream_runs

_DAY = timedelta(days=1)
_STEP_HOURS = 6
_LONG_HISTORY = timedelta(days=300)


class Look(NamedTuple):
    """One moment: reserves in USD with and without the own token, and the 24 h net flow as a share of the latter."""

    at: datetime
    total: float
    clean: float
    share: float


def first_shown(episode: Episode) -> datetime:
    """Return where the picture begins: at the live start, or at the first day of a year."""
    return episode.live_start if episode.history < _LONG_HISTORY else episode.live_start - episode.history


def as_seen(episode: Episode, book: ExchangeHoldings) -> list[Look]:
    """Return the exchange as the upstream shows it: every six hours of the live phase, or every day of a year."""
    return list(_looks(_sights(episode, book), book.own_tokens, first_shown(episode)))


def as_it_was(episode: Episode, book: ExchangeHoldings) -> list[Look]:
    """Return the same without jumps and faults; empty where the exchange has none."""
    if book.id not in {jump.exchange for jump in episode.jumps} | {fault.exchange for fault in episode.faults}:
        return []
    return as_seen(replace(episode, jumps=(), faults=()), book)


def _sights(episode: Episode, book: ExchangeHoldings) -> list[tuple[datetime, Observation]]:
    alone = replace(episode, books=(book,))
    return [(visit.at, visit.sights[book.id]) for visit in upstream_runs(alone) if book.id in visit.sights]


def _looks(seen: Sequence[tuple[datetime, Observation]], own: frozenset[str], since: datetime) -> Iterator[Look]:
    moments = [at for at, _ in seen]
    for at, end in seen:
        place = bisect_right(moments, at - _DAY)
        if at < since or at.hour % _STEP_HOURS or not place:
            continue
        start = seen[place - 1][1]
        base, worth = _worth(start, own), _worth(end, own)
        flow = sum((end.amounts.get(slot, 0.0) / start.amounts[slot] - 1) * usd for slot, usd in base.items())
        yield Look(at, sum(_worth(end).values()), sum(worth.values()), flow / sum(base.values()))


def _worth(sight: Observation, without: frozenset[str] = frozenset()) -> Mapping[Slot, float]:
    return {slot: held * sight.prices[slot.asset] for slot, held in sight.amounts.items() if slot.asset not in without}
