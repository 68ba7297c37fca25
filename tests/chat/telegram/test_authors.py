"""Who wrote, and what they are called: moderators read who changed a setting."""

from typing import Any

import pytest

from bot.chat.telegram.update_parser import Author, author_of, person

ANN = {"id": 7, "first_name": "Ann", "last_name": "Lee"}


@pytest.mark.parametrize(
    ("message", "author", "name"),
    [
        ({"from": ANN}, Author(7), "Ann Lee"),
        ({"from": {"id": 8, "first_name": "Bob"}}, Author(8), "Bob"),
        ({"from": ANN, "sender_chat": {"id": -100, "title": "News"}}, Author(None, -100), "News"),
        ({"from": ANN, "sender_chat": {"id": -100}}, Author(None, -100), ""),
    ],
)
def test_an_author_has_a_name(message: dict[str, Any], author: Author, name: str) -> None:
    found = author_of(message)
    assert found == author
    assert found is not None
    assert found.name == name


def test_a_name_does_not_tell_authors_apart() -> None:
    assert person(ANN) == Author(7, name="Ann")


def test_an_author_has_the_language_of_their_app() -> None:
    assert person(ANN | {"language_code": "pt-br"}).language == "pt-br"
    assert not person(ANN).language
