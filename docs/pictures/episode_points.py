"""The points of an episode's picture: one exchange's reserves and 24 h net flow, as seen and as they were."""

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
_LONG_HISTORY = timedelta(days=300)  # an episode with more is a year, and shown as a whole


class PicturePoint(NamedTuple):
    """One time: reserves in USD with and without the own token, and the 24 h net flow as a share of the latter."""

    at: datetime
    total_usd: float
    clean_usd: float
    share: float


def first_shown(episode: Episode) -> datetime:
    """Return where the picture begins: at the live start, or at the first day of a year."""
    return episode.live_start if episode.history < _LONG_HISTORY else episode.live_start - episode.history


def as_seen(episode: Episode, exchange: ExchangeHoldings) -> list[PicturePoint]:
    """Return the exchange as the upstream shows it: every six hours of the live phase, or every day of a year."""
    return list(_points(_observations(episode, exchange), exchange.own_tokens, first_shown(episode)))


def as_it_was(episode: Episode, exchange: ExchangeHoldings) -> list[PicturePoint]:
    """Return the same without jumps and faults; empty where the exchange has none."""
    if exchange.id not in {jump.exchange for jump in episode.jumps} | {fault.exchange for fault in episode.faults}:
        return []
    return as_seen(replace(episode, jumps=(), faults=()), exchange)


def _observations(episode: Episode, exchange: ExchangeHoldings) -> list[tuple[datetime, Observation]]:
    alone = replace(episode, exchanges=(exchange,))
    return [(run.at, run.observations[exchange.id]) for run in upstream_runs(alone) if exchange.id in run.observations]


def _points(
    observations: Sequence[tuple[datetime, Observation]], own_tokens: frozenset[str], since: datetime
) -> Iterator[PicturePoint]:
    times = [at for at, _ in observations]
    for at, end in observations:
        index = bisect_right(times, at - _DAY)
        if at < since or at.hour % _STEP_HOURS or not index:
            continue
        start = observations[index - 1][1]
        start_usd, end_usd = _clean_usd(start, own_tokens), _clean_usd(end, own_tokens)
        flow_usd = sum((end.amounts.get(slot, 0.0) / start.amounts[slot] - 1) * usd for slot, usd in start_usd.items())
        total_usd = sum(_clean_usd(end).values())
        yield PicturePoint(at, total_usd, sum(end_usd.values()), flow_usd / sum(start_usd.values()))


def _clean_usd(observation: Observation, own_tokens: frozenset[str] = frozenset()) -> Mapping[Slot, float]:
    amounts, prices = observation
    return {slot: amount * prices[slot.asset] for slot, amount in amounts.items() if slot.asset not in own_tokens}
