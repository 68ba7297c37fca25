"""What the document says of the episodes is what they are."""

from datetime import date
from pathlib import Path

import pytest

from bot.replay.episodes.catalogue import EPISODES
from docs.pictures.draw_episodes import picture
from tests.replay.expectations import Expectation, expected_of

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def document() -> str:
    return (DOCS / "episodes.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EPISODES)
def test_every_episode_has_its_span_and_its_picture(name: str, document: str) -> None:
    episode = EPISODES[name]

    assert f"| `{name}` | {episode.live_start:%Y-%m-%d} to {episode.live_end:%Y-%m-%d} |" in document
    assert f"(pictures/{name}.svg)" in document


@pytest.mark.parametrize("name", EPISODES)
def test_every_published_figure_is_quoted_with_its_source(name: str, document: str) -> None:
    text = " ".join(document.split())

    for published in EPISODES[name].published_figures:
        assert published.figure in text
        assert all(source in text for source in published.source.split(" ; "))


@pytest.mark.parametrize("name", EPISODES)
def test_every_expectation_is_written_as_it_is(name: str, document: str) -> None:
    for expected in expected_of(name):
        assert row(name, expected) in document


def row(name: str, expected: Expectation) -> str:
    """Return an expectation as its line of the table."""
    guard = f"{expected.guard}{' (live only)' if expected.live_only else ''}" or "–"
    cells = (f"`{name}`", expected.exchange, expected.outcome, expected.highest or "–", *_days(expected), guard)
    return f"| {' | '.join(cells)} |"


def _days(expected: Expectation) -> tuple[str, str]:
    def written(day: date | None) -> str:
        return day.isoformat() if day else "–"

    return written(expected.crosses_on), written(expected.due_on)


@pytest.mark.parametrize("name", EPISODES)
def test_the_pictures_are_small_and_show_the_present_numbers(name: str) -> None:
    drawn = (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8")

    assert drawn == picture(EPISODES[name]), "draw them again: python -m docs.pictures.draw_episodes"
    assert len(drawn.encode()) < 40_000
