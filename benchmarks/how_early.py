"""Measures the hours from the first hour of an outflow to the first message about it, and to severe.

    python -m benchmarks.how_early            the figures, as one JSON object
    python -m benchmarks.how_early --table    the tables of docs/detection.md, as Markdown

Every published run is written as bodies in the upstream's own format, with a point for each hour of its live phase, and
simulated under the preset `normal` with all exchanges of its episode. A message is an outflow incident that is opened
or escalated, as a place hears of it that asks for watch or worse; notices about missing data are none. It has the time
of its reading: a bot that polls every ten minutes tells it up to ten minutes later.

The outflow starts with the first leg of the reconstruction in which customers take more than 0.5 % of clean reserves
a day, which they do on one ordinary day in twenty. Example: 0.26 % left Binance on 11 December 2022 and 1.77 % on the
12th, so its outflow starts on the 12th at 00:00. The first message rests on the reading of 20:20: after 20.3 hours.

What being early costs are false alarms, so those of two years without a run stand beside it, read daily and hourly.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from benchmarks.figure import Figure, tell
from benchmarks.years_without_run import YearOfAlarms, simulated_alerts, years_of_alarms
from bot.backtest.rule_comparison import OURS
from bot.backtest.simulation import SimulatedAlert
from bot.domain.incident import StepReason
from bot.domain.severity import Severity
from bot.domain.signal import Rule
from bot.replay.episode import RECONSTRUCTION, Episode
from bot.replay.episodes.catalogue import EPISODES

MEDIAN_HOURS = 8.0
"""Target of the median to the first message."""
_ORDINARY_A_DAY = -0.005
_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
_NEVER = float("inf")
_TOLD = frozenset({StepReason.OPENED, StepReason.ESCALATED})


@dataclass(frozen=True, slots=True)
class RunTiming:
    """When a run began, and the first messages about it; None where there was none."""

    episode: Episode
    start: datetime
    first: SimulatedAlert | None
    severe: SimulatedAlert | None

    @property
    def to_first(self) -> float:
        """Return the hours from the start to the first message, infinite where it never came."""
        return self._hours_to(self.first)

    @property
    def to_severe(self) -> float:
        """Return the hours from the start to the first message that says severe or worse, infinite likewise."""
        return self._hours_to(self.severe)

    def _hours_to(self, alert: SimulatedAlert | None) -> float:
        return (alert.at - self.start) / _HOUR if alert else _NEVER


def run_timings() -> Iterator[RunTiming]:
    """Yield the timing of every published run."""
    for episode in published_runs():
        yield run_timing(episode, simulated_alerts(episode, hourly=True))


def published_runs() -> Iterator[Episode]:
    """Yield the reconstructions in which a threshold is crossed."""
    return (episode for episode in EPISODES.values() if episode.label == RECONSTRUCTION and episode.crossed_on)


def run_timing(episode: Episode, alerts: Iterable[SimulatedAlert]) -> RunTiming:
    """Return when a run was told, by the alerts of its hourly readings in the order of time."""
    start, about = outflow_start(episode), episode.exchanges[0].id
    told = [alert for alert in alerts if alert.exchange == about and alert.at >= start and _is_told(alert)]
    severe = (alert for alert in told if _severity(alert).rank >= Severity.SEVERE.rank)
    return RunTiming(episode, start, next(iter(told), None), next(severe, None))


def outflow_start(episode: Episode) -> datetime:
    """Return the start of the first leg in which more leaves than on an ordinary day, by the hour."""
    run = next(run for run in episode.runs if run.exchange == episode.exchanges[0].id)
    since = run.since or episode.live_start
    for leg in run.legs:
        if leg.share / ((leg.until - since) / _DAY) < _ORDINARY_A_DAY:
            return since
        since = leg.until
    raise AssertionError(f"{episode.id} has no outflow")


def _is_told(alert: SimulatedAlert) -> bool:
    incident = alert.incident
    return alert.reason in _TOLD and incident is not None and incident.rule in {Rule.OUTFLOW, Rule.BLEED}


def _severity(alert: SimulatedAlert) -> Severity:
    return alert.incident.severity if alert.incident else Severity.WATCH


def figures(timings: Sequence[RunTiming], years: Sequence[YearOfAlarms]) -> Iterator[Figure]:
    """Yield the hours of every run and their median, and the false alarms of hourly years beside those of daily ones.

    What was never told has no figure; in the median it counts as later than everything else.
    """
    for timing in timings:
        for what, hours in (("first message", timing.to_first), ("severe", timing.to_severe)):
            if hours < _NEVER:
                yield Figure(f"{timing.episode.title}: to {what}", "h", hours)
    hours = median(timing.to_first for timing in timings)
    yield Figure("Published runs: to first message, median", "h", hours, at_most=MEDIAN_HOURS)
    daily = {year.episode.id: year.a_year for year in years if not year.is_hourly}
    for year in years:
        for rule, ours, other in zip(OURS.values(), year.a_year, daily[year.episode.id], strict=True):
            if year.is_hourly:
                what = f"{year.episode.title.lower()}, {year.resolution}: {rule.removeprefix('Runwatch, ')}"
                yield Figure(f"False alarms, {what}", "a year", ours, other)


def tables(timings: Sequence[RunTiming], years: Sequence[YearOfAlarms]) -> Iterator[str]:
    """Yield the lines of the tables in docs/detection.md."""
    yield "| run | outflow from (UTC) | first message | after | severe after |\n|---|---|---|---|---|"
    yield from map(run_row, timings)
    first, severe = median(timing.to_first for timing in timings), median(timing.to_severe for timing in timings)
    yield f"| median | | | **{_hours(first)}** | {_hours(severe)} |\n"
    rules = " | ".join(rule.removeprefix("Runwatch, ") for rule in OURS.values())
    yield f"| false alarms per exchange-year | {rules} |"
    yield "|---|---|---|"
    for year in years:
        counts = " | ".join(f"{count:.2f}" for count in year.a_year)
        yield f"| {year.episode.title.lower()}, {year.resolution} | {counts} |"


def run_row(timing: RunTiming) -> str:
    """Return the row of one run: what the first message said, and after how long."""
    flow = timing.first.flow if timing.first else None
    said = f"{_severity(timing.first)}, {flow.share:.1%} in {flow.window}" if timing.first and flow else "–"
    said = said.replace("-", "−").replace("%", " %").replace("24h", "24 h")
    hours = f"{_hours(timing.to_first)} | {_hours(timing.to_severe)}"
    return f"| {timing.episode.title} | {timing.start:%Y-%m-%d %H:%M} | {said} | {hours} |"


def _hours(hours: float) -> str:
    return "never" if hours == _NEVER else f"{hours:.1f} h"


def main() -> None:
    """Print the figures, or with `--table` the tables."""
    parser = argparse.ArgumentParser(prog="how_early", description="How early a run is told, and what that costs.")
    parser.add_argument("--table", action="store_true", help="print Markdown for docs/detection.md")
    as_tables = parser.parse_args().table
    timings, years = list(run_timings()), list(years_of_alarms())
    if as_tables:
        print("\n".join(tables(timings, years)))
        return
    never = [timing.episode.title for timing in timings if timing.severe is None]
    tell(list(figures(timings, years)), never_severe=never)


if __name__ == "__main__":
    main()
