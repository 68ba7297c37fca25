"""The prompt: typed lines in, panels out."""

import asyncio
import io
import os
import pty
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, TextIO

import pytest

from bot.chat.terminal import TerminalPlatform, converse
from bot.chat.terminal.prompt import answer
from bot.commands.arguments import Arg, ExchangeName
from bot.commands.declaration import Caller, CommandSet, PlaceAccess, Request, command
from bot.commands.dispatcher import CommandContext, CommandDispatcher
from bot.domain.errors import AskerError
from bot.domain.place import Place, Platform
from bot.domain.place_settings import PlaceSettings
from bot.messages.model import Message
from bot.replay.clock import ReplayClock
from tests.chat.terminal.messages import NOW
from tests.fakes.memory_place_settings import MemoryPlaceSettings
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language
from tests.waiting import in_time

HERE = Place(Platform.TERMINAL, "terminal")


@command
async def reserves(request: Request, exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")]) -> Message:
    """Show what an exchange holds."""
    return Message(f"Reserves of {exchange}")


@command
async def flows(request: Request) -> Message:
    """Show what moved."""
    return Message("Flows")


class NoMeter:
    """A meter that counts nothing."""

    def count_answer(self, command: str, platform: Platform, seconds: float, result: str) -> None: ...


async def nobody(_: Place) -> bool:
    return False


async def nowhere(text: str) -> Place:
    raise AskerError(text)


async def nothing(_: Place) -> tuple[str, ...]:
    return ()


class Scene:
    """A dispatcher with two commands, and a terminal to answer on."""

    def __init__(self) -> None:
        unused: Any = None
        meter: Any = NoMeter()  # the dispatcher counts nothing else
        clock = ReplayClock.frozen(NOW, NOW + timedelta(days=1))
        self.output = io.StringIO()
        self.settings = MemoryPlaceSettings()
        self.chat = TerminalPlatform(clock, out=self.output)
        self.dispatcher = CommandDispatcher(
            CommandSet((reserves, flows)), unused, unused, clock=clock, meter=meter, suppressions=unused, drills=unused,
            place_settings=self.settings, approvals=unused,
            mutes=unused, alert_tester=unused, pending_changes=unused, place_exports=unused,
            proof_checker=unused,
        )  # fmt: skip
        self.context = CommandContext(
            HERE, Caller("me", is_owner=False, may_moderate=nobody), PlaceAccess(nowhere, nothing)
        )

    async def answer_titles(self, typed: TextIO) -> list[str]:
        """Return the titles of the answers to what is typed, once the conversation has ended."""
        async with in_time("the end of the conversation"):
            await converse(self.dispatcher, self.context, self.chat, typed=typed)
        return [line.partition("UTC · ")[2] for line in self.output.getvalue().splitlines() if "UTC · " in line]


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def pipe() -> Iterator[tuple[TextIO, TextIO]]:
    reading, writing = os.pipe()
    with open(reading) as out, open(writing, "w") as into:  # noqa: PTH123 — the ends of a pipe, by their numbers
        yield out, into


@pytest.mark.parametrize("line", ["reserves binance", "/reserves binance", "  /RESERVES   binance  "])
async def test_a_command_is_answered_with_or_without_its_slash(
    scene: Scene, pipe: tuple[TextIO, TextIO], line: str
) -> None:
    pipe[1].write(f"{line}\nquit\n")
    pipe[1].flush()

    assert await scene.answer_titles(pipe[0]) == ["🏦 Reserves of binance"]


async def test_the_end_of_the_input_ends_it_and_the_last_line_still_counts(
    scene: Scene, pipe: tuple[TextIO, TextIO]
) -> None:
    pipe[1].write("flows\n\n\nreserves okx")
    pipe[1].close()

    assert await scene.answer_titles(pipe[0]) == ["🏦 Flows", "🏦 Reserves of okx"]


async def test_what_is_no_command_is_said_in_the_language_of_the_place(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudo_language(monkeypatch)
    scene.settings.kept[HERE] = PlaceSettings(language=PSEUDO)
    for name in ("reservs", "nonsense"):
        message = await answer(scene.dispatcher, scene.context, name, "")
        assert leftover_words(replace(message, title=""), {name}) == []


@pytest.mark.parametrize("word", ["quit", "exit", "/quit", "QUIT"])
async def test_a_quit_word_ends_it(scene: Scene, pipe: tuple[TextIO, TextIO], word: str) -> None:
    pipe[1].write(f"{word}\nflows\n")
    pipe[1].flush()

    assert await scene.answer_titles(pipe[0]) == []


async def test_an_unknown_command_is_answered_with_the_nearest_names(scene: Scene, pipe: tuple[TextIO, TextIO]) -> None:
    pipe[1].write("/reserve binance\nxyzzy\n")
    pipe[1].close()
    await scene.answer_titles(pipe[0])

    assert "There is no command “reserve”. Did you mean /reserves?" in scene.output.getvalue()
    assert "There is no command “xyzzy”. /help lists the commands." in scene.output.getvalue()


async def test_typing_ahead_is_answered_in_order(scene: Scene, pipe: tuple[TextIO, TextIO]) -> None:
    pipe[1].write("".join(f"reserves x{number}\n" for number in range(5)))
    pipe[1].close()

    assert await scene.answer_titles(pipe[0]) == [f"🏦 Reserves of x{number}" for number in range(5)]


async def test_a_file_may_be_typed_in(scene: Scene, tmp_path: Path) -> None:
    """A plain file cannot be waited for by the loop; it is read in a thread instead."""
    script = tmp_path / "questions"
    script.write_text("flows\nreserves okx\n")
    with script.open() as typed:
        assert await scene.answer_titles(typed) == ["🏦 Flows", "🏦 Reserves of okx"]


async def test_others_go_on_while_it_waits_for_a_line(scene: Scene, pipe: tuple[TextIO, TextIO]) -> None:
    """Standard input is read without blocking the loop."""
    conversation = asyncio.create_task(scene.answer_titles(pipe[0]))
    await asyncio.sleep(0.001)
    pipe[1].write("flows\nquit\n")  # never written if the loop stood still
    pipe[1].flush()

    assert await conversation == ["🏦 Flows"]


async def test_a_cancelled_conversation_leaves_nothing_behind(scene: Scene, pipe: tuple[TextIO, TextIO]) -> None:
    conversation = asyncio.create_task(scene.answer_titles(pipe[0]))
    await asyncio.sleep(0.001)
    conversation.cancel()
    with pytest.raises(asyncio.CancelledError):
        await conversation

    assert not asyncio.get_running_loop().remove_reader(pipe[0].fileno())


async def test_what_is_typed_on_a_terminal_is_answered_line_by_line(scene: Scene) -> None:
    person, program = pty.openpty()
    with open(program) as typed:  # noqa: ASYNC230, PTH123 — opened by its number
        os.write(person, "reserves binancé\nquit\n".encode())
        assert await scene.answer_titles(typed) == ["🏦 Reserves of binancé"]
    os.close(person)
