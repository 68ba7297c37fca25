"""Episodes by name."""

import pytest

from bot.domain.errors import ConfigurationError
from bot.replay.episodes.catalogue import EPISODES, find_episode


def test_an_episode_is_found_by_its_name_however_it_is_typed() -> None:
    assert find_episode(" Binance-2022 ") is EPISODES["binance-2022"]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"“mtgox”.*binance-2022, ftx-2022.*quiet-weeks"):
        find_episode("mtgox")
