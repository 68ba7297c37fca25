"""`runwatch repair`: cuts what cannot be read off the log of the private server, so that it starts again.

A torn end is cut by the service itself. Here it is for damage in the middle: whatever was written after it is lost.
"""

from bot.config.settings import Settings
from bot.domain.errors import ConfigurationError
from bot.storage.embedded.server import EmbeddedServer


async def repair(settings: Settings) -> str:
    """Return what was done; raise ConfigurationError when nothing can be."""
    if settings.redis_url:
        raise ConfigurationError("REDIS_URL is set: the log of that server is repaired where it runs.")
    damage = await EmbeddedServer(settings.data_dir).repair()
    if damage is None:
        return f"The data in {settings.data_dir} can be read: nothing was changed."
    if not damage.may_be_cut:
        raise ConfigurationError(str(damage))
    return f"{damage.file} was cut after {damage.readable_bytes:,} bytes. The rest is kept in {damage.copy}."
