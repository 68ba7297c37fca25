import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bot.network.resolver import UnwaitedResolver

ROOT = Path(__file__).parents[2]
NO_NAME_SERVER = """
import asyncio, socket, time
from bot.network.connector import connector_for
from bot.network.proxy_rules import NO_PROXIES
import aiohttp

socket.getaddrinfo = lambda *arguments, **options: time.sleep(600)  # as where no name server answers, only longer

async def main():
    async with aiohttp.ClientSession(connector=connector_for(NO_PROXIES, limit=1)) as session:
        try:
            await session.get("http://llama.example", timeout=aiohttp.ClientTimeout(connect=0.05))
        except TimeoutError:
            print("in time")

asyncio.run(main())
"""


async def test_an_address_of_a_host_is_found() -> None:
    addresses = await UnwaitedResolver().resolve("127.0.0.1", 80)
    assert [(address["host"], address["port"], address["hostname"]) for address in addresses] == [
        ("127.0.0.1", 80, "127.0.0.1")
    ]
    assert "127.0.0.1" in {address["host"] for address in await UnwaitedResolver().resolve("localhost", 80)}


@pytest.mark.parametrize("name", ["no.invalid", "a" * 64 + ".invalid", "a..b"])
async def test_a_name_that_nobody_has_is_an_error_of_the_system(name: str) -> None:
    with pytest.raises(OSError):  # noqa: PT011 — which one it is depends on the system
        await UnwaitedResolver().resolve(name, 80)


async def test_several_names_are_looked_up_at_a_time() -> None:
    resolver = UnwaitedResolver()
    found = await asyncio.gather(*(resolver.resolve(f"127.0.0.{last}", 80) for last in range(1, 40)))
    assert [addresses[0]["host"] for addresses in found] == [f"127.0.0.{last}" for last in range(1, 40)]
    assert found[0][0]["family"] == socket.AF_INET
    await resolver.close()


def test_a_look_up_that_takes_for_ever_keeps_no_program_from_its_end() -> None:
    ran = subprocess.run(  # noqa: S603 — this very interpreter
        [sys.executable, "-c", NO_NAME_SERVER], capture_output=True, text=True, cwd=ROOT, timeout=100, check=True
    )
    assert (ran.stdout, ran.stderr) == ("in time\n", "")
