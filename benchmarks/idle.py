"""Measures what the bot does while nothing is to be done: commands on its Redis a second, and its share of a core.

    python -m benchmarks.idle [--seconds 300]

Both platforms are connected, 77 exchanges are read, nobody asks, nothing moves and nothing is to be sent. All exchanges
that can be are asked about withdrawals every five minutes, so that is how long it lasts: one round of them is in it.
Commands are those of `INFO commandstats`, but for those that a script calls inside the server: what counts is how often
somebody asks. The share of a core is that of the bot and of its Redis together, by the CPU time that Linux counts for
both; memory is that of the bot alone, at the end and at its largest. Redis has the timer that compose.yaml and the
embedded server give it.
"""

import argparse
import asyncio
import os
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis

from benchmarks.exchange_interfaces import full_interfaces, until_all_have_answered
from benchmarks.figure import Figure, tell
from benchmarks.memory import AT_MOST_MB, peak_mb, sizes_mb
from benchmarks.programs import free_port, runwatch
from benchmarks.timed_platforms import TimedDiscord, TimedTelegram
from benchmarks.upstream import full_upstream, until_all_is_read, until_ready
from bot.storage.embedded.server import TIMER_HZ
from tests.servers import Server, kinds

AT_MOST_COMMANDS = 3.0
"""A second, all that wait and all that ask together."""
AT_MOST_CPU_PERCENT = 0.3
WITHDRAWAL_INTERVAL_S = 300.0
"""Between two rounds of polls of withdrawals, as the settings have it by default."""
_SETTLE_S = WITHDRAWAL_INTERVAL_S + 20.0
"""After everything was read: withdrawals are believed, and every exchange judged by them, once a second poll agrees."""
_SCRIPTS = ("evalsha", "eval")
_OWN = ("info", "hello", "client|setinfo", "monitor")
"""What this program itself sends, or what opens a connection."""
_OWN_COMMANDS = frozenset((b"info", b"hello", b"client"))
_SHOWN = re.compile(rb'\+[\d.]+ \[\d+ (?P<client>[^\]]+)\] "(?P<command>[^"]*)"')
_LONGEST_COMMAND = 64 * 1024 * 1024


async def measured(seconds: float) -> list[Figure]:
    """Return the commands a second and the percents of a core over so many seconds in which nothing is to be done."""
    server = Server(next(iter(kinds().values())), settings=("--hz", TIMER_HZ)).start()
    try:
        async with (
            full_upstream() as llama,
            full_interfaces() as interfaces,
            TimedTelegram() as telegram,
            TimedDiscord() as discord,
        ):
            port, settings = free_port(), {"REDIS_URL": server.url, **interfaces}
            async with runwatch(llama, telegram=telegram, discord=discord, http_port=port, settings=settings) as bot:
                await until_ready(bot, port)
                await until_all_is_read(bot, port)
                await until_all_have_answered(bot, port)
                await asyncio.sleep(_SETTLE_S)
                return [*await _of_span(server, bot.pid, seconds), *_memory(bot.pid)]
    finally:
        server.stop()


def _memory(bot_pid: int) -> list[Figure]:
    resident = sizes_mb(bot_pid)["Rss"]
    return [
        Figure("Idle, resident after a round of withdrawals", "MB", resident, at_most=AT_MOST_MB),
        Figure("Idle, resident at its largest", "MB", peak_mb(bot_pid)),
    ]


async def _of_span(server: Server, bot_pid: int, seconds: float) -> list[Figure]:
    client = Redis.from_url(server.url)
    try:
        async with _monitor(server) as monitor:
            cpu_before, began = _cpu_s(bot_pid) + _cpu_s(server.pid), time.monotonic()
            stats_before = await _calls(client)
            asked = await _asked(monitor, seconds)
            took = time.monotonic() - began
            stats = {name: calls - stats_before.get(name, 0) for name, calls in (await _calls(client)).items()}
            cpu_s = _cpu_s(bot_pid) + _cpu_s(server.pid) - cpu_before
    finally:
        await client.aclose()
    scripts = sum(stats.get(name, 0) for name in _SCRIPTS)
    inside = sum(calls for name, calls in stats.items() if name not in _OWN)
    return [
        Figure("Idle, commands", "a second", asked / took, at_most=AT_MOST_COMMANDS),
        Figure("Idle, scripts among them", "a second", scripts / took),
        Figure("Idle, commands with those inside of scripts", "a second", inside / took),
        Figure("Idle, bot and Redis", "% of a core", 100 * cpu_s / took, at_most=AT_MOST_CPU_PERCENT),
    ]


@asynccontextmanager
async def _monitor(server: Server) -> AsyncIterator[asyncio.StreamReader]:
    """Have Redis show every command, one a line: redis-py's own monitor gives up at one of 64 KB."""
    path = server.url.removeprefix("unix://")
    reader, writer = await asyncio.open_unix_connection(path, limit=_LONGEST_COMMAND)
    try:
        writer.write(b"MONITOR\r\n")
        yield reader
    finally:
        writer.close()


async def _asked(monitor: asyncio.StreamReader, seconds: float) -> int:
    """Count what clients send: `1339518083.107 [0 unix:/tmp/s] "get" "key"`. What a script calls comes from "lua"."""
    number = 0
    try:
        async with asyncio.timeout(seconds):
            while line := await monitor.readline():
                if shown := _SHOWN.match(line):
                    number += shown["client"] != b"lua" and shown["command"].lower() not in _OWN_COMMANDS
    except TimeoutError:
        return number
    raise RuntimeError("Redis has closed the connection that shows its commands")


async def _calls(client: Redis) -> Mapping[str, int]:
    stats = await client.info("commandstats")
    return {name.removeprefix("cmdstat_"): int(facts["calls"]) for name, facts in stats.items()}


def _cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used, in seconds. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html"""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=WITHDRAWAL_INTERVAL_S, help="how long nothing is to be done")
    seconds = parser.parse_args().seconds
    tell(asyncio.run(measured(seconds)), seconds=seconds)


if __name__ == "__main__":
    main()
