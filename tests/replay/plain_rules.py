"""The detection rules' table by the plain formula, with no guard in it: for expectations, independent of the detectors.

A window starts at the newest reading at least as old as its start, however old; what is gone counts as left.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from math import sqrt
from statistics import median
from typing import NamedTuple

import msgspec

from bot.domain.assets import MAJORS
from bot.domain.reading import Reading
from bot.domain.severity import Severity, rank
from bot.replay.episode import Episode
from bot.replay.episodes.catalogue import find_episode
from bot.replay.export import bodies
from tests.replay import read_bodies
from tests.sources.parsing import parse_protocol

DAY = timedelta(days=1)
_TABLE = (
    (Severity.SEVERE, 1, -0.08, "share"),
    (Severity.SEVERE, 3, -0.15, "share"),
    (Severity.ELEVATED, 14, -0.10, "share"),
    (Severity.ELEVATED, 30, -0.20, "share"),
    (Severity.ELEVATED, 1, -0.03, "z where known"),
    (Severity.ELEVATED, 7, -0.06, "z where known"),
    (Severity.WATCH, 1, -0.015, "z"),
)
_LEAST_USD = 5e6


class Point(NamedTuple):
    """What one reading held without own tokens: units and USD, by place."""

    at: datetime
    amounts: Mapping[tuple[str, str], float]
    usd: Mapping[tuple[str, str], float]


def points(readings: Sequence[Reading], own: frozenset[str]) -> list[Point]:
    clean = [{slot: held for slot, held in reading.holdings.items() if slot.asset not in own} for reading in readings]
    return [
        Point(reading.as_of, {k: v.amount for k, v in held.items()}, {k: v.usd for k, v in held.items()})
        for reading, held in zip(readings, clean, strict=True)
    ]


def flow(base: Point, end: Point) -> tuple[float, float]:
    """Return net flow in USD and as a share of what the base held."""
    usd = sum((end.amounts.get(slot, 0.0) - held) * base.usd[slot] / held for slot, held in base.amounts.items())
    return usd, usd / sum(base.usd.values())


def severities(points_read: Sequence[Point]) -> list[Severity | None]:
    """Return the severity of every point by the table."""
    moments = [point.at for point in points_read]
    midnights = [point for point in points_read if _is_midnight(point.at)]
    usual = [(after.at, flow(before, after)[1]) for before, after in pairwise(midnights)]
    return [_severity(points_read, moments, usual, number) for number in range(len(points_read))]


def _severity(
    points_read: Sequence[Point], moments: Sequence[datetime], usual: Sequence[tuple[datetime, float]], number: int
) -> Severity | None:
    end = points_read[number]
    past = [share for at, share in usual if at <= end.at - DAY][-90:]
    flows = {
        days: flow(points_read[place - 1], end)
        for days in {days for _, days, _, _ in _TABLE}
        if (place := bisect_right(moments, end.at - days * DAY))
    }
    for severity, days, limit, asks in _TABLE:
        usd, share = flows.get(days, (0.0, 0.0))
        if share > limit or usd > -_LEAST_USD:
            continue
        z = _z(share, days, past)
        if asks == "share" or (z is None and asks == "z where known") or (z is not None and z <= -3.5):
            return severity
    return None


def _z(share: float, days: int, past: Sequence[float]) -> float | None:
    if len(past) < 14:
        return None
    middle = median(past)
    mad = median(abs(share - middle) for share in past)
    return 0.6745 * (share - days * middle) / (mad * sqrt(days))


def _is_midnight(at: datetime) -> bool:
    return (at.hour, at.minute, at.second) == (0, 0, 0)


class PlainVerdict(NamedTuple):
    """The first day whose daily point crosses, how many do, and the worst severity."""

    first: date | None
    crossing: int
    worst: Severity | None


@lru_cache(maxsize=128)
def readings(name: str, exchange_id: str, *, hourly: bool, is_true: bool = False) -> list[Point]:
    """Return an exchange's points as a reader of its body has them; `is_true`: without jumps and faults."""
    episode = find_episode(name)
    exchange = next(exchange for exchange in episode.exchanges if exchange.id == exchange_id)
    if not is_true or exchange_id not in _distorted(episode):
        return points(read_bodies.readings(name, exchange_id, hourly=hourly), exchange.own_tokens)
    ((_, body),) = bodies(replace(episode, exchanges=(exchange,), jumps=(), faults=()), hourly=hourly)
    parsed = parse_protocol(msgspec.json.encode(body), exchange_id, fetched_at=datetime(2027, 1, 1, tzinfo=UTC))
    return points(parsed, exchange.own_tokens)


def announced_daily(name: str, exchange: str, *, is_true: bool = False) -> PlainVerdict:
    """Return what the plain rule says of the daily points."""
    days = [reading for reading in readings(name, exchange, hourly=False, is_true=is_true) if _is_midnight(reading.at)]
    graded = severities(days)
    crossing = [point.at.date() for point, severity in zip(days, graded, strict=True) if severity]
    worst = max(graded, key=rank, default=None)
    return PlainVerdict(min(crossing, default=None), len(crossing), worst)


def crossings(name: str, exchange: str, *, is_true: bool = False) -> Mapping[datetime, Severity]:
    """Return the points of the live phase, read hourly, that cross, and how bad they are."""
    return _crossings(name, exchange, is_true=is_true and exchange in _distorted(find_episode(name)))


def _distorted(episode: Episode) -> set[str]:
    """Return the exchanges that show anything that no customer moved."""
    return {jump.exchange for jump in episode.jumps} | {fault.exchange for fault in episode.faults}


@cache
def _crossings(name: str, exchange: str, *, is_true: bool) -> Mapping[datetime, Severity]:
    hourly, live_start = readings(name, exchange, hourly=True, is_true=is_true), find_episode(name).live_start
    graded = zip(hourly, severities(hourly), strict=True)
    return {point.at: severity for point, severity in graded if severity and point.at >= live_start}


def worst_hourly(name: str, exchange: str, *, is_true: bool = False) -> Severity | None:
    """Return the worst severity of any point of the live phase, critical where majors are closed at an elevated one."""
    episode, live = find_episode(name), crossings(name, exchange, is_true=is_true)
    worst = max(live.values(), key=rank, default=None)
    if any(rank(severity) >= 2 and _closed(episode, exchange, at) >= 2 for at, severity in live.items()):
        return Severity.CRITICAL
    return worst


def _closed(episode: Episode, exchange: str, at: datetime) -> int:
    """Return of how many majors every network mentioned so far is closed."""
    is_open_by_network = {
        (change.asset, change.network): change.is_open
        for change in episode.withdrawal_changes
        if change.exchange == exchange and change.at <= at
    }
    return sum(
        any(asset == major for asset, _ in is_open_by_network)
        and not any(is_open for (asset, _), is_open in is_open_by_network.items() if asset == major)
        for major in MAJORS
    )
