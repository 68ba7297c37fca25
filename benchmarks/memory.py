"""Measures the memory of the idle bot: both platforms connected, 77 exchanges read, without its Redis process.

    python -m benchmarks.memory [--settle 30]

All exchanges that can be asked about withdrawals have answered, with bodies of the real sizes.
Resident (RSS) counts every page that is in memory, proportional (PSS) shares pages out among the processes that use
them, unique (USS) are the pages nobody else has. The list says what importing each package adds, one after the other
in the bot's order, in a process of its own. Linux only.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from benchmarks.exchange_interfaces import full_interfaces, until_all_have_answered
from benchmarks.figure import Figure, tell
from benchmarks.programs import bare_discord, bare_telegram, free_port, runwatch
from benchmarks.timed_platforms import TimedDiscord, TimedTelegram
from benchmarks.upstream import full_upstream, until_all_is_read, until_ready

AT_MOST_MB = 120.0
"""The target of docs/benchmarks.md for the resident size."""
_IMPORTS = (
    "asyncio",
    "msgspec",
    "structlog",
    "click",
    "pydantic_settings",
    "aiohttp",
    "aiohttp.web",
    "redis.asyncio",
    "prometheus_client",
    "telegram",
    "discord",
    "bot.cli",
    "bot.chat.telegram.client",
    "bot.chat.discord.client",
)
_IMPORT_SIZES = """
import importlib, json, sys
def resident():
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Rss:"))
sizes, before = {"python": resident()}, resident()
for name in sys.argv[1:]:
    importlib.import_module(name)
    after = resident()
    sizes[name], before = after - before, after
print(json.dumps(sizes))
"""
_KB = 1024 / 1e6


async def measured(settle: float) -> list[Figure]:
    """Return the bot's sizes in MB, and those of two bare bots together, so many seconds after everything is read."""
    async with (
        full_upstream() as llama,
        full_interfaces() as settings,
        TimedTelegram() as telegram,
        TimedDiscord() as discord,
    ):
        port = free_port()
        async with runwatch(llama, telegram=telegram, discord=discord, http_port=port, settings=settings) as process:
            await until_ready(process, port)
            await until_all_is_read(process, port)
            await until_all_have_answered(process, port)
            await asyncio.sleep(settle)
            ours = sizes_mb(process.pid)
    bare = await _bare()
    return [
        Figure("Idle memory, resident", "MB", ours["Rss"], bare["Rss"], at_most=AT_MOST_MB),
        Figure("Idle memory, proportional", "MB", ours["Pss"], bare["Pss"]),
        Figure("Idle memory, unique", "MB", ours["Private"], bare["Private"]),
    ]


async def _bare() -> dict[str, float]:
    """Return the sizes of a bare bot on each platform, added up: what both would take without ours."""
    async with (
        TimedTelegram() as telegram,
        TimedDiscord() as discord,
        bare_telegram(telegram, {"help": "Help."}) as on_telegram,
        bare_discord(discord, {"help": {}}) as on_discord,
    ):
        await telegram.until(lambda: telegram.calls["getupdates"], "a poll of Telegram", limit=30)
        await discord.until(
            lambda: bool(discord.commands and discord.gateway.session),
            "a bot with its commands on Discord and its gateway connected",
            limit=30,
        )
        await asyncio.sleep(1)
        both = [sizes_mb(process.pid) for process in (on_telegram, on_discord)]
    return {name: sum(sizes[name] for sizes in both) for name in both[0]}


def sizes_mb(pid: int) -> dict[str, float]:
    """Return Rss, Pss and Private of a process. https://docs.kernel.org/filesystems/proc.html"""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    kb = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines)}
    private = kb["Private_Clean"] + kb["Private_Dirty"]
    return {"Rss": kb["Rss"] * _KB, "Pss": kb["Pss"] * _KB, "Private": private * _KB}


def peak_mb(pid: int) -> float:
    """Return the largest resident size that a process has ever had, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * _KB


async def imports_mb() -> dict[str, float]:
    """Return what each import adds to a fresh process, in MB, in the order of the imports."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _IMPORT_SIZES, *_IMPORTS), stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(60):
        output, _ = await process.communicate()
    return {name: round(kb * _KB, 1) for name, kb in json.loads(output).items()}


async def _everything(settle: float) -> None:
    tell(await measured(settle), settle_seconds=settle, imports_mb=await imports_mb())


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settle", type=float, default=30.0, help="seconds between the last reading and the look")
    asyncio.run(_everything(parser.parse_args().settle))


if __name__ == "__main__":
    main()
