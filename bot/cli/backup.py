"""`runwatch backup FILE` and `runwatch restore FILE`: everything in the store in one file, and back.

Both use the store that a service would use: REDIS_URL, or the private server of DATA_DIR, over its socket while the bot
runs. A backup is taken beside a running bot; a restore needs it to be stopped.
"""

from collections.abc import Callable
from pathlib import Path

from bot import __version__
from bot.cli.ask import service_stores
from bot.config.settings import Settings
from bot.domain.errors import StorageError
from bot.service.application import SystemClock
from bot.service.lifetime import store_address
from bot.storage.backup.restore import restore, verified
from bot.storage.backup.save import save
from bot.storage.store import opened_database

_Say = Callable[[str], None]


async def write_backup(settings: Settings, path: Path, say: _Say) -> None:
    """Save the store into a file; raise RunwatchError."""
    async with opened_database(await _where(settings), prefix=settings.redis_prefix) as database:
        summary = await save(database, path, program=__version__, now=SystemClock().now())
    say(f"{path} holds {summary.contents} (layout {summary.header.layout}, {summary.contents.keys:,} keys).")
    if summary.unsteady:
        tags = ", ".join(summary.unsteady)
        say(
            f"Keys of these groups changed all the time while they were saved: {tags}. What was on its way at that "
            "moment may be sent twice after a restore, or not at all. For an exact copy stop the bot first."
        )


async def restore_backup(settings: Settings, path: Path, say: _Say, *, replace: bool) -> None:
    """Put a file back into the store; raise RunwatchError."""
    header = verified(path).header  # before a private server is started for it
    owners = ", ".join(header.owners) or "nobody yet"
    say(f"{path} was made at {header.made_at:%Y-%m-%d %H:%M:%S %Z} by Runwatch {header.program}, for {owners}.")
    async with opened_database(await _where(settings), prefix=settings.redis_prefix) as database:
        summary = await restore(database, path, replace=replace)
    say(f"Restored: {summary.contents}. What happened since the backup is not in it.")
    if summary.expired:
        say(f"{summary.expired:,} keys were left out, because their time is over, such as messages of long ago.")


async def _where(settings: Settings) -> str | Path:
    """Return where the store is: the socket of a private server that runs, else what a service would open."""
    if settings.redis_url:
        return store_address(settings)
    for address in service_stores(settings):
        try:
            async with opened_database(address):
                return address
        except StorageError:  # left behind by a bot that was killed
            break
    return store_address(settings)
