"""Exchanges with nothing but noise in them: northex, which every report is about, and seven peers of the same source.

`northex` holds about $5 B on seven chains, its peers BTC, ETH and USDT on two. Amounts swing around where they began by
0.4 % a day, so the net flow of quiet weeks stays within half a percent; prices walk by 2 % a day. All of it is drawn
from the seed and the name of what is drawn, so that a peer more changes no number of the others.

Readings begin with 45 daily ones, from which a usual day is learned; hour 0 is that of the first one after them.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import exp, sqrt
from random import Random

from bot.domain.reading import Slot
from tests.reports.exchange_history import DAY_S, HOUR_S, Amounts, ExchangeHistory

_TEACHING_DAYS = 45
_FIRST = 1767225600  # 2026-01-01 00:00 UTC
_HOURLY_FROM = _FIRST + _TEACHING_DAYS * DAY_S

PRICES = {
    "BTC": 90_000.0, "ETH": 3_000.0, "USDT": 1.0, "USDC": 1.0, "LINK": 15.0, "TRX": 0.3, "SOL": 150.0, "XRP": 2.2,
    "LTC": 100.0, "DAI": 1.0, "SPAM": 0.3, "PEPE": 0.01,
}  # fmt: skip
NORTHEX = "northex"
BTC = Slot("Bitcoin", "BTC")
NORTHEX_MILLIONS = {
    "Bitcoin": {"BTC": 1800.0},
    "Ethereum": {"ETH": 900.0, "USDT": 500.0, "USDC": 250.0, "LINK": 60.0},
    "Tron": {"USDT": 600.0, "TRX": 60.0},
    "Solana": {"SOL": 250.0, "USDC": 120.0},
    "Ripple": {"XRP": 250.0},
    "Arbitrum": {"USDT": 200.0, "ETH": 60.0},
    "Litecoin": {"LTC": 135.0},
}
# Seven, so that an exchange or two with a fault are no third of all, which would be a fault of the source at once.
PEERS_MILLIONS = {
    "southex": 14_500.0, "eastex": 11_400.0, "westex": 4_600.0, "midex": 2_500.0, "oldex": 1_650.0, "newex": 1_580.0,
    "tinyex": 830.0,
}  # fmt: skip
_PEER_PARTS = {"Bitcoin": {"BTC": 0.5}, "Ethereum": {"ETH": 0.3, "USDT": 0.2}}

_STABLE = frozenset({"USDT", "USDC", "DAI"})
_PRICE_NOISE = 0.02  # standard deviation of a day, as a fraction of the price
_AMOUNT_NOISE = 0.004  # the same of an amount: 0.8 per mille an hour
_RETURN_DAYS = 3.0  # after it, 1/e of a deviation of an amount is left


def drawn(name: str, seed: int) -> Random:
    """Return the random numbers of one kind of report, of one amount or of one price."""
    return Random(f"{name} {seed}")  # noqa: S311 — noise, no secret


def hour(number: float) -> int:
    """Return the unix time of so many hours after the first hourly reading, a multiple of whole hours."""
    return _HOURLY_FROM + round(number) * HOUR_S


def reading_times(*stretches: tuple[int, int]) -> list[int]:
    """Return 45 days of daily times, then each stretch: (hours between two readings, number of readings)."""
    times = [_FIRST + day * DAY_S for day in range(_TEACHING_DAYS)]
    at = times[-1] + DAY_S
    for step, count in stretches:
        times += [at + number * step * HOUR_S for number in range(count)]
        at += step * count * HOUR_S
    return times


def northex(seed: int, times: Sequence[int]) -> ExchangeHistory:
    """Return the exchange that every report is about, with nothing but noise in it."""
    return _history(NORTHEX, NORTHEX_MILLIONS, seed, times)


def peers(seed: int, times: Sequence[int]) -> list[ExchangeHistory]:
    """Return the seven other exchanges of the same source, at the same prices."""
    return [_history(slug, _peer_millions(total), seed, times) for slug, total in PEERS_MILLIONS.items()]


def _peer_millions(total: float) -> dict[str, dict[str, float]]:
    return {chain: {asset: part * total for asset, part in parts.items()} for chain, parts in _PEER_PARTS.items()}


def _history(
    slug: str, millions: Mapping[str, Mapping[str, float]], seed: int, times: Sequence[int]
) -> ExchangeHistory:
    series = {
        Slot(chain, asset): _amount_series(drawn(f"{slug} {chain} {asset}", seed), usd * 1e6 / PRICES[asset], times)
        for chain, by_asset in millions.items()
        for asset, usd in by_asset.items()
    }
    walks = {asset: _price_walk(drawn(asset, seed), asset, times) for asset in PRICES}
    amounts: list[Amounts] = [{slot: series[slot][index] for slot in series} for index in range(len(times))]
    return ExchangeHistory(
        slug, times, amounts, [{asset: walk[index] for asset, walk in walks.items()} for index in range(len(times))]
    )


def _amount_series(random: Random, amount: float, times: Sequence[int]) -> list[float]:
    """Return an amount at each time: a random walk that is drawn back to where it began (Ornstein-Uhlenbeck)."""
    deviation, series = 0.0, [amount]
    for days in _gaps(times):
        deviation = deviation * exp(-days / _RETURN_DAYS) + random.gauss(0.0, _AMOUNT_NOISE) * sqrt(days)
        series.append(amount * exp(deviation))
    return series


def _price_walk(random: Random, asset: str, times: Sequence[int]) -> list[float]:
    noise = 0.0 if asset in _STABLE else _PRICE_NOISE
    series = [PRICES[asset]]
    for days in _gaps(times):
        series.append(series[-1] * exp(random.gauss(0.0, noise) * sqrt(days)))
    return series


def _gaps(times: Sequence[int]) -> list[float]:
    return [(after - before) / DAY_S for before, after in pairwise(times)]
