"""The prices of an episode: its price paths, with a little noise of each asset's own.

Example: BTC at 17,100 USD on a path that stands at 1.04 costs 17,784 USD, give or take 0.2 % a day.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import exp, log, sqrt
from random import Random

from bot.replay.episode import Episode, Waypoint
from bot.replay.episodes.assets import ASSETS

# Standard deviation a day, as a fraction of the price, by what an asset follows. Small against the paths, so that no
# price leaves its path by more than a few percent.
_DAILY_NOISE = {"stable": 0.0002, "BTC": 0.002, "ETH": 0.003}
_OTHER_DAILY_NOISE = 0.008
_REVERSION_TIME = timedelta(days=5)  # after it, 1/e of a deviation is left


def prices(episode: Episode, times: Sequence[datetime]) -> list[dict[str, float]]:
    """Return, for each time, the price in USD of every asset that an exchange of the episode holds."""
    assets = {
        asset
        for exchange in episode.exchanges
        for by_asset in exchange.reserves_millions.values()
        for asset in by_asset
    } | {jump.slot.asset for jump in episode.jumps}
    multiples = {name: [multiple_at(path, at) for at in times] for name, path in episode.price_paths.items()}
    multiples["stable"] = [1.0] * len(times)
    series = {asset: _price_series(episode, asset, times, multiples) for asset in sorted(assets)}
    return [{asset: series[asset][index] for asset in series} for index in range(len(times))]


def _price_series(
    episode: Episode, symbol: str, times: Sequence[datetime], multiples: Mapping[str, Sequence[float]]
) -> list[float]:
    asset = ASSETS[symbol]
    path = multiples.get(asset.follows) or multiples["market"]
    if symbol in episode.pegs:
        path = [multiple_at(episode.pegs[symbol], at) for at in times]
    random = Random(f"{episode.seed} price {symbol}")  # noqa: S311 — noise, no secret
    noise = _log_noise(random, _DAILY_NOISE.get(asset.follows, _OTHER_DAILY_NOISE), times)
    return [asset.usd * multiple * exp(deviation) for multiple, deviation in zip(path, noise, strict=True)]


def _log_noise(random: Random, daily: float, times: Sequence[datetime]) -> list[float]:
    """Return deviations, as logarithms, that wander and return to zero within days (an Ornstein–Uhlenbeck process).

    https://en.wikipedia.org/wiki/Ornstein%E2%80%93Uhlenbeck_process
    """
    deviations = [0.0]
    for before, at in pairwise(times):
        kept = exp(-(at - before) / _REVERSION_TIME)
        scale = daily * sqrt((at - before) / timedelta(days=1))
        deviations.append(deviations[-1] * kept + random.gauss(0.0, scale))
    return deviations


def multiple_at(path: Sequence[Waypoint], at: datetime) -> float:
    """Return the path's multiple at a time; before its first and after its last waypoint that waypoint's."""
    index = bisect_right(path, at, key=lambda waypoint: waypoint.at)
    if index in (0, len(path)):
        return path[max(index - 1, 0)].multiple
    before, after = path[index - 1], path[index]
    part = (at - before.at) / (after.at - before.at)
    return exp(log(before.multiple) * (1 - part) + log(after.multiple) * part)
