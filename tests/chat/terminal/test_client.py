"""The terminal as a chat platform."""

import asyncio
import io
import os
import pty
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.terminal import TerminalPlatform
from bot.domain.errors import ChatGone
from bot.domain.place import Place, Platform
from bot.messages.documents import Document
from bot.messages.model import Message, Tone, lines
from bot.ports.chat import ChatPlatform
from bot.replay.clock import ReplayClock
from tests.chat.terminal.messages import INCIDENT, NOW, RESERVES

HERE = Place(Platform.TERMINAL, "terminal")


@pytest.fixture
def clock() -> ReplayClock:
    return ReplayClock.frozen(NOW, NOW + timedelta(days=1))


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def chat(clock: ReplayClock, output: io.StringIO) -> TerminalPlatform:
    return TerminalPlatform(clock, out=output)


def test_it_fits_the_port(chat: TerminalPlatform) -> None:
    platform: ChatPlatform = chat

    assert platform.platform is Platform.TERMINAL
    assert platform.trouble() is None


async def test_it_runs_until_it_is_cancelled(chat: TerminalPlatform) -> None:
    running = asyncio.create_task(chat.run())
    await asyncio.sleep(0)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_message_is_written_whole_with_the_simulated_time(chat: TerminalPlatform, output: io.StringIO) -> None:
    first = await chat.send(HERE, INCIDENT, key="a")
    second = await chat.send(HERE, INCIDENT, key="b")

    assert first != second
    assert output.getvalue().startswith("2022-12-13 14:17 UTC · 🟠 INC-1 · Binance · elevated outflow\n  Net outflow")
    assert "\x1b" not in output.getvalue()


async def test_a_file_is_written_below_its_message(chat: TerminalPlatform, output: io.StringIO) -> None:
    await chat.send(HERE, replace(INCIDENT, document=Document("a.json", '{\n  "a": "\x1b[2J"\n}\n')), key="a")

    assert output.getvalue().endswith('{\n  "a": "[2J"\n}\n')


async def test_an_edit_is_one_line(chat: TerminalPlatform, output: io.StringIO, clock: ReplayClock) -> None:
    sent = await chat.send(HERE, INCIDENT, key="a")
    before = output.getvalue()
    clock.advance(timedelta(hours=1))
    await chat.edit(HERE, sent, INCIDENT)

    assert output.getvalue().removeprefix(before) == (
        "✎ 12-13 15:17 🟠 INC-1 · Binance · elevated outflow · Net outflow −$2.3 B in 24 h\n"
    )


async def test_an_edit_under_a_new_title_is_written_whole(chat: TerminalPlatform, output: io.StringIO) -> None:
    """A terminal cannot change what stands further up, so what became of it is written again."""
    sent = await chat.send(HERE, INCIDENT, key="a")
    before = output.getvalue()
    held = replace(INCIDENT, title=f"{INCIDENT.title} · data incomplete")
    await chat.edit(HERE, sent, held)
    first = output.getvalue().removeprefix(before)
    await chat.edit(HERE, sent, held)
    second = output.getvalue().removeprefix(before + first)

    assert first.startswith(
        "2022-12-13 14:17 UTC · 🟠 INC-1 · Binance · elevated outflow · data incomplete\n  Net outflow"
    )
    assert "try: /why INC-1" in first
    assert second.startswith("✎ 12-13 14:17 🟠 INC-1 · Binance · elevated outflow · data incomplete · Net outflow")


async def test_an_edit_that_asks_for_no_sound_is_one_line_under_any_title(
    chat: TerminalPlatform, output: io.StringIO
) -> None:
    sent = await chat.send(HERE, INCIDENT, key="a")
    before = output.getvalue()
    await chat.edit(HERE, sent, replace(INCIDENT, title="INC-1 · Binance · resolved", silent=True))

    assert output.getvalue().removeprefix(before).startswith("✎ 12-13 14:17 🟠 INC-1 · Binance · resolved")


