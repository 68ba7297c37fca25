"""The service as a self-hoster starts it: a process, its embedded server, and stand-ins for everybody it talks to."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.discord import FakeDiscord
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.program import Program, bot, is_running, running_bot
from tests.servers import Server, kinds
from tests.waiting import until
from tests.world import DISCORD_TOKEN

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
async def discord() -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(token=DISCORD_TOKEN) as discord:
        yield discord


@pytest.fixture
def settings(tmp_path: Path, llama: FakeDefiLlama, telegram: FakeTelegram) -> dict[str, str]:
    """Return settings for Telegram alone, on an embedded server."""
    return {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": telegram.url,
        "DEFILLAMA_URL": llama.url,
        "DATA_DIR": str(tmp_path / "data"),
        "POLL_INTERVAL": "1s",
        "HTTP_PORT": "0",
    }


async def readiness(program: Program) -> tuple[int, Any]:
    address = (await program.logged("http server listening"))["address"]
    async with aiohttp.ClientSession() as client, client.get(f"{address}/readyz") as answer:
        return answer.status, (await answer.json())["reasons"]


async def ready(program: Program) -> None:
    async def is_ready() -> bool:
        return (await readiness(program))[0] == 200

    await until(is_ready, "a service that is ready")


async def test_it_serves_both_platforms_until_it_is_told_to_stop(
    tmp_path: Path, settings: dict[str, str], llama: FakeDefiLlama, telegram: FakeTelegram, discord: FakeDiscord
) -> None:
    first_poll = llama.fail("/cexs", until=asyncio.Event())
    ann = telegram.user("Ann")
    chat, channel = telegram.private(ann), discord.channel(discord.guild())
    settings |= {
        "DISCORD_TOKEN": DISCORD_TOKEN,
        "DISCORD_API_URL": discord.api_url,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "LOG_LEVEL": "debug",
    }
    async with running_bot("run", directory=tmp_path, **settings) as program:
        pid = (await program.logged("embedded server runs"))["pid"]

        async def only_the_poll_is_pending() -> bool:
            return await readiness(program) == (503, ["first poll pending"])

        await until(only_the_poll_is_pending, "a service that waits for its first poll alone")
        assert first_poll.until
        first_poll.until.set()
        await ready(program)
        await program.logged("readings fetched", exchange="kraken")  # by then the larger ones have been judged

        telegram.say(chat, ann, "/reserves binance")
        answer = await telegram.wait_for_message(chat, containing="Binance · $72.")
        assert "Reserves without its own token" in answer.text
        await discord.until(lambda: bool(discord.commands), "the commands published on Discord")
        on_discord = await discord.slash("reserves", {"exchange": "binance"}, channel=channel)
        assert "Binance · $72." in on_discord.text
        asked = await bot(
            *("ask", "/reserves binance"), directory=tmp_path, DATA_DIR=settings["DATA_DIR"], DEFILLAMA_URL=NOWHERE
        )
        assert (asked.code, asked.err) == (0, "")
        assert "Binance · $72." in asked.out

        assert await program.end(signal.SIGTERM) == 0
        assert not is_running(pid)

    printed = "".join(program.printed)
    assert "stopping" in printed
    assert "deliveries cut off at stop" not in printed  # nothing was in flight, so nobody had to wait for the limit
    assert "telegram" in printed
    for secret in (TOKEN, TOKEN.partition(":")[2], DISCORD_TOKEN, "never-shown", "interaction-"):
        assert secret not in printed
    assert "Traceback" not in printed
    assert [line for line in program.lines if line["level"] in {"warning", "error"}] == []


async def test_a_setting_that_points_at_a_platform_without_a_token_is_logged_at_the_start(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    async with running_bot("run", directory=tmp_path, **settings, ERROR_CHAT="discord:456") as program:
        line = await program.logged("setting names a platform without a token", level="warning")
        assert line["problem"] == "ERROR_CHAT names discord:456, but DISCORD_TOKEN is not set."


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the kernel's help is asked for on Linux only")
async def test_a_bot_that_is_killed_leaves_no_server_behind(tmp_path: Path, settings: dict[str, str]) -> None:
    async with running_bot("run", directory=tmp_path, **settings) as program:
        pid = (await program.logged("embedded server runs"))["pid"]
        assert is_running(pid)
        assert await program.end(signal.SIGKILL) == -signal.SIGKILL
        await until(lambda: not is_running(pid), "the end of the embedded server")


async def test_it_heals_when_a_store_that_was_away_comes(tmp_path: Path, settings: dict[str, str]) -> None:
    server = Server(next(iter(kinds().values())))
    try:
        async with running_bot("run", directory=tmp_path, **settings, REDIS_URL=server.url) as program:
            await program.logged("store away")
            status, (reason,) = await readiness(program)
            assert status == 503
            assert reason.startswith("store: not connected yet (The store is away: ")
            server.start()
            await ready(program)
            assert await program.end(signal.SIGINT) == 0
    finally:
        server.stop()
    assert [path.name for path in (tmp_path / "data").glob("*")] in ([], ["subscriptions.json"])  # no server ran there


async def test_it_stops_while_the_store_is_away_and_tells_no_secret(tmp_path: Path, settings: dict[str, str]) -> None:
    path = f"{tmp_path}/nothing"
    # The password makes what the complaint names a secret.
    settings |= {"REDIS_URL": f"unix://{path}", "HEARTBEAT_URL": f"https://me:{quote(path, safe='')}@beats.example"}
    async with running_bot("run", directory=tmp_path, **settings) as program:
        complaint = await program.logged("store away")
        assert "•••" in complaint["error"]
        assert await program.end(signal.SIGTERM) == 0
    assert path not in "".join(program.printed)


async def test_a_port_that_is_taken_is_refused_with_what_to_do(
    tmp_path: Path, settings: dict[str, str], telegram: FakeTelegram
) -> None:
    ran = await bot("run", directory=tmp_path, **settings | {"HTTP_PORT": str(telegram.port)})
    assert ran.code == 2
    assert ran.sentence.startswith(f"Cannot listen on 127.0.0.1:{telegram.port} (")
