"""The store of the running service, else the one that a service would open: for commands beside a bot or alone."""

from bot.cli.ask import service_stores
from bot.config.settings import Settings
from bot.domain.errors import StorageError
from bot.ports.sources import Clock
from bot.service.lifetime import store_address
from bot.storage.store import Store, open_store


async def open_service_store(settings: Settings, clock: Clock) -> Store:
    """Open it, without moving data of an older version forward; raise StorageError, ConfigurationError."""
    for address in service_stores(settings):
        try:
            return await open_store(address, clock=clock, may_migrate=False, prefix=settings.redis_prefix)
        except StorageError:
            if settings.redis_url:
                raise
    return await open_store(store_address(settings), clock=clock, may_migrate=False, prefix=settings.redis_prefix)
