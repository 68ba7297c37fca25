"""Our rule and naive ones over every episode: the table of docs/detection.md, as Markdown.

    python -m benchmarks.rules

Every episode's bodies are written in the upstream's own format and lived through as `runwatch backtest --compare` does,
one point a day. What really happened is what the episodes' expectations say: an event begins with the day on which what
really left crosses a threshold, and lasts two weeks. An exchange of which a sign is in the list alone is left out.
"""

import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.backtest.archive import bodies_in, read_past
from bot.backtest.naive_rules import NAIVE
from bot.backtest.rounds import rounds
from bot.backtest.rule_comparison import OURS, RuleComparison, alarms
from bot.backtest.scores import Alarm, KnownEvent, Score, exchange_years, score
from bot.backtest.simulation import Simulation
from bot.messages.numbers import span
from bot.replay.episode import RECONSTRUCTION, Episode
from bot.replay.episodes.catalogue import EPISODES
from bot.replay.export import write_bodies
from tests.replay.expectations import ExpectedOutcome, expected_of

GROUPS: dict[str, Callable[[Episode], bool]] = {
    "reconstructions of published runs": lambda one: one.label == RECONSTRUCTION,
    "years without a run": lambda episode: episode.label != RECONSTRUCTION and len(episode.books) > 7,
    "made-up runs and traps": lambda one: one.label != RECONSTRUCTION and len(one.books) <= 7,
}
_LASTS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Lived:
    """One episode: its events, each rule's alarms, and the exchange-years; exchanges under names of their own."""

    events: list[KnownEvent]
    alarms: dict[str, list[Alarm]]
    years: float


def lived(episode: Episode) -> Lived:
    """Live through an episode by all rules."""
    unseen = {expectation.exchange for expectation in expected_of(episode.id) if expectation.live_only}
    with tempfile.TemporaryDirectory(prefix="rw-") as folder:
        write_bodies(episode, Path(folder))
        pasts = [past for path in bodies_in(Path(folder)) if (past := read_past(path)).exchange.id not in unseen]
    exchanges = [past.exchange for past in pasts]
    trial, contest = (
        Simulation(exchanges, gates={past.exchange.id: past.gates for past in pasts}),
        RuleComparison(exchanges),
    )
    tellings, spans, end = [], dict[str, tuple[datetime, datetime]](), episode.live_end
    for readings in rounds([past.readings() for past in pasts]):
        tellings += trial.take(readings)
        contest.judge(readings)
        for reading in readings:
            spans[reading.exchange] = (spans.get(reading.exchange, (reading.as_of, reading.as_of))[0], reading.as_of)
    ours = {name: alarms(tellings, least, end) for least, name in OURS.items()}
    found = ours | {name: list(contest.naive_alarms(name)) for name, _ in NAIVE}
    named = {
        rule: [replace(alarm, exchange=f"{episode.id}/{alarm.exchange}") for alarm in told]
        for rule, told in found.items()
    }
    return Lived(list(_events(episode, unseen)), named, exchange_years(spans))


def _events(episode: Episode, unseen: set[str]) -> Iterator[KnownEvent]:
    for expectation in expected_of(episode.id):
        if expectation.outcome is ExpectedOutcome.RUN and expectation.due_on and expectation.exchange not in unseen:
            start = datetime(expectation.due_on.year, expectation.due_on.month, expectation.due_on.day, tzinfo=UTC)
            yield KnownEvent(f"{episode.id}/{expectation.exchange}", start, start + _LASTS)


def scores(episodes: Iterable[Episode]) -> Iterator[Score]:
    """Yield how each rule did over these episodes together."""
    found = [lived(episode) for episode in episodes]
    events = [event for one in found for event in one.events]
    years = sum(one.years for one in found)
    for rule in (*OURS.values(), *(name for name, _ in NAIVE)):
        yield score(rule, [alarm for one in found for alarm in one.alarms[rule]], events, years)


def _row(one: Score) -> str:
    delay = "–" if one.delay is None else span(one.delay) if one.delay else "none"
    return (
        f"| {one.rule} | {one.found} of {one.events} | {delay} | {one.false_alarms} | {one.false_alarms_a_year:.2f} |"
    )


def main() -> None:
    """Print one table for each group of episodes."""
    for group, belongs in GROUPS.items():
        chosen = [episode for episode in EPISODES.values() if belongs(episode)]
        print(f"{group} …", file=sys.stderr)
        rows = list(scores(chosen))
        print(f"\n**{group[0].upper()}{group[1:]}** ({len(chosen)} episodes, {rows[0].years:.1f} exchange-years)\n")
        print("| rule | events found | median delay | false alarms | per exchange-year |\n|---|---|---|---|---|")
        print("\n".join(map(_row, rows)))


if __name__ == "__main__":
    main()
