import pytest

from bot.domain.place import Obstacle
from bot.messages.cards.places import ClosedPlace, closed_card, closed_words, why_closed
from bot.messages.plain_text import clean
from tests.messages.cards.plain import said


@pytest.mark.parametrize("obstacle", [obstacle for obstacle in Obstacle if obstacle is not Obstacle.REFUSED])
def test_every_obstacle_has_words_of_its_own(obstacle: Obstacle) -> None:
    words = why_closed(obstacle, "Bad Request: WHATEVER")
    assert words == clean(words)
    assert "WHATEVER" not in words
    assert sum(why_closed(other, "x") == words for other in Obstacle) == 1


def test_an_obstacle_without_words_is_told_in_the_platforms_own() -> None:
    assert why_closed(Obstacle.REFUSED, "Forbidden: something new") == "Forbidden: something new"


def test_one_card_tells_of_many_places_but_names_ten() -> None:
    text = said(closed_card([ClosedPlace(f"place {number}", Obstacle.REMOVED) for number in range(12)]))
    assert "place 9: the bot was removed" in text
    assert "place 10" not in text
    assert "… and 2 more." in text
    assert "kept for 30 days" in text


def test_a_few_places_are_all_named() -> None:
    assert "more." not in said(closed_card([ClosedPlace("place", Obstacle.DELETED)]))


def test_counts_name_the_commonest_reason_first() -> None:
    assert closed_words({Obstacle.DELETED: 1, Obstacle.REMOVED: 2, Obstacle.BLOCKED: 2}) == (
        "5 (2 blocked, 2 removed, 1 deleted)"
    )


def test_without_disabled_places_nothing_is_said() -> None:
    assert closed_words({}) is None
