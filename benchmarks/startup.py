"""Measures the time from starting a program to its first answer: the whole service against a bare bot.

    python -m benchmarks.startup [--rounds 5]

On Telegram a `/help` is waiting before the start; on Discord it is typed as soon as the bot is connected and its
command published. Ours begins with an empty DATA_DIR each time and starts its own Redis server. Ready means that
`/readyz` says 200 with both platforms: the store answers, both are connected, the first list has been read.
"""

import argparse
import asyncio
import statistics
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from time import perf_counter

from benchmarks.figure import Figure, tell
from benchmarks.programs import Process, bare_discord, bare_telegram, free_port, runwatch
from benchmarks.timed_platforms import TimedDiscord, TimedTelegram
from benchmarks.upstream import full_upstream, until_ready
from tests.fakes.defillama import FakeDefiLlama

Program = AbstractAsyncContextManager[Process]

_ANSWER = "A text of one line."
_EMBED = {"title": "Help", "description": _ANSWER}
_CONNECT_TIMEOUT_S = 30.0


async def measured(rounds: int) -> list[Figure]:
    """Return the medians over so many rounds, in milliseconds."""
    async with full_upstream() as llama:
        starts: dict[str, Callable[[], Awaitable[float]]] = {
            "telegram": lambda: _to_telegram_answer(
                lambda telegram: runwatch(llama, telegram=telegram, http_port=free_port())
            ),
            "telegram, bare": lambda: _to_telegram_answer(lambda telegram: bare_telegram(telegram, {"help": _ANSWER})),
            "discord": lambda: _to_discord_answer(
                lambda discord: runwatch(llama, discord=discord, http_port=free_port())
            ),
            "discord, bare": lambda: _to_discord_answer(
                lambda discord: bare_discord(discord, {"help": {"embeds": [_EMBED]}})
            ),
            "ready": lambda: _to_ready(llama),
        }
        seconds_of: dict[str, list[float]] = {name: [] for name in starts}
        for _ in range(rounds):
            for name, start in starts.items():
                seconds_of[name].append(await start())
    median_ms = {name: statistics.median(seconds) * 1000 for name, seconds in seconds_of.items()}
    return [
        Figure("Start to first answer, Telegram", "ms", median_ms["telegram"], median_ms["telegram, bare"]),
        Figure("Start to first answer, Discord", "ms", median_ms["discord"], median_ms["discord, bare"]),
        Figure("Start to ready, both platforms", "ms", median_ms["ready"]),
    ]


async def _to_telegram_answer(program: Callable[[TimedTelegram], Program]) -> float:
    async with TimedTelegram() as telegram:
        started = perf_counter()
        answer = asyncio.create_task(telegram.ask("/help", patience=_CONNECT_TIMEOUT_S))
        async with program(telegram):
            await answer
            return perf_counter() - started


async def _to_discord_answer(program: Callable[[TimedDiscord], Program]) -> float:
    async with TimedDiscord() as discord:
        started = perf_counter()
        async with program(discord):
            await discord.until(
                lambda: bool(discord.commands and discord.gateway.session),
                "a bot with its commands on Discord and its gateway connected",
                limit=_CONNECT_TIMEOUT_S,
            )
            await discord.ask("help", {})
            return perf_counter() - started


async def _to_ready(llama: FakeDefiLlama) -> float:
    async with TimedTelegram() as telegram, TimedDiscord() as discord:
        port = free_port()
        started = perf_counter()
        async with runwatch(llama, telegram=telegram, discord=discord, http_port=port) as process:
            await until_ready(process, port)
            return perf_counter() - started


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    tell(asyncio.run(measured(rounds)), rounds=rounds)


if __name__ == "__main__":
    main()
