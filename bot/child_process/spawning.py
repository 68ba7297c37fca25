"""Starts child processes, reads what they answer, and ends them.

An answer is a sequence of frames, each a 4-byte length (big-endian) and as many bytes: `00 00 00 02 68 69` is "hi".
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

LENGTH_BYTES = 4
# The only variables that a child is given: what an interpreter needs to start. Tokens are no business of a parser.
_ENVIRONMENT_KEPT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")


def child_command(code: str, *arguments: str) -> tuple[str, ...]:
    """Return the command line of a child that runs one line of code: without site packages' hooks, which take long."""
    return (sys.executable, "-S", "-P", "-c", code, *arguments)


def child_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child: what finds the same modules as here, and `more`."""
    kept = {name: os.environ[name] for name in _ENVIRONMENT_KEPT if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(str(Path(entry).resolve()) for entry in sys.path)} | dict(more or {})


async def end_child(process: asyncio.subprocess.Process) -> None:
    """Kill a child unless it has ended, and wait until it is gone."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            # Not process.kill(): it polls first and may reap the child, which asyncio's child watcher then misses.
            os.kill(process.pid, signal.SIGKILL)
    await process.wait()


def frame_of(content: bytes) -> bytes:
    """Return a frame with this content."""
    return len(content).to_bytes(LENGTH_BYTES, "big") + content


async def read_frame(output: asyncio.StreamReader, *, limit: int | None = None) -> bytes:
    """Return the content of the next frame, of at most `limit` bytes.

    Raise IncompleteReadError when the child has ended before, and when the frame is longer.
    """
    length = int.from_bytes(await output.readexactly(LENGTH_BYTES), "big")
    if limit is not None and length > limit:
        raise asyncio.IncompleteReadError(b"", length)
    return await output.readexactly(length)
