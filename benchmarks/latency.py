"""How long a command takes to be answered: the whole service against a bare bot with the same library.

    python -m benchmarks.latency [--commands 1000]

The bots are processes of their own; this one holds the stand-ins of the platforms and the watch. Everything is idle but
for one command at a time. Ours and the bare bot take turns in blocks, so that whatever the machine does meanwhile
strikes both; p50 and p99 are the medians over rounds of a hundred answers, so that one busy second of the machine does
not decide them. The bare bots send an answer as long as ours, without its buttons.
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
_ROUND = 100
_WARM_UP = 50
_PAUSE = 0.005
_CONNECTED_WITHIN = 30.0


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
        TimedTelegram() as plain,
        TimedTelegram() as swift,
        bare_telegram(plain, answers),
        bare_telegram(swift, answers, transport="aiohttp"),
    ):
        await asyncio.gather(
            *(one.until(partial(one.calls.get, "getupdates"), "the first poll of a bot") for one in (plain, swift))
        )
        figures = []
        for name, line in lines.items():
            bots = {
                "ours": partial(ours.ask, line),
                "bare": partial(plain.ask, line),
                "bare, our transport": partial(swift.ask, line),
            }
            taken = await _in_turns(bots, commands)
            figures += _figures(f"Telegram /{name}", taken)
    return figures


async def _text(telegram: TimedTelegram, line: str) -> str:
    await telegram.ask(line)
    return telegram.sent[-1].html


async def _on_discord(ours: TimedDiscord, commands: int) -> list[Figure]:
    questions: dict[str, dict[str, str]] = {"reserves": {"exchange": "binance"}, "help": {}}
    answers = {name: (await ours.read(name, options))["embeds"][0] for name, options in questions.items()}
    async with TimedDiscord() as plain, bare_discord(plain, answers):
        await plain.connected()
        await plain.until(
            lambda: bool(plain.commands),
            "the commands that the other bot publishes on Discord",
            limit=_CONNECTED_WITHIN,
        )
        figures = []
        for name, options in questions.items():
            bots = {
                "ours": partial(ours.ask, name, options),
                "bare": partial(plain.ask, name, options),
            }
            taken = await _in_turns(bots, commands)
            figures += _figures(f"Discord /{name}", taken)
    return figures


async def _in_turns(bots: Mapping[str, Ask], commands: int) -> dict[str, list[float]]:
    """Return the seconds of each bot's answers, asked in blocks by turns."""
    for ask in bots.values():
        await _block(ask, _WARM_UP)
    taken: dict[str, list[float]] = {name: [] for name in bots}
    for _ in range(-(-commands // _BLOCK)):
        for name, ask in bots.items():
            taken[name] += await _block(ask, _BLOCK)
    return taken


async def _block(ask: Ask, commands: int) -> list[float]:
    seconds = []
    for _ in range(commands):
        seconds.append(await ask())
        await asyncio.sleep(_PAUSE)
    return seconds


def _figures(name: str, taken: Mapping[str, Sequence[float]]) -> list[Figure]:
    ours = taken["ours"]
    figures = []
    for bare in taken:
        if bare == "ours":
            continue
        against = "" if bare == "bare" else f" ({bare})"
        for label, share in (("p50", 0.5), ("p99", 0.99)):
            limit = P99_AT_MOST_TIMES if label == "p99" and not against else None
            mine, other = _typical(ours, share) * 1000, _typical(taken[bare], share) * 1000
            figures.append(Figure(f"{name} {label}{against}", "ms", mine, other, at_most_times=limit))
    return figures


def _typical(seconds: Sequence[float], share: float) -> float:
    """Return the median over rounds of a hundred answers of each round's quantile."""
    rounds = [seconds[start : start + _ROUND] for start in range(0, len(seconds), _ROUND)]
    return statistics.median(quantile(one, share) for one in rounds)


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commands", type=int, default=1000, help="of each kind, to each bot")
    commands = parser.parse_args().commands
    tell(asyncio.run(measured(commands)), commands=commands)


if __name__ == "__main__":
    main()
