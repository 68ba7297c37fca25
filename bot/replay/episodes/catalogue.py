"""Every episode there is, by its name."""

from collections.abc import Mapping

from bot.domain.errors import ConfigurationError
from bot.replay.episode import Episode
from bot.replay.episodes.binance_2022 import BINANCE_2022
from bot.replay.episodes.binance_2023 import BINANCE_2023
from bot.replay.episodes.bybit_2025 import THEFT_THEN_RUN
from bot.replay.episodes.faulty_sources import FAULTY_SOURCES
from bot.replay.episodes.ftx_2022 import FTX_2022
from bot.replay.episodes.moved_wallets import MOVED_WALLETS
from bot.replay.episodes.quiet_weeks import QUIET_WEEKS
from bot.replay.episodes.quiet_years import NOISY_YEAR, QUIET_YEAR
from bot.replay.episodes.synthetic_runs import STAGED_RUNS
from bot.replay.episodes.usdc_2023 import USDC_2023

_PUBLISHED = (BINANCE_2022, FTX_2022, *BINANCE_2023, USDC_2023, THEFT_THEN_RUN)
_QUIET = (QUIET_WEEKS, QUIET_YEAR, NOISY_YEAR)

EPISODES: Mapping[str, Episode] = {
    episode.id: episode for episode in (*_PUBLISHED, *_QUIET, *FAULTY_SOURCES, *MOVED_WALLETS, *STAGED_RUNS)
}


def find_episode(name: str) -> Episode:
    """Return the episode of this name; raise ConfigurationError with the known ones."""
    episode = EPISODES.get(name.strip().lower())
    if episode is None:
        raise ConfigurationError(f"No episode is called “{name}”. There are: {', '.join(EPISODES)}.")
    return episode
