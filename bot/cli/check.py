"""`runwatch check`: everything that would keep the service from working with these settings, a sentence each.

Example: a DISCORD_TOKEN with `ERROR_CHAT=telegram:-100123` gives “ERROR_CHAT names telegram:-100123, but
TELEGRAM_TOKEN is not set.”.
"""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile

from pydantic import SecretStr

from bot.cli.connection_check import connection_findings
from bot.cli.finding import Finding
from bot.cli.proof_check import proof_findings
from bot.cli.withdrawal_check import withdrawal_findings
from bot.config.settings import Settings, misspelt
from bot.domain.errors import ConfigurationError, RunwatchError, StoreOutdated
from bot.service.application import SystemClock, require_a_token
from bot.service.exchange_interfaces import asked_for_proofs, sources_by_settings
from bot.service.platforms import misdirected
from bot.sources.http import Http
from bot.storage.embedded.damaged_log import find_damage
from bot.storage.embedded.private_directory import check_usable
from bot.storage.embedded.server_binary import find_binary
from bot.storage.keys import SCHEMA
from bot.storage.store import open_store

_ROOM_BYTES = 1 << 20  # what a new bot's data takes within an hour


async def check(settings: Settings) -> Sequence[Finding]:
    """Return what was found, problems first. The store and all connections are tried at the same time."""
    store, connections, withdrawals = await asyncio.gather(
        _store_finding(settings), connection_findings(settings), _withdrawal_findings(settings)
    )
    proofs = proof_findings(SystemClock().now().date(), read=asked_for_proofs(settings))
    findings = [*_setting_problems(settings), store, *connections, *withdrawals, *proofs]
    return sorted(findings, key=lambda finding: not finding.is_problem)


def _setting_problems(settings: Settings) -> Iterator[Finding]:
    try:
        require_a_token(settings)
    except ConfigurationError as error:
        yield Finding(str(error), is_problem=True)
    for problem in (*misspelt(), *misdirected(settings)):
        yield Finding(problem, is_problem=True)


async def _withdrawal_findings(settings: Settings) -> Sequence[Finding]:
    async with Http(settings.proxies, attempts=1) as http:
        return await withdrawal_findings(sources_by_settings(settings, http, SystemClock()))


async def _store_finding(settings: Settings) -> Finding:
    """Open the store where REDIS_URL names one, and close it again; else look whether there can be one in DATA_DIR."""
    try:
        if settings.redis_url:
            return Finding(
                f"The store: the server at REDIS_URL answers.{await _risks(settings.redis_url, settings.redis_prefix)}"
            )
        await asyncio.to_thread(_check_data_dir, settings.data_dir)
    except RunwatchError as error:
        return Finding(f"The store cannot be used: {error}", is_problem=True)
    return Finding(f"The store: a private server, with its data in {settings.data_dir}.")


async def _risks(redis_url: SecretStr, prefix: str) -> str:
    """Open the store, and return what may be lost there, as sentences; raise ConfigurationError or StorageError."""
    try:
        store = await open_store(redis_url.get_secret_value(), clock=SystemClock(), may_migrate=False, prefix=prefix)
    except StoreOutdated:  # no problem: the service moves the data forward when it starts
        return " Its data are of an older version and will be upgraded when the bot starts."
    try:
        # A write that writes nothing, and is refused as any other is where the disk or the memory is full.
        await store.database.command("SETRANGE", SCHEMA.key(), 0, "")
        memory, persistence = [await store.database.server_info(section) for section in ("memory", "persistence")]
    finally:
        await store.close()
    may_forget: bool = memory.get("maxmemory_policy", "noeviction") != "noeviction"
    may_lose = not persistence.get("aof_enabled", 1)
    return (
        " It forgets subscriptions when its memory is full: set maxmemory-policy to noeviction." * may_forget
        + " It loses the last minutes when it crashes: set appendonly to yes." * may_lose
    )


def _check_data_dir(path: Path) -> None:
    """Make the directory if it is missing; raise ConfigurationError where no private server can run in it. Blocks."""
    check_usable(path)
    try:
        with TemporaryFile(dir=path) as file:
            file.write(bytes(_ROOM_BYTES))
            file.flush()
    except OSError as error:
        raise ConfigurationError(
            f"not even {_ROOM_BYTES >> 20} MB can be written to DATA_DIR {path}: {error.strerror}. Make room there, or "
            "name another directory."
        ) from error
    damage = find_damage(path, find_binary(path))
    if damage and not damage.is_torn_end:  # a torn end is cut at the start; while a bot runs it is being written
        raise ConfigurationError(str(damage))
