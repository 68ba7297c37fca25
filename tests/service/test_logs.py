"""Every line is printed by a process of its own, for the settings of a log are those of a whole process."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from bot.service.logs import Redactor

ROOT = Path(__file__).parents[2]
TELEGRAM = "987654321:LoopbackOnlyLoopbackOnlyLoopbackOn"
DISCORD = 'MTA4."quoted\\token".née'
REDIS = "rediss://bot:hunter%402@redis.example:6380/0"
PASSWORD = "hunter@2"  # noqa: S105 — opens nothing
UNKNOWN = "123456789:SomebodyElsesTokenSomebodyElses"
SECRETS = (TELEGRAM, DISCORD, REDIS, PASSWORD)

SCRIPT = dedent("""
    import asyncio, json, logging, sys, warnings
    import structlog
    from bot.service import logs

    level, style, *secrets = json.loads(sys.argv[1])
    *configured, unknown = secrets
    logs.configure(level, style, configured)
    log, library = structlog.get_logger(), logging.getLogger("telegram.ext")
    telegram, discord, redis, password = configured

    class Wrapped:
        def __repr__(self): return f"<Wrapped {telegram!r} {discord!r}>"

    for secret in secrets:
        log.warning(f"said {secret}", field=secret, deep={"list": [secret]}, wrapped=Wrapped())
        library.warning("said %s", secret)
        library.warning("raw", extra={"address": f"https://api.telegram.org/bot{secret}/getMe"})
        try:
            try:
                raise OSError(f"cannot reach {secret}")
            except OSError as error:
                raise RuntimeError(f"https://api.telegram.org/bot{secret}/sendMessage") from error
        except RuntimeError:
            log.exception("broke")
            library.exception("broke")
    structlog.contextvars.bind_contextvars(token=telegram)
    log.error("bound")
    log.info("for operators")
    log.debug("for developers", token=discord)
    library.info("a library chats")
    library.debug("a library chats more")
    log.warning("address", when=structlog.get_config()["logger_factory"], url="https://somebody:else@mirror.example/x")

    async def broken(): raise RuntimeError(f"in a task: {redis}")
    async def main():
        task = asyncio.create_task(broken())
        await asyncio.wait([task])
        del task
    asyncio.run(main())
""")


@cache
def printed_log(level: str = "debug", style: str = "json") -> str:
    """Return everything that a process prints that logs secrets in every way there is."""
    ran = subprocess.run(  # noqa: S603 — this very interpreter
        [sys.executable, "-c", SCRIPT, json.dumps([level, style, *SECRETS, UNKNOWN])],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=30,
        check=True,
    )
    assert ran.stdout == ""
    return ran.stderr


def lines(level: str = "debug") -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed_log(level).splitlines()]


@pytest.mark.parametrize("style", ["json", "text", "auto"])
def test_no_line_of_any_kind_holds_a_secret(style: str) -> None:
    printed = printed_log(style=style)
    assert printed.count("•••") > 40
    assert printed.count("Traceback") >= 10
    for secret in ("LoopbackOnly", "quoted", "née", "hunter", "SomebodyElses", "somebody:else"):
        assert secret not in printed


def test_json_is_one_object_a_line_with_the_event_its_level_and_its_time() -> None:
    for line in lines():
        assert {"event", "level", "timestamp"} <= line.keys()
        assert line["timestamp"].endswith("Z")


def test_a_traceback_is_part_of_its_line() -> None:
    broke = [line for line in lines() if line["event"] == "broke"]
    assert len(broke) == 2 * len((*SECRETS, UNKNOWN))
    for line in broke:
        assert "OSError: cannot reach" in line["exception"]
        assert "RuntimeError: https://api.telegram.org/bot•••" in line["exception"]


def test_a_mistake_in_a_task_that_nobody_awaits_is_logged() -> None:
    assert any("in a task: •••" in line.get("exception", "") for line in lines())


def test_what_is_beside_a_secret_stays_readable() -> None:
    (line,) = [line for line in lines() if line["event"] == "address"]
    assert line["url"] == "https://•••@mirror.example/x"


def test_without_a_terminal_auto_is_json() -> None:
    assert printed_log(style="auto").splitlines()[0].startswith("{")
    assert not printed_log(style="text").startswith("{")


@pytest.mark.parametrize(
    ("level", "events"),
    [
        ("debug", {"for developers", "for operators", "a library chats", "a library chats more", "bound"}),
        ("info", {"for operators", "bound"}),
        ("error", {"bound"}),
    ],
)
def test_libraries_chat_only_to_developers(level: str, events: set[str]) -> None:
    all_events = {"for developers", "for operators", "a library chats", "a library chats more", "bound"}
    assert all_events & {line["event"] for line in lines(level)} == events


def test_a_short_word_is_no_secret() -> None:
    assert Redactor(["abc", "", "abcd"]).clean("abc abcd") == "abc •••"


def test_a_secret_within_another_leaves_nothing_behind() -> None:
    assert Redactor(["hunter2", "redis://:hunter2@r"]).clean("redis://:hunter2@r hunter2") == "••• •••"


@pytest.mark.parametrize("text", ["12:34:56 on 2026-01-10", "telegram:123", "https://t.me/runwatch", "a@b.example"])
def test_ordinary_words_stay(text: str) -> None:
    assert Redactor([]).clean(text) == text
