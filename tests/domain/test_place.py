import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.place import Place, Platform

places = st.builds(
    Place,
    st.sampled_from(Platform),
    st.integers(-(10**15), 10**15).map(str),
    st.one_of(st.none(), st.integers(1, 10**9).map(str)),
)


@given(places)
def test_a_place_is_read_back_as_it_was_written(place: Place) -> None:
    assert Place.parse(str(place)) == place


def test_a_topic_is_written_behind_its_chat() -> None:
    assert str(Place(Platform.TELEGRAM, "-100", "7")) == "telegram:-100/7"
    assert str(Place(Platform.DISCORD, "5")) == "discord:5"


@pytest.mark.parametrize("text", ["", "telegram", "telegram:", "irc:5", "telegram:/7"])
def test_anything_else_is_no_place(text: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        Place.parse(text)
