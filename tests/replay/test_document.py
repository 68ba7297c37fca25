"""What the document says of the episodes is what they are."""

from pathlib import Path

import pytest

from bot.replay.catalogue import EPISODES
from docs.pictures.draw_episodes import picture

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", EPISODES)
def test_every_anchor_is_quoted_with_its_source(name: str) -> None:
    document = (DOCS / "episodes.md").read_text(encoding="utf-8")

    assert f"`{name}`" in document
    for anchor in EPISODES[name].anchors:
        assert anchor.figure in document
        assert all(source in document for source in anchor.source.split(" ; "))


@pytest.mark.parametrize("name", EPISODES)
def test_the_pictures_show_the_present_numbers(name: str) -> None:
    drawn = (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8")

    assert drawn == picture(EPISODES[name]), "draw them again: python -m docs.pictures.draw_episodes"
