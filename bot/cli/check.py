"""`runwatch check`: every problem that would keep the service from working with these settings, a sentence each.

Example: a DISCORD_TOKEN with `ERROR_CHAT=telegram:-100123` gives “ERROR_CHAT names telegram:-100123, but
TELEGRAM_TOKEN is not set.”.
"""

from contextlib import suppress

from bot.config.settings import Settings
from bot.domain.errors import ConfigurationError, RunwatchError, StoreOutdated
from bot.service.application import SystemClock, require_a_token
from bot.service.platforms import misdirected
from bot.storage.embedded.server_binary import find_binary
from bot.storage.store import open_store


async def configuration_problems(settings: Settings) -> list[str]:
    """Return the problems, none when all is well. The store is opened where REDIS_URL names one, and closed again."""
    problems: list[str] = []
    try:
        require_a_token(settings)
    except ConfigurationError as error:
        problems.append(str(error))
    problems += misdirected(settings)
    try:
        if settings.redis_url:
            # Data of an older layout is no problem: the service moves it forward when it starts.
            with suppress(StoreOutdated):
                url, prefix = settings.redis_url.get_secret_value(), settings.redis_prefix
                await (await open_store(url, clock=SystemClock(), may_migrate=False, prefix=prefix)).close()
        else:
            settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            find_binary(settings.data_dir)
    except (RunwatchError, OSError) as error:
        problems.append(f"The store cannot be used: {error}")
    return problems
