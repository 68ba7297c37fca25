"""The command line as people and scripts use it: every line here is a process of its own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.service.application import COMMANDS
from tests.fakes.defillama import FakeDefiLlama
from tests.fakes.telegram import FakeTelegram
from tests.program import ROOT, bot, bot_that_nobody_reads, running_bot
from tests.servers import Server
from tests.waiting import until

NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens
TOKEN = "4242:never-shown-anywhere"  # noqa: S105 — opens nothing


@pytest.fixture
async def reachable() -> AsyncIterator[dict[str, str]]:
    """Return the settings of a Telegram bot and of a source that answer."""
    async with FakeTelegram(token=TOKEN) as telegram, FakeDefiLlama(days=1) as llama:
        yield {"TELEGRAM_TOKEN": TOKEN, "TELEGRAM_API_URL": telegram.url, "DEFILLAMA_URL": llama.url}


async def test_run_without_a_token_says_what_to_do(tmp_path: Path) -> None:
    ran = await bot("run", directory=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.sentence.startswith("No chat token is set. Put TELEGRAM_TOKEN (from @BotFather) or DISCORD_TOKEN")
    assert "`runwatch demo`" in ran.sentence


async def test_a_part_of_the_work_is_refused_where_nobody_could_do_the_rest(tmp_path: Path) -> None:
    ran = await bot("run", "--role", "gateway", directory=tmp_path, TELEGRAM_TOKEN=TOKEN)
    assert ran.code == 2
    assert ran.sentence.startswith("--role gateway is for several workers on one server: set REDIS_URL to it.")


async def test_run_with_a_secret_in_both_forms_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / ".env").write_text("TELEGRAM_TOKEN_FILE=token\n")
    ran = await bot("run", directory=tmp_path, TELEGRAM_TOKEN=TOKEN)
    assert ran.code == 2
    assert ran.sentence == "TELEGRAM_TOKEN and TELEGRAM_TOKEN_FILE are both set; set only one of them."


async def test_help_needs_no_configuration(tmp_path: Path) -> None:
    ran = await bot("--help", directory=tmp_path, POLL_INTERVAL="soon")
    assert (ran.code, ran.err) == (0, "")
    for command in ("run", "demo", "ask", "check", "commands", "replay-server"):
        assert re.search(rf"^  {command} ", ran.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("run --frob", "No such option"),
        ("frob", "No such command"),
        ("demo --episode nothing-of-the-kind", "No episode is called “nothing-of-the-kind”. There are: binance-2022"),
    ],
)
async def test_a_wrong_line_is_refused_with_what_is_wrong(tmp_path: Path, line: str, complaint: str) -> None:
    ran = await bot(*line.split(), directory=tmp_path)
    assert (ran.code, ran.out) == (2, "")
    assert complaint in ran.err
    assert "Traceback" not in ran.err


async def test_check_shows_every_setting_with_secrets_masked(tmp_path: Path, reachable: dict[str, str]) -> None:
    ran = await bot("check", directory=tmp_path, DATA_DIR="data", POLL_INTERVAL="90s", **reachable)
    assert (ran.code, ran.err) == (0, "")
    assert {"TELEGRAM_TOKEN=•••", "DISCORD_TOKEN=", "POLL_INTERVAL=90s", "DATA_DIR=data"} <= set(ran.out.splitlines())
    assert "never-shown" not in ran.out
    assert ran.out.endswith("No problems found.\n")


async def test_check_names_every_problem(tmp_path: Path) -> None:
    ran = await bot("check", directory=tmp_path, REDIS_URL="redis://:never-shown@127.0.0.1:9", DEFILLAMA_URL=NOWHERE)
    assert ran.code == 1
    no_token, no_store, no_source = ran.err.splitlines()
    assert no_source.startswith("runwatch: DefiLlama: 127.0.0.1 cannot be reached: ")
    assert no_token.startswith("runwatch: No chat token is set.")
    assert no_store.startswith("runwatch: The store cannot be used: ")
    assert "never-shown" not in ran.out + ran.err


async def test_check_names_every_setting_that_cannot_be_right(tmp_path: Path) -> None:
    wrong = {"TELEGRAM_TOKEN": f"'{TOKEN}'", "DISCORD_TOKEN": TOKEN, "HEARTBEAT_URL": "https://", "POLL_INTERVAL": "1"}
    checked = await bot("check", directory=tmp_path, **wrong)
    ran = await bot("run", directory=tmp_path, **wrong)
    assert (checked.code, checked.out, ran.code, ran.out) == (1, "", 2, "")
    assert checked.err == ran.err
    named = [line.partition(": ")[2].partition(": ")[0] for line in checked.err.splitlines()]
    assert named == ["TELEGRAM_TOKEN", "DISCORD_TOKEN", "POLL_INTERVAL", "HEARTBEAT_URL"]
    assert "never-shown" not in checked.err


async def test_check_names_what_points_at_a_platform_without_a_token(tmp_path: Path, reachable: dict[str, str]) -> None:
    pointing = {"ERROR_CHAT": "discord:456", "OWNER_IDS": "telegram:1,discord:2"}
    ran = await bot("check", directory=tmp_path, DATA_DIR="data", **pointing, **reachable)
    assert (ran.code, ran.err.splitlines()) == (
        1,
        [
            "runwatch: ERROR_CHAT names discord:456, but DISCORD_TOKEN is not set.",
            "runwatch: OWNER_IDS names discord:2, but DISCORD_TOKEN is not set.",
        ],
    )


async def test_ask_and_check_move_no_data_of_an_older_version(
    tmp_path: Path, redis: Server, reachable: dict[str, str]
) -> None:
    assert redis.ask("SET runwatch:schema 3") == "+OK"

    asked = await bot("ask", "/incidents", directory=tmp_path, REDIS_URL=redis.url)
    checked = await bot("check", directory=tmp_path, REDIS_URL=redis.url, **reachable)

    assert (asked.code, asked.out) == (2, "")
    assert asked.sentence.startswith("The store was written by an older Runwatch (layout 3, ")
    assert (checked.code, checked.err) == (0, "")
    assert redis.ask("INCRBY runwatch:schema 0") == ":3"


async def test_ask_and_check_write_nothing_into_a_store(
    tmp_path: Path, redis: Server, reachable: dict[str, str]
) -> None:
    async with running_bot("replay-server", "--port", "0", "--speed", "0", directory=tmp_path) as upstream:
        await until(lambda: bool(upstream.printed), "the first line of the upstream")
        settings = reachable | {"DEFILLAMA_URL": upstream.printed[0].split()[-1], "REDIS_URL": redis.url}
        asked = await bot("ask", "/reserves binance", directory=tmp_path, **settings)
        checked = await bot("check", directory=tmp_path, **settings)
    assert (asked.code, asked.err, checked.code) == (0, "", 0)
    assert "Reserves without its own token BNB" in asked.out
    assert redis.ask("DBSIZE") == ":0"


async def test_the_readme_lists_the_commands_as_they_are(tmp_path: Path) -> None:
    ran = await bot("commands", "--markdown", directory=tmp_path)
    assert ran.code == 0
    rows = ran.out.strip().splitlines()
    assert len(rows) == 2 + len(list(COMMANDS))
    readme = ROOT / "README.md"
    if readme.exists():
        table = re.search(
            r"<!-- commands -->\n(.*?)\n*<!-- /commands -->", readme.read_text(encoding="utf-8"), re.DOTALL
        )
        assert table, "README.md has lost the markers of its command table"
        assert table[1].strip().splitlines() == rows


@pytest.mark.parametrize("words", [("demo", "--speed", "100"), ("commands",), ("settings",)])
async def test_what_nobody_reads_any_more_ends_without_a_word(tmp_path: Path, words: tuple[str, ...]) -> None:
    ran = await bot_that_nobody_reads(*words, directory=tmp_path)
    assert (ran.code, ran.err) == (141, "")


async def test_settings_prints_the_example(tmp_path: Path) -> None:
    ran = await bot("settings", directory=tmp_path)
    assert (ran.code, ran.out) == (0, (ROOT / ".env.example").read_text(encoding="utf-8"))


async def test_ask_answers_from_a_stand_in_of_the_upstream(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with running_bot("replay-server", "--port", "0", "--speed", "0", directory=tmp_path) as upstream:
        await until(lambda: bool(upstream.printed), "the first line of the upstream")
        address = upstream.printed[0].split()[-1]
        asked = await bot(
            *("ask", "/reserves binance", "--json"), directory=tmp_path, DEFILLAMA_URL=address, DATA_DIR=str(data)
        )
    assert (asked.code, asked.err) == (0, "")
    answer = json.loads(asked.out)
    assert answer["title"].startswith("Binance · $")
    assert any(line.startswith("Reserves without its own token BNB") for line in answer["lines"])
    assert answer["footer"].startswith("DefiLlama · as of 2022-12-10T23:")
    assert {row[0] for row in answer["table"]["rows"]} >= {"USDT", "BUSD", "BTC", "ETH"}
    assert not data.exists()


async def test_ask_says_so_when_nothing_can_be_reached(tmp_path: Path) -> None:
    asked = await bot("ask", "/reserves binance", "--json", directory=tmp_path, DEFILLAMA_URL=NOWHERE)
    assert (asked.code, asked.err) == (1, "")
    answer = json.loads(asked.out)
    assert answer["tone"] == "trouble"
    assert answer["lines"][0].startswith(
        "DefiLlama's list of exchanges cannot be fetched: 127.0.0.1 cannot be reached: "
    )


async def test_ask_names_a_command_that_is_none(tmp_path: Path) -> None:
    asked = await bot("ask", "/reserve binance", directory=tmp_path)
    assert (asked.code, asked.out) == (1, "")
    assert asked.sentence == "There is no /reserve. `runwatch ask /help` lists all commands."


@pytest.mark.parametrize("question", ["/reserves binance", "/top", "/exchanges", "/flows binance 7d"])
async def test_a_question_without_a_network_is_answered_with_why(tmp_path: Path, question: str) -> None:
    there = {"DEFILLAMA_URL": "https://no.invalid", "DATA_DIR": "data"}
    ran = await bot("ask", question, directory=tmp_path, **there)
    assert (ran.code, ran.err) == (1, "")
    said = re.sub(r"\s+", " ", ran.out)
    assert "DefiLlama's list of exchanges cannot be fetched: the name no.invalid cannot be looked up" in said
    assert "“runwatch check” (or “make check-settings”) tries every connection" in said


async def test_what_needs_no_figures_is_answered_without_a_network(tmp_path: Path) -> None:
    ran = await bot("ask", "/help reserves", directory=tmp_path, DEFILLAMA_URL="https://no.invalid", DATA_DIR="data")
    assert (ran.code, ran.err) == (0, "")
    assert "/reserves <exchange>" in ran.out


@pytest.mark.parametrize("command", ["check", "commands", "settings", "--help"])
def test_an_output_that_takes_nothing_more_is_a_sentence(tmp_path: Path, command: str) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        ran = subprocess.run(  # noqa: S603 — this very interpreter
            [sys.executable, "-m", "bot", command],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(tmp_path),
                "PYTHONPATH": str(ROOT),
                "WITHDRAWALS": "false",
                "PROOFS": "false",
                "PEGS": "false",
                "PRICE_GAPS": "false",
            },
            timeout=100,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (1, "runwatch: No space left on device\n")


NOBODY_HERE = """
import os, pwd, sys
os.environ.pop("HOME")
pwd.getpwuid = {}.__getitem__  # a container's user that no list has
from bot.__main__ import main
sys.argv = ["runwatch", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("command", ["run", "check", "ask"])
def test_a_user_without_a_home_is_told_to_set_the_directory(tmp_path: Path, command: str) -> None:
    ran = homeless(tmp_path, command, "/incidents" if command == "ask" else "", TELEGRAM_TOKEN=TOKEN)
    assert (ran.returncode, ran.stdout) == (1 if command == "check" else 2, "")
    assert ran.stderr == (
        "runwatch: DATA_DIR: is not set, and this user has no home to keep data in; set it to a directory that stays.\n"
    )


def test_a_user_without_a_home_may_have_a_server_elsewhere(tmp_path: Path, redis: Server) -> None:
    ran = homeless(tmp_path, "ask", "/incidents", REDIS_URL=redis.url, DEFILLAMA_URL=NOWHERE)
    assert (ran.returncode, ran.stderr) == (0, "")


def homeless(directory: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 — this very interpreter
        [sys.executable, "-c", NOBODY_HERE, *filter(None, arguments)],
        capture_output=True,
        text=True,
        cwd=directory,
        env={
            "PATH": os.environ["PATH"],
            "HOME": "",
            "PYTHONPATH": str(ROOT),
            "WITHDRAWALS": "false",
            "PROOFS": "false",
            "PEGS": "false",
            "PRICE_GAPS": "false",
        }
        | variables,
        timeout=100,
        check=False,
    )
