"""The program among stand-ins that are asked by their real names: they can only be reached through the proxy."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp import web

from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.discord import FakeDiscord
from tests.fakes.proxy import CERTIFICATE, FakeProxy, tls_front
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.program import Program, running_bot
from tests.servers import Server
from tests.waiting import until
from tests.world import DISCORD_TOKEN

NAMES = {"api.telegram.org:443", "discord.com:443", "gateway.discord.gg:443", "api.llama.fi:443", "beats.example:443"}
LOGIN = "ann:s3cret-p@ss/word"


@dataclass(eq=False, repr=False)
class Internet:
    """Everybody that the bot talks to, reached through a proxy only."""

    proxy: FakeProxy
    llama: FakeDefiLlama
    telegram: FakeTelegram
    discord: FakeDiscord
    heartbeats: list[str]


@pytest.fixture
async def internet() -> AsyncIterator[Internet]:
    heartbeats: list[str] = []

    async def beat(request: web.Request) -> web.Response:
        heartbeats.append(request.path)
        return web.Response()

    async with AsyncExitStack() as stack:
        llama = await stack.enter_async_context(FakeDefiLlama(now=datetime.now(UTC), days=20))
        telegram = await stack.enter_async_context(FakeTelegram())
        discord = await stack.enter_async_context(FakeDiscord(token=DISCORD_TOKEN))
        application = web.Application()
        application.router.add_get("/ping", beat)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        proxy = await stack.enter_async_context(FakeProxy(login=LOGIN))
        discord_port = int(discord.api_url.split(":")[2].partition("/")[0])
        ports = {
            "api.telegram.org:443": telegram.port,
            "discord.com:443": discord_port,
            "gateway.discord.gg:443": discord_port,
            "api.llama.fi:443": int(llama.url.rpartition(":")[2]),
            "beats.example:443": runner.addresses[0][1],
        }
        for name, port in ports.items():
            proxy.hosts[name] = await stack.enter_async_context(tls_front(port))
        discord.gateway.url = "wss://gateway.discord.gg/gateway"
        yield Internet(proxy, llama, telegram, discord, heartbeats)


def settings(**proxies: str) -> dict[str, str]:
    """Return settings with the real addresses of everybody."""
    return proxies | {
        "TELEGRAM_TOKEN": TOKEN,
        "DISCORD_TOKEN": DISCORD_TOKEN,
        "DISCORD_GATEWAY_URL": "wss://gateway.discord.gg/gateway",
        "HEARTBEAT_URL": "https://beats.example/ping",
        "SSL_CERT_FILE": str(CERTIFICATE),
        "POLL_INTERVAL": "1s",
        "HTTP_PORT": "0",
    }


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_everybody_is_reached_through_the_proxy_and_redis_directly(
    tmp_path: Path, internet: Internet, redis: Server, kind: str
) -> None:
    proxy = internet.proxy
    address = proxy.http_url if kind == "http" else proxy.socks_url
    async with running_bot("run", directory=tmp_path, **settings(PROXY_URL=address, REDIS_URL=redis.url)) as program:
        ann = internet.telegram.user("Ann")
        chat = internet.telegram.private(ann)
        channel = internet.discord.channel(internet.discord.guild())
        await until(lambda: internet.heartbeats, lambda: f"a heartbeat: {program.printed}")
        internet.telegram.say(chat, ann, "/reserves binance")
        assert "Binance" in (await internet.telegram.wait_for_message(chat, containing="Binance")).text
        await until(lambda: bool(internet.discord.commands), "the commands on Discord")
        answer = await internet.discord.slash("reserves", {"exchange": "binance"}, channel=channel)
        assert "Binance" in answer.embed["title"]
    assert proxy.destinations == NAMES
    assert {how for how, _ in proxy.passed} == {"CONNECT" if kind == "http" else "SOCKS5"}
    assert_no_secret(program)


async def test_the_settings_of_all_programs_are_followed(tmp_path: Path, internet: Internet) -> None:
    proxies = {"https_proxy": internet.proxy.http_url, "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "invalid"}
    nowhere = {"DEFILLAMA_URL": "https://llama.invalid"}  # no name server has such a name
    async with running_bot("run", directory=tmp_path, **settings(**proxies) | nowhere) as program:
        await program.logged("telegram connected")
        await program.logged("discord connected")
        broke = await program.logged("source broke")
    assert broke["detail"].startswith("the name llama.invalid cannot be looked up")
    assert internet.proxy.destinations == NAMES - {"api.llama.fi:443", "beats.example:443"}


async def test_a_proxy_that_is_away_is_named_and_nothing_goes_around_it(tmp_path: Path) -> None:
    proxies = {"ALL_PROXY": "socks5://ann:s3cret-p%40ss%2Fword@127.0.0.1:9"}
    async with running_bot("run", directory=tmp_path, **settings(**proxies)) as program:
        events = {
            "telegram": await program.logged("identity not checked yet", platform="telegram"),
            "discord": await program.logged("identity not checked yet", platform="discord"),
            "source": await program.logged("source broke"),
        }
    for event in events.values():
        assert "the proxy socks5://127.0.0.1:9 does not answer: Connection refused" in str(event)
    assert_no_secret(program)


def assert_no_secret(program: Program) -> None:
    printed = "".join(program.printed)
    assert "s3cret" not in printed
    assert TOKEN not in printed
