"""The programs under test, each in a process of its own: the bot itself, and the bare bots it is compared with."""

import asyncio
import json
import os
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import FakeTelegram

Process = asyncio.subprocess.Process

_ROOT = Path(__file__).resolve().parent.parent
_INHERITED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
"""Variables that a program gets from here; a setting of the bot in the environment must not change a measurement."""
_SHUTDOWN_TIMEOUT_S = 15.0


@asynccontextmanager
async def runwatch(
    llama: FakeDefiLlama,
    *,
    telegram: FakeTelegram | None = None,
    discord: FakeDiscord | None = None,
    http_port: int,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[Process]:
    """Run the service, connected to the stand-ins given; `settings` name the store, else it has an empty one."""
    environment = {"DEFILLAMA_URL": llama.url, "HTTP_PORT": str(http_port), "LOG_LEVEL": "error"}
    # No exchange is asked unless a measurement brings a stand-in of it.
    environment |= {"WITHDRAWALS": "false", "PROOFS": "false", "PEGS": "false", "PRICE_GAPS": "false"}
    if telegram:
        environment |= {"TELEGRAM_TOKEN": telegram.token, "TELEGRAM_API_URL": telegram.url}
    if discord:
        environment |= {"DISCORD_TOKEN": discord.token}
        environment |= {"DISCORD_API_URL": discord.api_url, "DISCORD_GATEWAY_URL": discord.gateway_url}
    with tempfile.TemporaryDirectory(prefix="rw-") as folder:
        environment |= {"DATA_DIR": folder, **(settings or {})}
        async with _program("bot", "run", folder=folder, environment=environment) as process:
            yield process


@asynccontextmanager
async def bare_telegram(
    telegram: FakeTelegram, answers: Mapping[str, str], *, transport: str = "httpx"
) -> AsyncIterator[Process]:
    """Run a bare python-telegram-bot that has one text, in HTML, for each command; `transport` is httpx or aiohttp."""
    with _written(answers) as path:
        words = ("benchmarks.bare_telegram", telegram.url, telegram.token, str(path), transport)
        async with _program(*words, folder=str(path.parent)) as process:
            yield process


@asynccontextmanager
async def bare_discord(discord: FakeDiscord, answers: Mapping[str, object]) -> AsyncIterator[Process]:
    """Run a bare discord.py that has one message for each slash command."""
    with _written(answers) as path:
        words = ("benchmarks.bare_discord", discord.api_url, discord.gateway_url, discord.token, str(path))
        async with _program(*words, folder=str(path.parent)) as process:
            yield process


def free_port() -> int:
    """Return a port of the loopback interface that was free a moment ago."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@asynccontextmanager
async def talking(module: str, *words: str) -> AsyncIterator[Process]:
    """Run a module that reads from its standard input and writes to its standard output, once it says it is ready."""
    with tempfile.TemporaryDirectory(prefix="rw-") as folder:
        async with _program(module, *words, folder=folder, talks=True) as process:
            if await read_line(process) != "ready":
                raise RuntimeError(f"{module} did not start")
            yield process


async def read_line(process: Process) -> str:
    """Return the next line that a talking program writes, empty when it has ended."""
    return (await process.stdout.readline()).decode().strip() if process.stdout else ""


async def ask(process: Process, line: str) -> str:
    """Return what a talking program answers to a line."""
    if process.stdin:
        process.stdin.write(f"{line}\n".encode())
        await process.stdin.drain()
    return await read_line(process)


@contextmanager
def _written(answers: Mapping[str, object]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rw-") as folder:
        path = Path(folder, "answers.json")
        path.write_text(json.dumps(answers), encoding="utf-8")
        yield path


@asynccontextmanager
async def _program(
    *words: str, folder: str, environment: Mapping[str, str] | None = None, talks: bool = False
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a module in a folder of its own, so that no `.env` counts; end it with the block."""
    pipe = asyncio.subprocess.PIPE if talks else asyncio.subprocess.DEVNULL
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *words),
        cwd=folder,
        stdin=pipe,
        stdout=pipe,
        env=inherited | {"PYTHONPATH": str(_ROOT)} | dict(environment or {}),
    )
    try:
        yield process
    finally:
        await _end(process)


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _SHUTDOWN_TIMEOUT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
