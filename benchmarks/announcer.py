"""Commits alerts in a process of its own, so that what stands in for a platform never waits for that.

    python -m benchmarks.announcer REDIS_URL

A line `PLATFORM FIRST NUMBER INCIDENT SEVERITY` on standard input is an alert for so many chats; it is answered with
the moment at which its commit began, by the clock that all processes of a machine share.
"""

import asyncio
import sys
from time import perf_counter

from benchmarks.broadcast import announce, lines_of_input, places
from bot.domain.place import Platform
from bot.domain.severity import Severity
from bot.service.application import SystemClock
from bot.storage.store import open_store


async def main(redis_url: str) -> None:
    """Commit until standard input ends."""
    store = await open_store(redis_url, clock=SystemClock())
    try:
        print("ready", flush=True)
        async for line in lines_of_input():
            platform, first, number, incident, severity = line.split()
            everybody = places(Platform(platform), int(number), first=int(first))
            began = perf_counter()
            await announce(store.incidents, everybody, int(incident), Severity(severity), about=None)
            print(began, flush=True)
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
