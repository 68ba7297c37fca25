"""The change feed in Redis: a stream in which workers publish the exchanges that they have read or judged anew.

Worker A adds {by: A, exchange: binance}; worker B reads from the entry after the last one it saw, ignores its own and
reads Binance's snapshot again. The stream is the key CHANGE_FEED of keys.py.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta

from typing_extensions import override

from bot.ports.workers import ChangeFeed
from bot.storage import keys
from bot.storage.connection import Database, RedisArgument

_KEY = keys.CHANGE_FEED.key()
# About twelve rounds of 80 exchanges. A worker that does not read for longer than that misses changes, and reads those
# exchanges again when the next round publishes them.
_ENTRIES_MAX = 1000


class RedisChangeFeed(ChangeFeed):
    """Publishes in the name of one worker, and remembers up to which entry that worker has read."""

    def __init__(self, database: Database, worker: str) -> None:
        self._database = database
        self._worker = worker
        self._last_read_id = "0-0"

    @override
    async def publish(self, exchanges: Iterable[str]) -> None:
        await self._database.pipeline([publish_command(self._worker, exchange) for exchange in exchanges])

    @override
    async def skip_to_newest(self) -> None:
        newest = await self._database.command("XREVRANGE", _KEY, "+", "-", "COUNT", 1)
        self._last_read_id = newest[0][0].decode() if newest else "0-0"

    @override
    async def wait_for_changes(self, *, wait: timedelta) -> Collection[str] | None:
        # The blocking read only waits: it returns one entry. XRANGE then takes all that there are by now.
        if not await self._database.wait_for_entry(_KEY, after=self._last_read_id, wait=wait):
            return None
        entries = await self._database.command("XRANGE", _KEY, f"({self._last_read_id}", "+")
        if not entries:  # the store was emptied in between
            return None
        self._last_read_id = entries[-1][0].decode()
        by_others = [fields for _, fields in entries if fields[b"by"].decode() != self._worker]
        return {fields[b"exchange"].decode() for fields in by_others} if by_others else None


def publish_command(worker: str, exchange: str) -> tuple[RedisArgument, ...]:
    """Return the command that publishes a change of an exchange; sent twice, it only causes a second update."""
    return "XADD", _KEY, "MAXLEN", "~", _ENTRIES_MAX, "*", "by", worker, "exchange", exchange
