"""Reads a past, lives through it, and prints what would have been told."""

import gc
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bot.backtest.archive import EVENTS, ArchivedHistory, bodies_in, read_events
from bot.backtest.bodies import read_bodies, workers_for
from bot.backtest.fastest_arithmetic import fastest_arithmetic
from bot.backtest.output import json_line, score_table, summary, table
from bot.backtest.rounds import rounds
from bot.backtest.rule_comparison import RuleComparison
from bot.backtest.scores import exchange_years
from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.domain.errors import ConfigurationError, RunwatchError
from bot.domain.reading import Reading
from bot.domain.severity import Sensitivity

WriteLine = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """What is asked of a backtest. `since` and `until` bound what is judged; earlier readings teach the usual days."""

    directory: Path
    sensitivity: Sensitivity = Sensitivity.NORMAL
    since: datetime | None = None
    until: datetime | None = None
    as_json: bool = False
    compare: bool = False

    def __post_init__(self) -> None:
        """Raise ConfigurationError where the bounds leave nothing."""
        if self.since and self.until and self.since > self.until:
            raise ConfigurationError(
                f"--from ({self.since:%Y-%m-%d %H:%M}) is after --to ({self.until:%Y-%m-%d %H:%M})."
            )


class Backtest:
    """One backtest: `out` takes what was asked for, `err` everything else."""

    def __init__(self, order: BacktestOptions, *, out: WriteLine, err: WriteLine) -> None:
        self._order = order
        self._out = out
        self._err = err
        self._tellings: list[SimulatedAlert] = []
        self._spans: dict[str, tuple[datetime, datetime]] = {}
        self._judged = 0

    def run(self) -> None:
        """Print everything; raise ConfigurationError without a folder, RunwatchError when nothing can be processed."""
        paths = bodies_in(self._order.directory)
        if not paths:
            raise RunwatchError(f"Nothing to process: {self._order.directory} holds no <slug>.json.")
        with _without_garbage(), _bar() as bar:
            pasts = list(self._pasts(paths, bar))
            if not pasts:
                raise RunwatchError(f"Nothing to process: no body in {self._order.directory} could be read.")
            contest = self._live_through(pasts, bar)
        if not self._judged:
            raise RunwatchError("Nothing to process: no reading lies between --from and --to.")
        self._report(contest)

    def _pasts(self, paths: Sequence[Path], bar: Progress) -> Iterator[ArchivedHistory]:
        """Yield what each body says; one that cannot be read is said and left out, as is a second of one exchange."""
        taken: dict[str, Path] = {}
        bodies = bar.track(read_bodies(paths, workers=workers_for(paths)), total=len(paths), description="reading")
        for path, past in zip(paths, bodies, strict=True):
            if isinstance(past, str):
                self._err(f"{path.name} is skipped: {past}.")
                continue
            if (first := taken.setdefault(past.exchange.id, path)) is not path:
                self._err(f"{path.name} is skipped: {first.name} is the same exchange.")
                continue
            for number in past.odd_lines:
                self._err(f"{path.stem}.withdrawals.jsonl: line {number} is skipped, it cannot be read.")
            yield past

    def _live_through(self, pasts: Sequence[ArchivedHistory], bar: Progress) -> RuleComparison | None:
        order = self._order
        exchanges = [past.exchange for past in pasts]
        gates = {past.exchange.id: past.gates for past in pasts}
        arithmetic = fastest_arithmetic(self._err)
        trial = Simulation(exchanges, gates=gates, sensitivity=order.sensitivity, since=order.since, by=arithmetic)
        contest = RuleComparison(exchanges, since=order.since) if order.compare else None
        task = bar.add_task("judging", total=sum(len(past.moments) for past in pasts))
        for readings in rounds([past.readings() for past in pasts]):
            within = [reading for reading in readings if order.until is None or reading.as_of <= order.until]
            if not within:
                break
            self._tell(trial.take(within))
            self._note(within)
            if contest:
                contest.judge(within)
            bar.advance(task, len(readings))
        return contest

    def _tell(self, tellings: Sequence[SimulatedAlert]) -> None:
        self._tellings += tellings
        if self._order.as_json:
            for telling in tellings:
                self._out(json_line(telling))

    def _note(self, readings: Sequence[Reading]) -> None:
        """Count the readings that were judged."""
        since = self._order.since
        for reading in readings:
            if since is None or reading.as_of >= since:
                first, _ = self._spans.get(reading.exchange, (reading.as_of, reading.as_of))
                self._spans[reading.exchange] = (first, reading.as_of)
                self._judged += 1

    def _report(self, contest: RuleComparison | None) -> None:
        events, odd_lines = read_events(self._order.directory)
        for number in odd_lines:
            self._err(f"{EVENTS}: line {number} is skipped, it cannot be read.")
        if not self._order.as_json:
            self._out(table(self._tellings) if self._tellings else "Nothing would have been told.")
        end = max(last for _, last in self._spans.values())
        years = exchange_years(self._spans)
        if contest:
            scores = contest.scores(self._tellings, events, end=end, years=years)
            (self._err if self._order.as_json else self._out)(score_table(scores, assumed=events is None))
        self._err(summary(self._tellings, events, end=end, years=years))
        self._err(f"{self._judged} readings of {len(self._spans)} exchanges processed")


def _bar() -> Progress:
    """Return the bar that shows on stderr where that is a terminal; a stdout that goes elsewhere is left alone."""
    console = Console(stderr=True)
    return Progress(
        console=console, transient=True, disable=not console.is_terminal, redirect_stdout=sys.stdout.isatty()
    )


@contextmanager
def _without_garbage() -> Iterator[None]:
    """Look for no garbage while millions of figures are made and looked at, none of them in a circle."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