async def test_an_edit_of_what_was_answered_is_one_line_under_any_title(
    chat: TerminalPlatform, output: io.StringIO
) -> None:
    """The story goes on in the answer, so the older message needs no panel of its own any more."""
    sent = await chat.send(HERE, INCIDENT, key="a")
    answer = await chat.send(HERE, INCIDENT, key="b", reply_to=sent)
    before = output.getvalue()
    for message_id in (sent, answer):
        await chat.edit(HERE, message_id, replace(INCIDENT, title="INC-1 · Binance · severe outflow"))

    first, second = output.getvalue().removeprefix(before).splitlines()[:2]
    assert first.startswith("✎ 12-13 14:17 🟠 INC-1 · Binance · severe outflow")
    assert second.startswith("2022-12-13 14:17 UTC · 🟠 INC-1 · Binance · severe outflow")


async def test_an_edit_that_says_nothing_new_is_not_written(
    chat: TerminalPlatform, output: io.StringIO, clock: ReplayClock
) -> None:
    await chat.edit(HERE, "1", INCIDENT)
    await chat.edit(HERE, "2", INCIDENT)
    written = output.getvalue()
    clock.advance(timedelta(hours=1))
    await chat.edit(HERE, "1", INCIDENT)

    assert written.count("✎") == 2
    assert output.getvalue() == written


async def test_a_long_edit_is_cut_to_a_line(chat: TerminalPlatform, output: io.StringIO) -> None:
    await chat.edit(HERE, "1", Message("Binance", Tone.WATCH, lines=lines("outflow " * 40)))

    assert len(output.getvalue()) == 119
    assert output.getvalue().endswith("…\n")


async def test_a_single_line_is_written_as_it_is(chat: TerminalPlatform, output: io.StringIO) -> None:
    await chat.show_line("> /reserves binance")

    assert output.getvalue() == "> /reserves binance\n"


async def test_a_reply_is_short(chat: TerminalPlatform, output: io.StringIO) -> None:
    await chat.send(HERE, RESERVES, key="a", reply_to="1")

    assert "/flows binance" in output.getvalue()
    assert "Stablecoins" not in output.getvalue()
    assert "BUSD" not in output.getvalue()


async def test_a_pipe_nobody_reads_is_a_chat_that_is_gone(clock: ReplayClock) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w", buffering=1) as out:  # noqa: ASYNC230, PTH123 — a pipe's end, opened by its number
        with pytest.raises(ChatGone, match="cannot be written to"):
            await TerminalPlatform(clock, out=out).send(HERE, INCIDENT, key="a")
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)


def shown_on(person: int) -> str:
    """Return all that a pseudo-terminal shows, after the program has left it."""
    shown = b""
    with suppress(OSError):  # how Linux says that nobody is at the other end
        while chunk := os.read(person, 65536):
            shown += chunk
    return shown.decode()


@pytest.fixture
def terminal() -> Iterator[tuple[int, io.TextIOWrapper]]:
    """A real pseudo-terminal: the end a person looks at, and the end a program writes to."""
    person, program = pty.openpty()
    with open(program, "w") as out:  # noqa: PTH123 — opened by its number
        yield person, out
    os.close(person)


async def test_a_person_sees_a_panel_and_a_prompt(clock: ReplayClock, terminal: tuple[int, io.TextIOWrapper]) -> None:
    person, out = terminal
    chat = TerminalPlatform(clock, out=out)
    await chat.send(HERE, replace(INCIDENT, document=Document("a.json", '{"a": 1}')), key="a")
    await chat.edit(HERE, "1", INCIDENT)
    await chat.show_prompt("runwatch> ")
    out.close()
    seen = shown_on(person)

    assert "🟠 INC-1 · Binance · elevated outflow ─" in re.sub(r"\x1b\[[\d;]*m", "", seen)
    assert "try: /why INC-1" in seen
    assert '\n{"a": 1}' in seen
    assert "✎ 12-13 14:17" in seen
    assert seen.endswith("runwatch> ")


async def test_a_pipe_sees_no_prompt(chat: TerminalPlatform, output: io.StringIO) -> None:
    await chat.show_prompt("runwatch> ")

    assert output.getvalue() == ""
