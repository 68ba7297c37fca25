"""What somebody sees who has just started it: a few lines of log that say what is there and what is not."""

import re
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.service.hourly_line import HourlyLine
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.program import Program, running_bot
from tests.waiting import until
from tests.world import DISCORD_TOKEN, World, running

NOWHERE = "http://127.0.0.1:9"


def settings(**others: str) -> dict[str, str]:
    return {
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": NOWHERE,
        "DEFILLAMA_URL": NOWHERE,
        "DATA_DIR": "data",
        "POLL_INTERVAL": "1s",
        "HTTP_PORT": "0",
    } | others


async def polls(program: Program, result: str) -> int:
    """Return how often the list was polled with this result."""
    address = (await program.logged("http server listening"))["address"]
    async with aiohttp.ClientSession() as client, client.get(f"{address}/metrics") as answer:
        text = await answer.text()
    name = rf'runwatch_polls_total{{result="{result}",source="defillama/cexs"}}'
    counts = re.findall(rf"^{name} (\d+)", text, re.MULTILINE)
    return int(counts[0]) if counts else 0


def events(program: Program) -> list[str]:
    return [str(line["event"]) for line in program.lines]


@pytest.mark.parametrize("zone", ["Nowhere/Bad", ":/etc/none"])
async def test_a_zone_that_nobody_knows_does_no_harm(tmp_path: Path, zone: str) -> None:
    async with (
        FakeDefiLlama(now=datetime.now(UTC), days=1) as llama,
        running_bot("run", directory=tmp_path, **settings(TZ=zone, DEFILLAMA_URL=llama.url)) as program,
    ):
        await program.logged("list fetched")
    assert not any("exception" in line for line in program.lines)


async def test_whatever_cannot_be_reached_is_one_line_until_it_heals(tmp_path: Path) -> None:
    unreached = settings(DISCORD_TOKEN=DISCORD_TOKEN, DISCORD_API_URL=NOWHERE)
    async with running_bot("run", directory=tmp_path, **unreached) as program:

        async def has_polled() -> bool:
            return await polls(program, "unreachable") >= 2

        await until(has_polled, "two polls")
        await program.logged("identity not checked yet", platform="discord")
        broken = [event for event in events(program) if event not in {"lease acquired", "embedded server runs"}]
    assert sorted(broken) == [
        *("http server listening", "identity not checked yet", "identity not checked yet", "running", "source broke")
    ]
    (broke,) = [line for line in program.lines if line["event"] == "source broke"]
    assert broke["detail"] == "127.0.0.1 cannot be reached: Connection refused"


async def test_the_first_list_is_counted_and_a_source_that_breaks_and_heals_is_two_lines(tmp_path: Path) -> None:
    async with FakeTelegram() as telegram, FakeDefiLlama(now=datetime.now(UTC), days=1) as llama:
        reached = settings(TELEGRAM_API_URL=telegram.url, DEFILLAMA_URL=llama.url, DETAIL_INTERVAL="1s")
        async with running_bot("run", directory=tmp_path, **reached) as program:
            first = await program.logged("list fetched")
            for exchange in llama.exchanges.values():
                llama.fail(f"/protocol/{exchange.slug}".lower(), status=403, times=10**6)
            fault = llama.fail("/cexs", status=403, times=3)
            await program.logged("source healed", source="defillama/cexs")
            assert fault.times == 0
    assert (first["exchanges"], first["with_wallets"], first["watched"]) == (6, 4, 4)
    assert events(program).count("list fetched") == 1
    lists = [line["event"] for line in program.lines if line.get("source") == "defillama/cexs"]
    assert lists == ["source broke", "source healed"]


async def test_an_hour_in_which_all_is_well_is_a_line_and_any_other_one_says_why(world: World) -> None:
    async with running(world) as run:
        line = HourlyLine(run.application, run.service.unready)
        with capture_logs() as logs:
            await line.write()  # at the start
        assert logs == []

        with capture_logs() as logs:
            await line.write()
        assert [(entry["event"], entry["exchanges"], entry["read"]) for entry in logs] == [("all is well", 3, 3)]

        await world.telegram.stop()
        await until(run.application.status.connections[0].trouble, "trouble with Telegram")
        with capture_logs() as logs:
            await line.write()
        assert [entry["event"] for entry in logs] == ["not all is well"]
        assert logs[0]["reasons"][0].startswith("telegram: no connection to Telegram (")
