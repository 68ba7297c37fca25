"""The program as people start it: `python -m bot …` in a process and a directory of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.waiting import in_time, until

ROOT = Path(__file__).parent.parent
_WAIT_S = 200.0


@dataclass(frozen=True)
class Finished:
    """How a program ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """Return what it complained of: one line, and no traceback."""
        (line,) = self.err.splitlines()
        assert line.startswith("runwatch: ")
        return line.removeprefix("runwatch: ")


@dataclass(eq=False, repr=False)
class Program:
    """A program under way; `lines` is what it has logged, as JSON."""

    process: asyncio.subprocess.Process
    printed: list[str] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    _has_news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Read everything it prints, until it has ended."""
        streams = (stream_reader for stream_reader in (self.process.stdout, self.process.stderr) if stream_reader)
        async with asyncio.TaskGroup() as tasks:
            for stream in streams:
                tasks.create_task(self._read(stream))

    async def _read(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self.printed.append(line.decode())
            with suppress(ValueError):
                self.lines.append(json.loads(line))
            self._has_news.set()

    async def logged(self, event: str, **facts: object) -> dict[str, Any]:
        """Return the first line about an event with these facts, once it is there."""
        matching: list[dict[str, Any]] = []

        def is_there() -> bool:
            matching[:] = [line for line in self.lines if line["event"] == event and facts.items() <= line.items()]
            return bool(matching)

        def missing() -> str:
            return f"a line about {event!r} with {facts}; the newest of {len(self.lines)}: {self.lines[-5:]}"

        await until(is_there, missing, changed=self._has_news, limit=_WAIT_S)
        return matching[0]

    async def end(self, by: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(by)
        async with in_time(f"the end of the program after {by.name}", limit=_WAIT_S):
            return await self.process.wait()


async def bot(*arguments: str, directory: Path, **variables: str) -> Finished:
    """Run the program to its end."""
    async with _started(arguments, directory, variables) as process:
        return await _finished(process, variables.get("PYTHONIOENCODING", "utf-8"))


async def bot_in_shell(script: str, *arguments: str, directory: Path, **variables: str) -> Finished:
    """Run the program to its end as a script of sh starts it: `exec "$@" < FILE`."""
    async with _started(arguments, directory, variables, launcher=("sh", "-c", script, "sh")) as process:
        return await _finished(process)


async def bot_without_room(*arguments: str, directory: Path, **variables: str) -> Finished:
    """Run the program to its end where a file may not grow beyond 1 KB: more is refused, as on a full disk."""
    return await bot_in_shell('ulimit -f 1; exec "$@"', *arguments, directory=directory, **variables)


async def bot_that_nobody_reads(*arguments: str, directory: Path) -> Finished:
    """Run the program to its end with an output that is closed on the other side."""
    async with _started(arguments, directory, {}) as process:
        if process.stdout:
            process.stdout._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 — the only way to it
        return await _finished(process)


async def _finished(process: asyncio.subprocess.Process, encoding: str = "utf-8") -> Finished:
    async with in_time("the end of the program", limit=_WAIT_S):
        out, err = await process.communicate()
    return Finished(process.returncode or 0, out.decode(encoding), err.decode(encoding))


@asynccontextmanager
async def running_bot(*arguments: str, directory: Path, **variables: str) -> AsyncIterator[Program]:
    """Run the program beside the block; it is killed at its end unless it has ended."""
    async with _started(arguments, directory, variables) as process:
        program = Program(process)
        listening = asyncio.create_task(program.listen())
        try:
            yield program
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await listening


@asynccontextmanager
async def _started(
    arguments: tuple[str, ...], directory: Path, variables: dict[str, str], *, launcher: tuple[str, ...] = ()
) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "PYTHONPATH": str(ROOT), "LOG_FORMAT": "json"}
    # Exchanges' own interfaces, and sources of prices, are asked only where a test brings a stand-in.
    environment |= {"WITHDRAWALS": "false", "PROOFS": "false", "PEGS": "false", "PRICE_GAPS": "false"}
    process = await asyncio.create_subprocess_exec(
        *(*launcher, sys.executable, "-m", "bot", *arguments),
        cwd=directory,
        env=environment | variables,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def is_running(pid: int) -> bool:
    """Return whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
