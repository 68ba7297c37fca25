"""`runwatch backup FILE` and `runwatch restore FILE`: everything in the store in one file, and back.

Both use the store that a service would use: REDIS_URL, or the private server of DATA_DIR, over its socket while the bot
runs. A backup is taken beside a running bot; a restore needs it to be stopped.

`-` stands for standard output and input, so that in Docker neither a mount nor the user ids of two machines matter:
`docker compose exec -T bot runwatch backup - > runwatch-backup`.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bot import __version__
from bot.cli.ask import service_stores
from bot.config.settings import Settings
from bot.domain.errors import BackupError, StorageError
from bot.service.application import SystemClock
from bot.service.lifetime import store_address
from bot.storage.backup.restore import restore, verified
from bot.storage.backup.save import save
from bot.storage.store import opened_database

_Say = Callable[[str], None]
_STANDARD = Path("-")


async def write_backup(settings: Settings, path: Path, say: _Say) -> None:
    """Save the store into a file; raise RunwatchError."""
    with _output_file(path) as file:
        async with opened_database(await _where(settings), prefix=settings.redis_prefix) as database:
            summary = await save(database, file, program=__version__, now=SystemClock().now())
    say(f"{_shown(path)} holds {summary.contents} (layout {summary.header.layout}, {summary.contents.keys:,} keys).")
    if summary.unsteady:
        tags = ", ".join(summary.unsteady)
        say(
            f"These groups of keys kept changing while they were saved: {tags}. Messages that were being sent at that "
            "moment may be sent twice after a restore, or not at all. For an exact copy, stop the bot first."
        )


async def restore_backup(settings: Settings, path: Path, say: _Say, *, replace: bool) -> None:
    """Put a file back into the store; raise RunwatchError."""
    with _input_file(path) as file:
        header = verified(file).header  # before a private server is started for it
        owners = ", ".join(header.owners) or "nobody yet"
        say(
            f"{_shown(path)} was made at {header.made_at:%Y-%m-%d %H:%M:%S %Z} by Runwatch {header.program}, "
            f"for {owners}."
        )
        async with opened_database(await _where(settings), prefix=settings.redis_prefix) as database:
            summary = await restore(database, file, replace=replace)
    say(f"Restored: {summary.contents}. What happened since the backup is not in it.")
    if summary.expired:
        say(f"{summary.expired:,} keys were left out because they had expired, such as old messages.")


def _shown(path: Path) -> str:
    return "The backup" if path == _STANDARD else str(path)


@contextmanager
def _output_file(path: Path) -> Iterator[Path]:
    """Give the file to write to; for `-` it is copied to standard output when the block is done."""
    if path != _STANDARD:
        yield path
        return
    if sys.stdout.isatty():
        raise BackupError(
            "A backup is not text for a terminal: write it to a file with `> FILE` (in Docker with `exec -T`)."
        )
    with _temporary_file() as file:
        yield file
        with file.open("rb") as backup:
            shutil.copyfileobj(backup, sys.stdout.buffer)
        sys.stdout.buffer.flush()


@contextmanager
def _input_file(path: Path) -> Iterator[Path]:
    """Give the file to read, which is read twice; for `-` it is a copy of standard input."""
    if path != _STANDARD:
        yield path
        return
    if sys.stdin.isatty():
        raise BackupError("A backup cannot be typed in: give it with `< FILE` (in Docker with `-T`).")
    with _temporary_file() as file:
        with file.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        yield file


@contextmanager
def _temporary_file() -> Iterator[Path]:
    """Give a name in a private directory; what goes wrong with the file there is said of the backup."""
    with TemporaryDirectory(prefix="runwatch-") as directory:
        file = Path(directory, "backup")
        try:
            yield file
        except BackupError as error:
            raise BackupError(str(error).replace(str(file), "The backup")) from error


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
