"""The prices of an episode: its paths, with a little noise of each asset's own."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import exp, log, sqrt
from random import Random

from bot.replay.episode import Episode, Waypoint
from bot.replay.episodes.assets import ASSETS

_DAILY_NOISE = {"stable": 0.0002, "BTC": 0.002, "ETH": 0.003}
_OTHER_NOISE = 0.008
_MEMORY = timedelta(days=5)


def prices(episode: Episode, moments: Sequence[datetime]) -> list[dict[str, float]]:
    """Return, for each moment, the price in USD of every asset that an exchange of the episode holds."""
    held = {asset for book in episode.books for holdings in book.reserves_millions.values() for asset in holdings}
    held |= {jump.slot.asset for jump in episode.jumps}
    multiples = {name: [_multiple(path, at) for at in moments] for name, path in episode.paths.items()}
    multiples["stable"] = [1.0] * len(moments)
    courses = {asset: _course(episode, asset, moments, multiples) for asset in sorted(held)}
    return [{asset: course[step] for asset, course in courses.items()} for step in range(len(moments))]


def _course(
    episode: Episode, symbol: str, moments: Sequence[datetime], multiples: Mapping[str, Sequence[float]]
) -> list[float]:
    asset = ASSETS[symbol]
    path = multiples.get(asset.follows) or multiples["market"]
    random = Random(f"{episode.seed} price {symbol}")  # noqa: S311 — noise, no secret
    noise = _noise(random, _DAILY_NOISE.get(asset.follows, _OTHER_NOISE), moments)
    return [asset.usd * multiple * exp(wobble) for multiple, wobble in zip(path, noise, strict=True)]


def _noise(random: Random, daily: float, moments: Sequence[datetime]) -> list[float]:
    """Return a wandering that is drawn back to zero within days (an Ornstein–Uhlenbeck process), as logarithms."""
    values = [0.0]
    for before, at in pairwise(moments):
        kept = exp(-(at - before) / _MEMORY)
        shock = daily * sqrt((at - before) / timedelta(days=1))
        values.append(values[-1] * kept + random.gauss(0.0, shock))
    return values


def _multiple(path: Sequence[Waypoint], at: datetime) -> float:
    """Return the path's multiple at a moment, as at its nearest end where it does not reach that far."""
    place = bisect_right(path, at, key=lambda one: one.at)
    if place == 0 or place == len(path):
        return path[max(place - 1, 0)].multiple
    before, after = path[place - 1], path[place]
    part = (at - before.at) / (after.at - before.at)
    return exp(log(before.multiple) * (1 - part) + log(after.multiple) * part)
