"""Names to choose from are listed with a word between them."""

import pytest

from bot.language.name_lists import alternatives


@pytest.mark.parametrize(
    ("names", "text"),
    [((), ""), (("gate",), "gate"), (("gate", "okx"), "gate or okx"), (("gate", "okx", "htx"), "gate or okx or htx")],
)
def test_names_to_choose_from(names: tuple[str, ...], text: str) -> None:
    assert alternatives(names) == text
