"""Measures how long a command takes to be answered: the whole service against a bare bot with the same library.

    python -m benchmarks.latency [--commands 600]

The bots are processes of their own; this one holds the stand-ins of the platforms and the watch. Everything is idle but
for one command at a time. Ours and the bare bot take turns in blocks, so that whatever the machine does meanwhile
strikes both; p50 and p99 are the medians over rounds of a hundred answers, so that one busy second of the machine does
not decide them. The bare bots send the text of ours; that on Discord its buttons too, and to the asker alone where ours
does. That on Telegram sends no buttons.
"""

import argparse
import asyncio
import statistics
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

from benchmarks.figure import Figure, quantile, tell
from benchmarks.programs import bare_discord, bare_telegram, free_port, runwatch
from benchmarks.timed_platforms import TimedDiscord, TimedTelegram
from benchmarks.upstream import full_upstream, until_all_is_read, until_ready

Ask = Callable[[], Awaitable[float]]

P99_AT_MOST_TIMES = 1.3
_BLOCK = 5
"""Commands that a bot answers before it is another's turn."""
_ROUND = 100
"""Answers of which a p99 is taken: the second slowest of a hundred."""
_WARM_UP = 50
"""Commands that are not counted: libraries fill their caches and connections are opened."""
_PAUSE_S = 0.04
"""Between two commands. Telegram takes 30 messages a second, so whoever asks faster waits for the next slot."""
_CONNECT_TIMEOUT_S = 30.0


async def measured(commands: int) -> list[Figure]:
    """Return p50 and p99 of each command on each platform, in milliseconds."""
    async with AsyncExitStack() as stack:
        telegram = await stack.enter_async_context(TimedTelegram())
        discord = await stack.enter_async_context(TimedDiscord())
        llama = await stack.enter_async_context(full_upstream())
        port = free_port()
        bot = runwatch(llama, telegram=telegram, discord=discord, http_port=port)
        process = await stack.enter_async_context(bot)
        await until_ready(process, port)
        await until_all_is_read(process, port)
        return [*await _on_telegram(telegram, commands), *await _on_discord(discord, commands)]


async def _on_telegram(ours: TimedTelegram, commands: int) -> list[Figure]:
    lines = {"reserves": "/reserves binance", "help": "/help"}
    answers = {name: await _text(ours, line) for name, line in lines.items()}
    async with (
        TimedTelegram() as with_httpx,
        TimedTelegram() as with_aiohttp,
        bare_telegram(with_httpx, answers),
        bare_telegram(with_aiohttp, answers, transport="aiohttp"),
    ):
        await asyncio.gather(
            *(
                bare.until(partial(bare.calls.get, "getupdates"), "the first poll of a bot")
                for bare in (with_httpx, with_aiohttp)
            )
        )
        figures = []
        for name, line in lines.items():
            bots = {
                "ours": partial(ours.ask, line),
                "bare": partial(with_httpx.ask, line),
                "bare, our transport": partial(with_aiohttp.ask, line),
            }
            figures += _figures(f"Telegram /{name}", await _in_turns(bots, commands))
    return figures


async def _text(telegram: TimedTelegram, line: str) -> str:
    await telegram.ask(line)
    return telegram.sent[-1].html


async def _on_discord(ours: TimedDiscord, commands: int) -> list[Figure]:
    options_of: dict[str, dict[str, str]] = {"reserves": {"exchange": "binance"}, "help": {}}
    answers = {name: await ours.read(name, options) for name, options in options_of.items()}
    async with TimedDiscord() as bare, bare_discord(bare, answers):
        await bare.connected()
        await bare.until(
            lambda: bool(bare.commands),
            "the commands that the other bot publishes on Discord",
            limit=_CONNECT_TIMEOUT_S,
        )
        figures = []
        for name, options in options_of.items():
            bots = {
                "ours": partial(ours.ask, name, options),
                "bare": partial(bare.ask, name, options),
            }
            figures += _figures(f"Discord /{name}", await _in_turns(bots, commands))
    return figures


async def _in_turns(bots: Mapping[str, Ask], commands: int) -> dict[str, list[float]]:
    """Return the seconds of each bot's answers, asked in blocks by turns."""
    for ask in bots.values():
        await _block(ask, _WARM_UP)
    seconds_of: dict[str, list[float]] = {name: [] for name in bots}
    for _ in range(-(-commands // _BLOCK)):
        for name, ask in bots.items():
            seconds_of[name] += await _block(ask, _BLOCK)
    return seconds_of


async def _block(ask: Ask, commands: int) -> list[float]:
    seconds = []
    for _ in range(commands):
        seconds.append(await ask())
        await asyncio.sleep(_PAUSE_S)
    return seconds


def _figures(name: str, seconds_of: Mapping[str, Sequence[float]]) -> list[Figure]:
    figures = []
    for bot in seconds_of:
        if bot == "ours":
            continue
        against = "" if bot == "bare" else f" ({bot})"
        for label, share in (("p50", 0.5), ("p99", 0.99)):
            limit = P99_AT_MOST_TIMES if label == "p99" and not against else None
            ours, other = (_median_quantile(seconds_of[way], share) * 1000 for way in ("ours", bot))
            figures.append(Figure(f"{name} {label}{against}", "ms", ours, other, at_most_times=limit))
    return figures


def _median_quantile(seconds: Sequence[float], share: float) -> float:
    """Return the median over rounds of a hundred answers of each round's quantile."""
    rounds = [seconds[start : start + _ROUND] for start in range(0, len(seconds), _ROUND)]
    return statistics.median(quantile(round_, share) for round_ in rounds)


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=int, default=600, help="of each kind, to each bot")
    commands = parser.parse_args().commands
    tell(asyncio.run(measured(commands)), commands=commands)


if __name__ == "__main__":
    main()
