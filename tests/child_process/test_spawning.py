"""Child processes: what they are given, how their answers are read, and that none is left behind."""

import asyncio
import os

import pytest

from bot.child_process.spawning import child_command, child_environment, end_child, frame_of, read_frame


async def child(code: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *child_command(code), stdout=asyncio.subprocess.PIPE, env=child_environment({"MORE": "yes"})
    )


def stream_of(content: bytes) -> asyncio.StreamReader:
    stream = asyncio.StreamReader()
    stream.feed_data(content)
    stream.feed_eof()
    return stream


async def test_a_child_finds_our_modules_and_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGRAM_TOKEN", "4242:secret")
    process = await child("import bot.domain.errors, os; print(os.getenv('TELEGRAM_TOKEN'), os.getenv('MORE'))")
    printed, _ = await process.communicate()
    assert printed.decode().split() == ["None", "yes"]


async def test_a_child_that_hangs_is_ended_and_one_that_has_ended_is_no_error() -> None:
    process = await child("import time; time.sleep(600)")
    await end_child(process)
    assert process.returncode == -9
    await end_child(process)
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


async def test_a_frame_is_read_as_it_was_written() -> None:
    stream = stream_of(frame_of(b"hi") + frame_of(b""))
    assert [await read_frame(stream), await read_frame(stream)] == [b"hi", b""]


@pytest.mark.parametrize("content", [b"", b"\x00\x00", frame_of(b"hello")[:-1], frame_of(b"too long")])
async def test_an_answer_that_is_cut_short_or_too_long_is_none(content: bytes) -> None:
    with pytest.raises(EOFError):
        await read_frame(stream_of(content), limit=5)
