"""The painter's process: started when it is needed, ended when it is not, and no picture's fault is another's."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.charts.painter import MAX_WAITING, Painter, PictureCache
from bot.child_process.spawning import child_command, child_environment
from bot.domain.errors import DrawingFailed
from bot.messages.pictures import Picture, Theme
from tests.chat.charts import samples
from tests.waiting import until

# Answers with its own id and the number of its answers instead of a PNG; titles say how it is to fail.
STAND_IN = """
import msgspec, os, sys, time
count = 0
while length := sys.stdin.buffer.read(4):
    title = msgspec.msgpack.decode(sys.stdin.buffer.read(int.from_bytes(length, "big")))["picture"]["title"]
    if title == "crash":
        os._exit(1)
    if title == "hang":
        time.sleep(600)
    count += 1
    fault = "ValueError" if title == "fault" else ""
    answer = msgspec.msgpack.encode({"png": f"{os.getpid()} {count}".encode() * (not fault), "fault": fault})
    if title == "nonsense":
        answer = b"\\xc1"
    size = 1 << 31 if title == "huge" else len(answer)
    sys.stdout.buffer.write(size.to_bytes(4, "big") + answer)
    sys.stdout.buffer.flush()
"""
PATIENT = timedelta(seconds=60)


def titled(title: str) -> Picture:
    return replace(samples.ALL["run"], title=title)


def stand_in(*, idle: timedelta = PATIENT, time_limit: timedelta = PATIENT, patience: timedelta = PATIENT) -> Painter:
    return Painter(command=child_command(STAND_IN), idle=idle, time_limit=time_limit, patience=patience)


async def drawn(painter: Painter, title: str) -> tuple[int, int]:
    """Return the id of the process that drew a picture, and how many it has drawn."""
    pid, count = (await painter.draw(titled(title), Theme.DARK)).split()
    return int(pid), int(count)


@pytest.fixture
async def painter() -> AsyncIterator[Painter]:
    painter = stand_in()
    yield painter
    await painter.close()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_a_picture_that_many_ask_for_is_drawn_once(painter: Painter) -> None:
    assert not painter.is_running
    answers = await asyncio.gather(*(drawn(painter, "same") for _ in range(120)))
    assert {count for _, count in answers} == {1}
    assert await drawn(painter, "same") == answers[0]
    assert (await drawn(painter, "another"))[1] == 2
    assert await painter.draw(titled("same"), Theme.LIGHT) != await painter.draw(titled("same"), Theme.DARK)


@pytest.mark.parametrize("title", ["crash", "nonsense", "huge", "fault"])
async def test_a_fault_costs_its_picture_alone(painter: Painter, title: str) -> None:
    before, _ = await drawn(painter, "before")
    results = await asyncio.gather(
        *(painter.draw(titled(name), Theme.DARK) for name in (title, "after")), return_exceptions=True
    )
    assert isinstance(results[0], DrawingFailed)
    assert str(results[0]) == "The picture could not be drawn."
    assert isinstance(results[1], bytes)
    # What is no answer may be half of one: only a process that answered goes on.
    assert (int(results[1].split()[0]) == before) == (title == "fault")


async def test_a_process_that_hangs_is_ended_and_the_next_picture_starts_another() -> None:
    painter = stand_in(time_limit=timedelta(seconds=2))
    hanging = asyncio.create_task(painter.draw(titled("hang"), Theme.DARK))
    await until(lambda: painter.is_running, "the painter's process")
    with pytest.raises(DrawingFailed, match="in time"):
        await hanging
    assert not painter.is_running
    assert (await drawn(painter, "after"))[1] == 1
    await painter.close()


async def test_an_asker_waits_only_so_long_and_so_many_only() -> None:
    painter = stand_in(patience=timedelta(milliseconds=1))
    asked = [asyncio.create_task(painter.draw(titled("hang"), Theme.DARK))]
    asked += [asyncio.create_task(painter.draw(titled(f"{number}"), Theme.DARK)) for number in range(MAX_WAITING)]
    refusals = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(refusal, DrawingFailed) for refusal in refusals)
    assert "Too many pictures" in str(refusals[-1])
    assert {str(refusal) for refusal in refusals[:-1]} == {"The picture could not be drawn in time."}
    await painter.close()
    assert not painter.is_running


async def test_the_process_ends_when_it_is_idle_and_starts_again() -> None:
    painter = stand_in(idle=timedelta(0))
    first, _ = await drawn(painter, "first")
    await until(lambda: is_gone(first), "the end of the idle process")
    # What was drawn before is forgotten, so that an idle bot is as small as it was.
    second, count = await drawn(painter, "first")
    assert (second != first, count) == (True, 1)
    await painter.close()
    assert is_gone(second)


async def test_a_process_that_ended_by_itself_costs_nothing(painter: Painter) -> None:
    first, _ = await drawn(painter, "first")
    os.kill(first, 9)
    await until(lambda: not painter.is_running, "the loss of the process noticed")
    assert (await drawn(painter, "second"))[1] == 1


async def test_what_cannot_be_started_is_a_sentence() -> None:
    painter = Painter(command=("/nowhere/python",))
    with pytest.raises(DrawingFailed):
        await painter.draw(titled("any"), Theme.DARK)
    await painter.close()


async def test_a_system_that_gives_no_thread_to_wait_in_costs_the_picture_alone(
    painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """asyncio waits for a child in a thread, which a container with too low a limit refuses."""

    async def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as no_thread:
        no_thread.setattr(asyncio, "create_subprocess_exec", refuse)
        with pytest.raises(DrawingFailed):
            await painter.draw(titled("before"), Theme.DARK)
    assert (await drawn(painter, "after"))[1] == 1


def test_the_cache_forgets_what_was_not_asked_for_longest() -> None:
    cache = PictureCache(10)
    cache.add(b"a", b"1234")
    cache.add(b"b", b"5678")
    assert cache.get(b"a") == b"1234"
    cache.add(b"c", b"90ab")
    assert (cache.get(b"a"), cache.get(b"b"), cache.get(b"c")) == (b"1234", None, b"90ab")
    cache.add(b"a", b"another")
    cache.add(b"d", b"too large for it")
    assert cache.get(b"d") is None


async def test_the_real_process_draws_without_a_directory_to_write_in() -> None:
    """No home, no /tmp, nothing that can be made or written: matplotlib would look for one and raise."""
    code = """
import builtins, os, tempfile
def refuse(*_, **__):
    raise PermissionError
def read_only(path, mode="r", *more, really_open=open, **named):
    return refuse() if set(mode) & set("wax+") and path != os.devnull else really_open(path, mode, *more, **named)
os.mkdir = os.makedirs = tempfile.mkdtemp = refuse
builtins.open = read_only
os.environ.pop("HOME", None)
from bot.chat.charts.painter_process import main
main()
"""
    painter = Painter(command=child_command(code), time_limit=PATIENT, patience=PATIENT)
    png = await painter.draw(samples.ALL["flows"], Theme.DARK)
    assert png.startswith(b"\x89PNG")
    await painter.close()


async def test_the_bot_itself_never_imports_what_draws() -> None:
    modules = ("service.application", "service.platforms", "chat.telegram.client", "chat.discord.client")
    imported = ", ".join(f"bot.{module}" for module in modules)
    code = f"import sys, {imported}; print({{'matplotlib', 'numpy', 'PIL'}} & sys.modules.keys())"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE, env=child_environment()
    )
    printed, _ = await process.communicate()
    assert printed.decode().strip() == "set()"
