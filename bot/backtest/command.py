"""Runs a backtest: reads a history from files, simulates the bot over it, and prints what it would have announced.

Used by `runwatch backtest`. Example: a folder with `ftx.json` and `okx.json`, 75 days each. The alerts go to stdout, a
JSON object or a row each, with `--windows` also the figures of every reading; stderr gets what was skipped and why,
totals, and "150 readings of 2 exchanges processed".
"""

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bot.alerting.judging_round import RoundResult
from bot.backtest.archive import EVENTS, ArchivedHistory, bodies_in, read_events
from bot.backtest.body_reader import read_bodies, workers_for
from bot.backtest.fastest_arithmetic import fastest_arithmetic
from bot.backtest.output import json_line, score_table, summary, table, windows_line
from bot.backtest.reading_rounds import rounds
from bot.backtest.rule_comparison import RuleComparison
from bot.backtest.scores import exchange_years
from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.domain.errors import ConfigurationError, RunwatchError
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity
from bot.domain.signal import Rule

WriteLine = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """What is asked of a backtest. `since` and `until` bound what is judged; earlier readings teach the usual days.

    `windows` adds a line of figures for every judged reading to those of `as_json`.
    """

    directory: Path
    sensitivity: Sensitivity = Sensitivity.NORMAL
    since: datetime | None = None
    until: datetime | None = None
    as_json: bool = False
    compare: bool = False
    windows: bool = False

    def __post_init__(self) -> None:
        """Raise ConfigurationError where the bounds leave nothing, or two options do not go together."""
        if self.windows and not self.as_json:
            raise ConfigurationError("--windows adds JSON lines to those of --json: give --json as well.")
        if self.since and self.until and self.since > self.until:
            raise ConfigurationError(
                f"--from ({self.since:%Y-%m-%d %H:%M}) is after --to ({self.until:%Y-%m-%d %H:%M})."
            )


class Backtest:
    """One backtest: `out` writes a line of what was asked for, `err` one of everything else."""

    def __init__(self, options: BacktestOptions, *, out: WriteLine, err: WriteLine) -> None:
        self._options = options
        self._out = out
        self._err = err
        self._alerts: list[SimulatedAlert] = []
        self._spans: dict[str, tuple[datetime, datetime]] = {}
        self._judged = 0

    def run(self) -> None:
        """Print everything; raise ConfigurationError without a folder, RunwatchError when nothing can be processed."""
        paths = bodies_in(self._options.directory)
        if not paths:
            raise RunwatchError(f"Nothing to process: {self._options.directory} holds no <slug>.json.")
        with _without_garbage_collection(), _progress_bar() as progress:
            histories = list(self._read_histories(paths, progress))
            if not histories:
                raise RunwatchError(f"Nothing to process: no body in {self._options.directory} could be read.")
            comparison = self._simulate(histories, progress)
        if not self._judged:
            raise RunwatchError("Nothing to process: no reading lies between --from and --to.")
        self._report(comparison)

    def _read_histories(self, paths: Sequence[Path], progress: Progress) -> Iterator[ArchivedHistory]:
        """Yield what each body says; one that cannot be read, or a second of an exchange, is reported and skipped."""
        path_of: dict[str, Path] = {}
        bodies = progress.track(read_bodies(paths, workers=workers_for(paths)), total=len(paths), description="reading")
        for path, history in zip(paths, bodies, strict=True):
            if isinstance(history, str):
                self._err(f"{path.name} is skipped: {history}.")
                continue
            if (earlier := path_of.setdefault(history.exchange.id, path)) is not path:
                self._err(f"{path.name} is skipped: {earlier.name} is the same exchange.")
                continue
            for number in history.odd_lines:
                self._err(f"{path.stem}.withdrawals.jsonl: line {number} is skipped, it cannot be read.")
            yield history

    def _simulate(self, histories: Sequence[ArchivedHistory], progress: Progress) -> RuleComparison | None:
        options = self._options
        exchanges = [history.exchange for history in histories]
        withdrawal_changes = {history.exchange.id: history.withdrawal_changes for history in histories}
        arithmetic = fastest_arithmetic(self._err)
        simulation = Simulation(
            exchanges,
            withdrawal_changes=withdrawal_changes,
            sensitivity=options.sensitivity,
            since=options.since,
            arithmetic=arithmetic,
        )
        comparison = RuleComparison(exchanges, since=options.since) if options.compare else None
        task = progress.add_task("judging", total=sum(len(history.moments) for history in histories))
        for readings in rounds([history.readings() for history in histories]):
            judged = [reading for reading in readings if options.until is None or reading.as_of <= options.until]
            # Rounds come in the order of time, so everything behind this one is later as well.
            if not judged:
                break
            if result := simulation.judge_reserves(judged):
                self._record_round(simulation, result)
            self._count_judged(judged)
            if comparison:
                comparison.add_round(judged)
            progress.advance(task, len(readings))
        return comparison

    def _record_round(self, simulation: Simulation, result: RoundResult) -> None:
        alerts = list(simulation.alerts_of_round(result))
        self._alerts += alerts
        if self._options.as_json:
            lines = [(alert.at, json_line(alert)) for alert in alerts]
            if self._options.windows:
                # A reading has one step of the rule that measures flows, whatever other rules make of it.
                steps = (step for step in simulation.steps_of_round(result) if step.key.rule == Rule.OUTFLOW)
                windows = [(step.at, windows_line(step)) for step in steps]
                # Stable: what was measured at a time comes before what was announced of it.
                lines = sorted([*windows, *lines], key=itemgetter(0))
            for _, line in lines:
                self._out(line)  # at once: a script that reads along need not wait for the end

    def _count_judged(self, readings: Sequence[Reading]) -> None:
        """Count the readings that were judged."""
        since = self._options.since
        for reading in readings:
            if since is None or reading.as_of >= since:
                earlier, _ = self._spans.get(reading.exchange, (reading.as_of, reading.as_of))
                self._spans[reading.exchange] = (earlier, reading.as_of)
                self._judged += 1

    def _report(self, comparison: RuleComparison | None) -> None:
        events, odd_lines = read_events(self._options.directory)
        for number in odd_lines:
            self._err(f"{EVENTS}: line {number} is skipped, it cannot be read.")
        if not self._options.as_json:
            self._out(table(self._alerts) if self._alerts else "Nothing would have been told.")
        # An incident that is still open lasts until the newest reading, for the scores.
        end = max(last for _, last in self._spans.values())
        years = exchange_years(self._spans)
        if comparison:
            scores = comparison.scores(self._alerts, events, end=end, years=years)
            (self._err if self._options.as_json else self._out)(score_table(scores, assumed=events is None))
        self._err(summary(self._alerts, events, end=end, years=years))
        self._err(f"{self._judged} readings of {len(self._spans)} exchanges processed")


def _progress_bar() -> Progress:
    """Return the bar that shows on stderr where that is a terminal; a stdout that goes elsewhere is left alone."""
    console = Console(stderr=True)
    return Progress(
        console=console, transient=True, disable=not console.is_terminal, redirect_stdout=sys.stdout.isatty()
    )


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Switch off garbage collection: it would visit millions of figures again and again, and they have no cycles."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
