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

from bot.hindsight.contest import OURS, Contest, alarms
from bot.hindsight.naive import NAIVE
from bot.hindsight.rounds import rounds
from bot.hindsight.scores import Alarm, Happening, Score, exchange_years, score
from bot.hindsight.trial import Trial
from bot.messages.numbers import span
from bot.replay.catalogue import EPISODES
from bot.replay.episode import RECONSTRUCTION, Episode
from bot.replay.expectation import Outcome
from bot.replay.export import write_bodies
from bot.sources.archive import bodies_in, read_past

GROUPS: dict[str, Callable[[Episode], bool]] = {
    "reconstructions of published runs": lambda one: one.label == RECONSTRUCTION,
    "years without a run": lambda one: one.label != RECONSTRUCTION and len(one.books) > 7,
    "made-up runs and traps": lambda one: one.label != RECONSTRUCTION and len(one.books) <= 7,
}
_LASTS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Lived:
    """One episode: its events, each rule's alarms, and the exchange-years; exchanges under names of their own."""

    events: list[Happening]
    alarms: dict[str, list[Alarm]]
    years: float


def lived(episode: Episode) -> Lived:
    """Live through an episode by all rules."""
    unseen = {one.exchange for one in episode.expect if one.live_only}
    with tempfile.TemporaryDirectory(prefix="rw-") as folder:
        write_bodies(episode, Path(folder))
        pasts = [past for path in bodies_in(Path(folder)) if (past := read_past(path)).exchange.id not in unseen]
    exchanges = [past.exchange for past in pasts]
    trial, contest = Trial(exchanges, gates={past.exchange.id: past.gates for past in pasts}), Contest(exchanges)
    tellings, spans, end = [], dict[str, tuple[datetime, datetime]](), episode.live_end
    for readings in rounds([past.readings() for past in pasts]):
        tellings += trial.take(readings)
        contest.take(readings)
        for one in readings:
            spans[one.exchange] = (spans.get(one.exchange, (one.as_of, one.as_of))[0], one.as_of)
    ours = {name: alarms(tellings, least, end) for least, name in OURS.items()}
    found = ours | {name: list(contest.naive_alarms(name)) for name, _ in NAIVE}
    named = {
        rule: [replace(one, exchange=f"{episode.id}/{one.exchange}") for one in told] for rule, told in found.items()
    }
    return Lived(list(_events(episode, unseen)), named, exchange_years(spans))


def _events(episode: Episode, unseen: set[str]) -> Iterator[Happening]:
    for one in episode.expect:
        if one.outcome is Outcome.RUN and one.due_on and one.exchange not in unseen:
            start = datetime(one.due_on.year, one.due_on.month, one.due_on.day, tzinfo=UTC)
            yield Happening(f"{episode.id}/{one.exchange}", start, start + _LASTS)


def scores(episodes: Iterable[Episode]) -> Iterator[Score]:
    """Yield how each rule did over these episodes together."""
    found = [lived(one) for one in episodes]
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
        chosen = [one for one in EPISODES.values() if belongs(one)]
        print(f"{group} …", file=sys.stderr)
        rows = list(scores(chosen))
        print(f"\n**{group[0].upper()}{group[1:]}** ({len(chosen)} episodes, {rows[0].years:.1f} exchange-years)\n")
        print("| rule | events found | median delay | false alarms | per exchange-year |\n|---|---|---|---|---|")
        print("\n".join(map(_row, rows)))


if __name__ == "__main__":
    main()
