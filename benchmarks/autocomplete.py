"""Measures how long Discord waits for what an argument may become, at every letter that somebody types.

    python -m benchmarks.autocomplete [--typed 1000]

The whole service in a process of its own, with 77 exchanges read, everything idle but for one person who types. The
watch runs from handing over the interaction to the arrival of the choices. Typed are beginnings of names, a mistyped
name, and what nothing is called, for exchanges, runs of the past, incidents, amounts and commands; p99 is the median
over rounds of a hundred.
"""

import argparse
import asyncio
import statistics
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import cycle, islice

from benchmarks.figure import Figure, quantile, tell
from benchmarks.programs import free_port, runwatch
from benchmarks.timed_platforms import TimedDiscord
from benchmarks.upstream import full_upstream, until_all_is_read, until_ready

P99_MS = 10.0
_ROUND, _WARM_UP, _PAUSE_S = 100, 50, 0.005
_TYPED = (
    ("reserves", "exchange", ""),
    ("reserves", "exchange", "bin"),
    ("reserves", "exchange", "exchange 7"),
    ("flows", "exchange", "krakne"),
    ("flows", "exchange", "z" * 100),
    ("subscribe", "exchange", "al"),
    ("compare", "b", "202"),
    ("why", "incident", "INC"),
    ("subscribe", "usd", "50"),
    ("help", "command", "with"),
)
"""Command, argument, and what was typed into it."""


async def measured(typed: int) -> list[Figure]:
    """Return p50 and p99 of the choices, in milliseconds."""
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(TimedDiscord())
        llama = await stack.enter_async_context(full_upstream())
        port = free_port()
        process = await stack.enter_async_context(runwatch(llama, discord=discord, http_port=port))
        await until_ready(process, port)
        await until_all_is_read(process, port)
        await discord.until(lambda: bool(discord.commands), "the commands published on Discord")
        await _type(discord, _WARM_UP)
        seconds = await _type(discord, typed)
    rounds = [seconds[start : start + _ROUND] for start in range(0, len(seconds), _ROUND)]
    p50, p99 = (statistics.median(quantile(each, share) for each in rounds) * 1e3 for share in (0.5, 0.99))
    return [
        Figure("Discord autocompletion p50", "ms", p50),
        Figure("Discord autocompletion p99", "ms", p99, at_most=P99_MS),
    ]


async def _type(discord: TimedDiscord, times: int) -> Sequence[float]:
    seconds = []
    for command, argument, typed in islice(cycle(_TYPED), times):
        seconds.append(await discord.type(command, argument, typed))
        await asyncio.sleep(_PAUSE_S)
    return seconds


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--typed", type=int, default=1000, help="how often something is typed")
    typed = parser.parse_args().typed
    tell(asyncio.run(measured(typed)), typed=typed)


if __name__ == "__main__":
    main()
