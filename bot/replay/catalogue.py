"""Every episode there is, by its name."""

from collections.abc import Mapping

from bot.domain.errors import ConfigurationError
from bot.replay.binance_2022 import BINANCE_2022
from bot.replay.episode import Episode
from bot.replay.quiet_weeks import QUIET_WEEKS

EPISODES: Mapping[str, Episode] = {one.id: one for one in (BINANCE_2022, QUIET_WEEKS)}


def episode(name: str) -> Episode:
    """Return the episode of this name; raise ConfigurationError with the known ones."""
    found = EPISODES.get(name.strip().lower())
    if found is None:
        raise ConfigurationError(f"No episode is called “{name}”. There are: {', '.join(EPISODES)}.")
    return found
