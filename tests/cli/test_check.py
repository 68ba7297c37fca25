"""`runwatch check` among stand-ins: every connection is tried once, and each fault of one is a sentence."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.cli.connection_check import connection_findings
from bot.cli.proof_check import proof_findings
from bot.config.settings import Settings
from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_server import WithdrawalServer
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.discord import FakeDiscord
from tests.fakes.proxy import CERTIFICATE, FakeProxy, listening, tls_front
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.program import Finished, bot, bot_without_room
from tests.servers import Server
from tests.world import DISCORD_TOKEN

NOWHERE = "http://127.0.0.1:9"
OTHER_TOKEN = "4242:never-shown-anywhere"  # noqa: S105 — opens nothing
OLD_PROOFS = [finding.sentence for finding in proof_findings(datetime.now(UTC).date())]
"""What is said of the table of proofs of reserves depends on the day."""


@dataclass(eq=False, repr=False)
class Everybody:
    """The platforms and the source; `settings` lead to them."""

    telegram: FakeTelegram
    discord: FakeDiscord
    llama: FakeDefiLlama

    @property
    def settings(self) -> dict[str, str]:
        return {
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": self.telegram.url,
            "DISCORD_TOKEN": DISCORD_TOKEN,
            "DISCORD_API_URL": self.discord.api_url,
            "DISCORD_GATEWAY_URL": self.discord.gateway_url,
            "DEFILLAMA_URL": self.llama.url,
            "DATA_DIR": "data",
        }


@pytest.fixture
async def everybody() -> AsyncIterator[Everybody]:
    async with FakeTelegram() as telegram, FakeDiscord(token=DISCORD_TOKEN) as discord, FakeDefiLlama(days=1) as llama:
        yield Everybody(telegram, discord, llama)


def findings(ran: Finished) -> list[str]:
    """Return what was printed beside the settings, problems first."""
    assert "Traceback" not in ran.err
    problems = [line.removeprefix("runwatch: ") for line in ran.err.splitlines()]
    return problems + [line for line in ran.out.splitlines() if "=" not in line.partition(" ")[0]]


async def test_the_exchanges_that_are_watched_are_reached_once_and_listed_in_one_line(
    tmp_path: Path, everybody: Everybody
) -> None:
    all_open = [WithdrawalFlag("BTC", "BITCOIN", WithdrawalState.OPEN)]
    async with WithdrawalServer(lambda _: all_open) as exchanges:
        ran = await bot(
            "check",
            directory=tmp_path,
            **everybody.settings | {name.upper(): address for name, address in exchanges.settings.items()},
            WITHDRAWALS="true",
            EXCHANGES="binance,kraken,okx",
            KRAKEN_STATUS_URL="off",
            OKX_URL=NOWHERE,
            BINANCE_URL="off",
        )
    assert ran.code == 0
    assert "Withdrawals: 2 of 3 exchanges answer; unreachable: OKX." in findings(ran)


async def test_a_good_set_up_is_said_line_by_line(tmp_path: Path, everybody: Everybody, redis: Server) -> None:
    beats = []

    async def beat(request: web.Request) -> web.Response:
        beats.append(request.path)
        return web.Response(status=404)

    application = web.Application()
    application.router.add_get("/{path:.*}", beat)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monitor = f"http://127.0.0.1:{runner.addresses[0][1]}/secret-key"
    ran = await bot("check", directory=tmp_path, **everybody.settings, REDIS_URL=redis.url, HEARTBEAT_URL=monitor)
    await runner.cleanup()

    assert (ran.code, findings(ran)) == (
        0,
        [
            "The store: the server at REDIS_URL answers.",
            "Telegram: the token works; it is that of @RunwatchBot.",
            "Discord: the token works; it is that of Runwatch.",
            "Discord's gateway: answers.",
            "DefiLlama: lists 6 exchanges, 4 with wallets.",
            "The monitor at HEARTBEAT_URL: 127.0.0.1 can be reached.",
            "This machine's clock: right.",
            *OLD_PROOFS,
            "No problems found.",
        ],
    )
    assert beats == ["/"]  # and not its own address, which would say that the service is well
    assert "getupdates" not in everybody.telegram.calls


async def test_without_any_connection_every_problem_is_a_line_and_comes_first(tmp_path: Path) -> None:
    addresses = dict.fromkeys(("TELEGRAM_API_URL", "DISCORD_API_URL", "DEFILLAMA_URL"), NOWHERE)
    ran = await bot(
        "check",
        directory=tmp_path,
        **addresses,
        DISCORD_GATEWAY_URL="ws://no.invalid",
        TELEGRAM_TOKEN=OTHER_TOKEN,
        DISCORD_TOKEN=DISCORD_TOKEN,
        REDIS_URL="redis://:never-shown@127.0.0.1:9",
    )
    around = "If the network blocks it, set PROXY_URL."
    assert ran.code == 1
    assert findings(ran) == [
        ran.err.splitlines()[0].removeprefix("runwatch: "),
        f"Telegram: 127.0.0.1 cannot be reached: Connection refused. {around}",
        f"Discord: 127.0.0.1 cannot be reached: Connection refused. {around}",
        f"Discord's gateway: the name no.invalid cannot be looked up (no internet, or a mistyped address?). {around}",
        f"DefiLlama: 127.0.0.1 cannot be reached: Connection refused. {around}",
        "This machine's clock: not checked, because nothing answered.",
        *OLD_PROOFS,
        "5 problems found.",
    ]
    assert findings(ran)[0].startswith("The store cannot be used: The store is away: ")
    assert "never-shown" not in ran.out + ran.err


async def test_a_server_that_may_lose_something_is_said(tmp_path: Path, everybody: Everybody, redis: Server) -> None:
    risky = {"appendonly": "no", "maxmemory-policy": "allkeys-lru"}
    safe = {"appendonly": "yes", "maxmemory-policy": "noeviction"}
    for name, value in risky.items():
        assert redis.ask(f"CONFIG SET {name} {value}") == "+OK"
    ran = await bot("check", directory=tmp_path, **everybody.settings, REDIS_URL=redis.url)
    for name, value in safe.items():
        assert redis.ask(f"CONFIG SET {name} {value}") == "+OK"
    assert ran.code == 0, ran.err
    assert findings(ran)[0] == (
        "The store: the server at REDIS_URL answers. It forgets subscriptions when its memory is full: set "
        "maxmemory-policy to noeviction. It loses the last minutes when it crashes: set appendonly to yes."
    )


@pytest.mark.parametrize(
    ("directory", "problem"),
    [
        ("/dev/null", "DATA_DIR /dev/null cannot be made: File exists."),
        ("/dev/null/data", "DATA_DIR /dev/null/data cannot be made: Not a directory."),
        ("/", "DATA_DIR / is a directory of the system, which others need: name one in it, such as /runwatch."),
    ],
)
async def test_a_directory_that_cannot_be_used_is_a_problem(tmp_path: Path, directory: str, problem: str) -> None:
    ran = await bot("check", directory=tmp_path, DATA_DIR=directory, DEFILLAMA_URL=NOWHERE)
    assert f"The store cannot be used: {problem}" in findings(ran)


async def test_a_server_that_takes_no_writes_is_a_problem(tmp_path: Path, everybody: Everybody, redis: Server) -> None:
    assert redis.ask("CONFIG SET maxmemory 1") == "+OK"
    ran = await bot("check", directory=tmp_path, **everybody.settings, REDIS_URL=redis.url)
    assert redis.ask("CONFIG SET maxmemory 0") == "+OK"
    assert findings(ran)[0] == (
        "The store cannot be used: The store is out of memory, so it takes nothing new: raise its maxmemory."
    )


async def test_a_directory_without_room_is_a_problem(tmp_path: Path, everybody: Everybody) -> None:
    ran = await bot_without_room("check", directory=tmp_path, **everybody.settings)
    assert findings(ran)[0] == (
        "The store cannot be used: not even 1 MB can be written to DATA_DIR data: File too large. Make room there, or "
        "name another directory."
    )


async def test_a_token_that_nobody_knows_is_named_and_not_shown(tmp_path: Path, everybody: Everybody) -> None:
    wrong = everybody.settings | {"TELEGRAM_TOKEN": OTHER_TOKEN, "DISCORD_TOKEN": "MTA4.never.shown"}
    ran = await bot("check", directory=tmp_path, **wrong)
    telegram, discord, *good = findings(ran)
    assert ran.code == 1
    assert telegram == (
        "Telegram: does not know this token (HTTP 401). Check TELEGRAM_TOKEN: @BotFather shows it under /mybots."
    )
    assert discord.startswith("Discord: does not know this token (HTTP 401). Check DISCORD_TOKEN: ")
    assert good[-1] == "2 problems found."
    assert "never" not in ran.out + ran.err


def settings_for(url: str, **others: Any) -> Settings:
    return Settings.model_construct(defillama_url=url, **others)


async def problems_of(settings: Settings, *, deadline_s: float = 60.0) -> Sequence[str]:
    found = await connection_findings(settings, deadline_s=deadline_s)
    return [finding.sentence for finding in found if finding.is_problem]


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (403, "DefiLlama: refuses this network or region (HTTP 403); set PROXY_URL to reach it another way."),
        (451, "DefiLlama: refuses this network or region (HTTP 451); set PROXY_URL to reach it another way."),
        (429, "DefiLlama: asks for a pause (HTTP 429): this address asks too often."),
        (502, "DefiLlama: answers HTTP 502: it has a problem, or its address in the settings is wrong."),
        (302, "DefiLlama: answers HTTP 302: it has a problem, or its address in the settings is wrong."),
    ],
)
async def test_a_refusal_is_told_from_a_fault(everybody: Everybody, status: int, problem: str) -> None:
    everybody.llama.fail("/cexs", status=status)
    assert await problems_of(settings_for(everybody.llama.url)) == [problem]


@pytest.mark.parametrize("body", [b"<html>log in first</html>", b'{"cexs": []}', b"[]", b""])
async def test_a_page_in_place_of_the_list_is_a_problem(everybody: Everybody, body: bytes) -> None:
    everybody.llama.fail("/cexs", body=body)
    (problem,) = await problems_of(settings_for(everybody.llama.url))
    assert problem.startswith("DefiLlama: sends no list of exchanges (")


@pytest.mark.parametrize("body", [b"<html>log in first</html>", b"[]", b"\xff"])
async def test_a_page_in_place_of_telegram_is_a_problem(everybody: Everybody, body: bytes) -> None:
    everybody.telegram.fail("getMe", status=200, body=body)
    settings = settings_for(
        everybody.llama.url, telegram_token=SecretStr(TOKEN), telegram_api_url=everybody.telegram.url
    )
    (problem,) = await problems_of(settings)
    assert problem.startswith("Telegram: a web page came instead of an answer. Check TELEGRAM_API_URL, ")


async def test_names_that_are_on_no_list_are_a_problem(everybody: Everybody) -> None:
    settings = settings_for(everybody.llama.url, exchanges=("binance", "binnance", "kraken2"))
    assert await problems_of(settings) == [
        "DefiLlama: EXCHANGES names what is not listed: binnance, kraken2. “runwatch ask /exchanges” lists the names."
    ]


async def test_telegram_and_discord_that_block_a_region_are_said(everybody: Everybody) -> None:
    everybody.telegram.fail("getMe", status=403, description="Forbidden")
    settings = settings_for(
        everybody.llama.url, telegram_token=SecretStr(TOKEN), telegram_api_url=everybody.telegram.url
    )
    assert await problems_of(settings) == [
        "Telegram: refuses this network or region (HTTP 403); set PROXY_URL to reach it another way."
    ]


async def test_a_certificate_that_is_not_trusted_is_said_of_everybody_that_shows_it(everybody: Everybody) -> None:
    """As behind a proxy that opens what is encrypted."""
    async with tls_front(int(everybody.llama.url.rpartition(":")[2])) as port:
        problems = await problems_of(
            settings_for(
                f"https://localhost:{port}",
                discord_token=SecretStr(DISCORD_TOKEN),
                discord_api_url=f"https://localhost:{port}",
                discord_gateway_url=f"wss://localhost:{port}",
            )
        )
    assert [problem.partition(":")[0] for problem in problems] == ["Discord", "Discord's gateway", "DefiLlama"]
    for problem in problems:
        assert "localhost shows a certificate that is not trusted here (self-signed certificate)" in problem
        assert problem.endswith(" in SSL_CERT_FILE.")


async def test_a_gateway_that_is_none_is_a_problem(everybody: Everybody) -> None:
    settings = settings_for(
        everybody.llama.url,
        discord_token=SecretStr(DISCORD_TOKEN),
        discord_api_url=everybody.discord.api_url,
        discord_gateway_url=everybody.llama.url.replace("http", "ws"),
    )
    (problem,) = await problems_of(settings)
    assert problem.startswith("Discord's gateway: does not open a websocket (HTTP ")


@pytest.mark.parametrize(
    ("ahead", "says"),
    [
        (timedelta(hours=-5, seconds=-30), "5 h behind of"),
        (timedelta(minutes=-3, seconds=-30), "3 min behind of"),
        (timedelta(minutes=3, seconds=30), "3 min ahead of"),
        (timedelta(hours=5, seconds=30), "5 h ahead of"),
    ],
)
async def test_a_clock_that_is_wrong_by_more_than_two_minutes_is_a_problem(
    everybody: Everybody, ahead: timedelta, says: str
) -> None:
    elsewhere = format_datetime(datetime.now(UTC) - ahead, usegmt=True)
    everybody.llama.fail("/cexs", headers={"Date": elsewhere})
    (problem,) = await problems_of(settings_for(everybody.llama.url))
    assert problem.startswith(f"This machine's clock: {says} everybody else's. Set it, ")


@pytest.mark.parametrize("written", ["", "yesterday", "Mon, 99 Foo 2026 99:99:99 GMT"])
async def test_a_date_that_cannot_be_read_is_no_clock(everybody: Everybody, written: str) -> None:
    everybody.llama.fail("/cexs", headers={"Date": written})
    found = await connection_findings(settings_for(everybody.llama.url))
    assert found[-1].sentence == "This machine's clock: not checked, because nothing answered."
    assert not found[-1].is_problem


async def test_who_says_nothing_ends_with_the_deadline(everybody: Everybody) -> None:
    everybody.llama.fail("/cexs", until=asyncio.Event())
    (problem,) = await problems_of(settings_for(everybody.llama.url), deadline_s=0.05)
    assert problem.startswith("DefiLlama: 127.0.0.1 does not answer in time.")


async def test_an_answer_that_never_ends_is_cut_off(everybody: Everybody) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b" " * (1 << 20))
            await writer.drain()

    async with listening(serve) as port:
        (problem,) = await problems_of(settings_for(f"http://127.0.0.1:{port}"))
    assert problem.startswith("DefiLlama: sends no list of exchanges (")


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_through_a_proxy_everything_is_tried_and_the_proxy_has_its_line(
    tmp_path: Path, everybody: Everybody, kind: str
) -> None:
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(FakeProxy(login="ann:never-shown"))
        for name, url in (("api.telegram.org", everybody.telegram.url), ("api.llama.fi", everybody.llama.url)):
            port = await stack.enter_async_context(tls_front(int(url.rpartition(":")[2])))
            proxy.hosts[f"{name}:443"] = port
        address = proxy.http_url if kind == "http" else proxy.socks_url
        ran = await bot(
            *("check",),
            directory=tmp_path,
            TELEGRAM_TOKEN=TOKEN,
            PROXY_URL=address,
            SSL_CERT_FILE=str(CERTIFICATE),
            DATA_DIR="data",
        )
    assert ran.code == 0, ran.err
    assert f"The proxy {kind}://127.0.0.1:{proxy.port}: works." in findings(ran)
    assert f"PROXY_URL={kind}://•••@127.0.0.1:{proxy.port}" in ran.out.splitlines()
    assert "never-shown" not in ran.out + ran.err


@pytest.mark.parametrize("kind", ["http", "socks5"])
async def test_a_proxy_that_fails_is_a_line_of_its_own(everybody: Everybody, kind: str) -> None:
    async with FakeProxy(login="ann:secret") as proxy:
        address = f"{kind}://ann:wrong@127.0.0.1:{proxy.port}"
        source, through = await problems_of(settings_for("https://api.llama.fi", proxy_url=address))
    shown = f"{kind}://127.0.0.1:{proxy.port}"
    assert source.startswith(f"DefiLlama: the proxy {shown} refuses the login")
    assert through == f"The proxy {shown}: nothing can be reached through it."
