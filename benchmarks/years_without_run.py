"""False alarms over two years without a run, at daily and at hourly resolution; `benchmarks.how_early` shows them.

Each has ten exchanges; of an hourly one there are 8,760 readings each, a minute of CPU in all. Its noise is drawn for
each hour; or the net flow is drawn for each day, as in the daily years, and falls within eight hours of it. Nobody has
published how real flows spread over a day; the two stand for even and uneven days.
"""

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from math import sqrt
from pathlib import Path
from random import Random

from bot.backtest.archive import bodies_in, read_past
from bot.backtest.fastest_arithmetic import fastest_arithmetic
from bot.backtest.reading_rounds import rounds
from bot.backtest.rule_comparison import OURS, alarms
from bot.backtest.scores import YEAR
from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.replay.episode import HISTORY, Episode, OutflowRun, RunLeg
from bot.replay.episodes.quiet_years import NOISY_YEAR, QUIET_YEAR
from bot.replay.export import write_bodies

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_YEAR_DAYS, _UNEVEN_HOURS = 365, 8


@dataclass(frozen=True, slots=True)
class YearOfAlarms:
    """The false alarms per exchange-year of one year without a run, in the order of `OURS`."""

    episode: Episode
    resolution: str
    is_hourly: bool
    a_year: Sequence[float]


def years_of_alarms() -> Iterator[YearOfAlarms]:
    """Yield the false alarms of both years, first of their daily points, then of hourly ones."""
    for episode in (QUIET_YEAR, NOISY_YEAR):
        hourly = _hourly(episode)
        yield _year_of_alarms(episode, "daily", is_hourly=False)
        yield _year_of_alarms(hourly, "hourly", is_hourly=True)
        yield _year_of_alarms(_with_uneven_days(hourly), "hourly, uneven days", is_hourly=True)


def _year_of_alarms(episode: Episode, resolution: str, *, is_hourly: bool) -> YearOfAlarms:
    print(f"{episode.id}, {resolution} …", file=sys.stderr)
    alerts = simulated_alerts(episode, hourly=is_hourly)
    years = len(episode.exchanges) * _YEAR_DAYS * _DAY / YEAR
    counts = [len(alarms(alerts, least, episode.live_end)) for least in OURS]
    return YearOfAlarms(episode, resolution, is_hourly, [count / years for count in counts])


def _hourly(episode: Episode) -> Episode:
    """Return a year with hourly points, after a past that teaches what is usual.

    Of 24 draws the sum is nearer to a normal distribution than a day's draw is: such days have milder tails.
    """
    live_start = episode.live_end - _YEAR_DAYS * _DAY
    return replace(episode, live_start=live_start, history=HISTORY)


def _with_uneven_days(episode: Episode) -> Episode:
    """Return a year whose net flow is drawn for each day, and falls within some hours of it."""
    runs = (OutflowRun(exchange.id, tuple(_uneven_days(episode, exchange.id))) for exchange in episode.exchanges)
    return replace(episode, runs=tuple(runs))


def _uneven_days(episode: Episode, exchange: str) -> Iterator[RunLeg]:
    random, noise = Random(f"{episode.seed} days {exchange}"), episode.noise  # noqa: S311 — noise, no secret
    for day in range(_YEAR_DAYS):
        draw = random.gauss(0.0, 1.0) / sqrt(random.gammavariate(2.0, 0.5))  # as the generator draws it
        share = noise.net * max(-noise.net_bound, min(noise.net_bound, draw))
        midnight = episode.live_start + day * _DAY
        since = midnight + random.randint(0, 24 - _UNEVEN_HOURS) * _HOUR
        yield RunLeg(since, 0.0)
        yield RunLeg(since + _UNEVEN_HOURS * _HOUR, share)
        yield RunLeg(midnight + _DAY, 0.0)


def simulated_alerts(episode: Episode, *, hourly: bool) -> list[SimulatedAlert]:
    """Return what would have been told of an episode; its hourly points begin with its live phase."""
    with tempfile.TemporaryDirectory(prefix="rw-") as folder:
        write_bodies(episode, Path(folder), hourly=hourly)
        pasts = [read_past(path) for path in bodies_in(Path(folder))]
    simulation = Simulation(
        [past.exchange for past in pasts],
        withdrawal_changes={past.exchange.id: past.withdrawal_changes for past in pasts},
        since=episode.live_start if hourly else None,
        arithmetic=fastest_arithmetic(lambda line: print(line, file=sys.stderr)),
    )
    readings = rounds([past.readings() for past in pasts])
    return [alert for judged in readings for alert in simulation.run_round(judged)]
