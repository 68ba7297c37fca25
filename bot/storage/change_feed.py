"""What one worker tells the others about: which exchanges to look at again (the key CHANGE_FEED of keys.py)."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from typing_extensions import override

from bot.ports.workers import ChangeFeed
from bot.storage import keys
from bot.storage.connection import Database, Word

_KEY = keys.CHANGE_FEED.key()
_KEPT = 1000


class RedisChangeFeed(ChangeFeed):
    """The port Bulletin on Redis."""

    def __init__(self, database: Database, worker: str) -> None:
        self._database = database
        self._worker = worker
        self._read_to = "0-0"

    @override
    async def publish(self, exchanges: Iterable[str]) -> None:
        await self._database.pipeline([notice(self._worker, exchange) for exchange in exchanges])

    @override
    async def skip_to_newest(self) -> None:
        last = await self._database.command("XREVRANGE", _KEY, "+", "-", "COUNT", 1)
        self._read_to = last[0][0].decode() if last else "0-0"

    @override
    async def wait_for_changes(self, *, wait: timedelta) -> Collection[str] | None:
        """What was told while nobody read for very long is not all there."""
        await self._database.news(_KEY, after=self._read_to, wait=wait)
        found = await self._database.command("XRANGE", _KEY, f"({self._read_to}", "+")
        if not found:
            return None
        self._read_to = found[-1][0].decode()
        told = [fields for _, fields in found if fields[b"by"].decode() != self._worker]
        return {fields[b"exchange"].decode() for fields in told} if told else None


def notice(worker: str, exchange: str) -> tuple[Word, ...]:
    """Return the command that tells of an exchange; told twice does no harm."""
    return "XADD", _KEY, "MAXLEN", "~", _KEPT, "*", "by", worker, "exchange", exchange
