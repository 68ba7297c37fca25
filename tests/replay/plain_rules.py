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
from bot.replay.episodes.catalogue import episode
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
_MIN_USD = 5e6


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


def severities(series: Sequence[Point]) -> list[Severity | None]:
    """Return the severity of every point by the table."""
    moments = [point.at for point in series]
    midnights = [point for point in series if _is_midnight(point.at)]
    usual = [(after.at, flow(before, after)[1]) for before, after in pairwise(midnights)]
    return [_severity(series, moments, usual, number) for number in range(len(series))]


def _severity(
    series: Sequence[Point], moments: Sequence[datetime], usual: Sequence[tuple[datetime, float]], number: int
) -> Severity | None:
    end = series[number]
    past = [share for at, share in usual if at <= end.at - DAY][-90:]
    flows = {
        days: flow(series[place - 1], end)
        for days in {days for _, days, _, _ in _TABLE}
        if (place := bisect_right(moments, end.at - days * DAY))
    }
    for severity, days, limit, asks in _TABLE:
        usd, share = flows.get(days, (0.0, 0.0))
        if share > limit or usd > -_MIN_USD:
            continue
        z = _z(share, days, past)
        if asks == "share" or (z is None and asks == "z where known") or (z is not None and z <= -3.5):
            return severity
    return None


def _z(share: float, days: int, past: Sequence[float]) -> float | None:
    if len(past) < 14:
        return None
    middle = median(past)
    mad = median(abs(past_share - middle) for past_share in past)
    return 0.6745 * (share - days * middle) / (mad * sqrt(days))


def _is_midnight(at: datetime) -> bool:
    return (at.hour, at.minute, at.second) == (0, 0, 0)


class PlainResult(NamedTuple):
    """The first day whose daily point crosses, how many do, and the worst severity."""

    first: date | None
    crossing: int
    worst: Severity | None


@lru_cache(maxsize=128)
def readings(name: str, exchange: str, *, hourly: bool, is_true: bool = False) -> list[Point]:
    """Return an exchange's points as a reader of its body has them; `is_true`: without jumps and faults."""
    full_episode = episode(name)
    book = next(book for book in full_episode.books if book.id == exchange)
    if not is_true or exchange not in {jump.exchange for jump in full_episode.jumps} | {
        fault.exchange for fault in full_episode.faults
    }:
        return points(read_bodies.readings(name, exchange, hourly=hourly), book.own_tokens)
    ((_, body),) = bodies(replace(full_episode, books=(book,), jumps=(), faults=()), hourly=hourly)
    parsed = parse_protocol(msgspec.json.encode(body), exchange, fetched_at=datetime(2027, 1, 1, tzinfo=UTC))
    return points(parsed, book.own_tokens)


def told_daily(name: str, exchange: str, *, is_true: bool = False) -> PlainResult:
    """Return what the plain rule says of the daily points."""
    days = [reading for reading in readings(name, exchange, hourly=False, is_true=is_true) if _is_midnight(reading.at)]
    graded = severities(days)
    crossing = [point.at.date() for point, severity in zip(days, graded, strict=True) if severity]
    worst = max(graded, key=rank, default=None)
    return PlainResult(min(crossing, default=None), len(crossing), worst)


def crossings(name: str, exchange: str, *, is_true: bool = False) -> Mapping[datetime, Severity]:
    """Return the points of the live phase, read hourly, that cross, and how bad they are."""
    full_episode = episode(name)
    altered = {jump.exchange for jump in full_episode.jumps} | {fault.exchange for fault in full_episode.faults}
    return _crossings(name, exchange, is_true=is_true and exchange in altered)


@cache
def _crossings(name: str, exchange: str, *, is_true: bool) -> Mapping[datetime, Severity]:
    series, live_start = readings(name, exchange, hourly=True, is_true=is_true), episode(name).live_start
    graded = zip(series, severities(series), strict=True)
    return {point.at: severity for point, severity in graded if severity and point.at >= live_start}


def worst_hourly(name: str, exchange: str, *, is_true: bool = False) -> Severity | None:
    """Return the worst severity of any point of the live phase, critical where majors are closed at an elevated one."""
    played, live = episode(name), crossings(name, exchange, is_true=is_true)
    worst = max(live.values(), key=rank, default=None)
    if any(rank(severity) >= 2 and _closed(played, exchange, at) >= 2 for at, severity in live.items()):
        return Severity.CRITICAL
    return worst


def _closed(played: Episode, exchange: str, at: datetime) -> int:
    """Return of how many majors every network mentioned so far is closed."""
    withdrawals = {
        (change.asset, change.network): change.is_open
        for change in played.doors
        if change.exchange == exchange and change.at <= at
    }
    return sum(
        any(asset == major for asset, _ in withdrawals)
        and not any(is_open for (asset, _), is_open in withdrawals.items() if asset == major)
        for major in MAJORS
    )
