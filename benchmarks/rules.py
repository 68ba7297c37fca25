"""Compares our rule with naive ones over every episode, and prints the table of docs/detection.md as Markdown.

    python -m benchmarks.rules

Every episode's bodies are written in the upstream's own format and judged as `runwatch backtest --compare` does, one
point a day. What really happened is what the episodes' expectations say: an event begins with the day on which what
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
from bot.backtest.reading_rounds import rounds
from bot.backtest.rule_comparison import OURS, RuleComparison, alarms
from bot.backtest.scores import Alarm, KnownEvent, Score, exchange_years, score
from bot.backtest.simulation import Simulation
from bot.messages.number_format import span
from bot.replay.episode import RECONSTRUCTION, Episode
from bot.replay.episodes.catalogue import EPISODES
from bot.replay.export import write_bodies
from tests.replay.expectations import ExpectedOutcome, expected_of

GROUPS: dict[str, Callable[[Episode], bool]] = {
    "reconstructions of published runs": lambda episode: episode.label == RECONSTRUCTION,
    "years without a run": lambda episode: episode.label != RECONSTRUCTION and len(episode.exchanges) > 7,
    "made-up runs and traps": lambda episode: episode.label != RECONSTRUCTION and len(episode.exchanges) <= 7,
}
_EVENT_LENGTH = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class EpisodeAlarms:
    """The result of an episode: its events, each rule's alarms, and the exchange-years.

    Exchanges have the episode in their names, `ftx-2022/ftx`, because the same ones appear in several episodes.
    """

    events: list[KnownEvent]
    alarms: dict[str, list[Alarm]]
    years: float


def judge(episode: Episode) -> EpisodeAlarms:
    """Judge an episode's readings by all rules."""
    left_out = {expectation.exchange for expectation in expected_of(episode.id) if expectation.live_only}
    with tempfile.TemporaryDirectory(prefix="rw-") as folder:
        write_bodies(episode, Path(folder))
        pasts = [past for path in bodies_in(Path(folder)) if (past := read_past(path)).exchange.id not in left_out]
    exchanges = [past.exchange for past in pasts]
    simulation = Simulation(exchanges, withdrawal_changes={past.exchange.id: past.withdrawal_changes for past in pasts})
    comparison = RuleComparison(exchanges)
    alerts, spans, end = [], dict[str, tuple[datetime, datetime]](), episode.live_end
    for readings in rounds([past.readings() for past in pasts]):
        alerts += simulation.run_round(readings)
        comparison.add_round(readings)
        for reading in readings:
            spans[reading.exchange] = (spans.get(reading.exchange, (reading.as_of, reading.as_of))[0], reading.as_of)
    ours = {name: alarms(alerts, least, end) for least, name in OURS.items()}
    by_rule = ours | {name: list(comparison.naive_alarms(name)) for name, _ in NAIVE}
    named = {
        rule: [replace(alarm, exchange=f"{episode.id}/{alarm.exchange}") for alarm in rule_alarms]
        for rule, rule_alarms in by_rule.items()
    }
    return EpisodeAlarms(list(_events(episode, left_out)), named, exchange_years(spans))


def _events(episode: Episode, left_out: set[str]) -> Iterator[KnownEvent]:
    for expectation in expected_of(episode.id):
        if expectation.outcome is ExpectedOutcome.RUN and expectation.due_on and expectation.exchange not in left_out:
            start = datetime(expectation.due_on.year, expectation.due_on.month, expectation.due_on.day, tzinfo=UTC)
            yield KnownEvent(f"{episode.id}/{expectation.exchange}", start, start + _EVENT_LENGTH)


def scores(episodes: Iterable[Episode]) -> Iterator[Score]:
    """Yield how each rule did over these episodes together."""
    judged = [judge(episode) for episode in episodes]
    events = [event for result in judged for event in result.events]
    years = sum(result.years for result in judged)
    for rule in (*OURS.values(), *(name for name, _ in NAIVE)):
        yield score(rule, [alarm for result in judged for alarm in result.alarms[rule]], events, years)


def _row(rule_score: Score) -> str:
    delay = "–" if rule_score.delay is None else span(rule_score.delay) if rule_score.delay else "none"
    return (
        f"| {rule_score.rule} | {rule_score.found} of {rule_score.events} | {delay} "
        f"| {rule_score.false_alarms} | {rule_score.false_alarms_a_year:.2f} |"
    )


def main() -> None:
    """Print one table for each group of episodes."""
    for group, belongs_to in GROUPS.items():
        episodes = [episode for episode in EPISODES.values() if belongs_to(episode)]
        print(f"{group} …", file=sys.stderr)
        rows = list(scores(episodes))
        print(f"\n**{group[0].upper()}{group[1:]}** ({len(episodes)} episodes, {rows[0].years:.1f} exchange-years)\n")
        print("| rule | events found | median delay | false alarms | per exchange-year |\n|---|---|---|---|---|")
        print("\n".join(map(_row, rows)))


if __name__ == "__main__":
    main()
