"""Real servers to test against: one of every program found here, each on a unix socket; they end with the tests."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from bot.storage.embedded import die_with_parent
from bot.storage.embedded.server_binary import ServerBinary, installed

_START_TIMEOUT_S = 20.0


@dataclass
class Server:
    """One running server. `settings` are words for its command line, such as `("--maxmemory", "1mb")`."""

    binary: ServerBinary
    settings: Sequence[str] = ()
    directory: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="rw-")))
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"unix://{self.directory}/s"

    @property
    def pid(self) -> int:
        if self._process is None:
            raise RuntimeError("not started")
        return self._process.pid

    def start(self) -> "Server":
        """Start it and return when it answers."""
        options = ("--port", "0", "--unixsocket", f"{self.directory}/s", "--dir", str(self.directory), "--save", "")
        self._process = subprocess.Popen(  # noqa: S603 — a program found by bot.storage.embedded.server_binary, no shell
            [
                sys.executable,
                "-I",
                "-S",
                die_with_parent.__file__,
                str(os.getpid()),
                str(self.binary.path),
                *options,
                "--appendonly",
                "yes",
                *self.settings,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while self.ask("PING") != "+PONG":
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.binary.path} does not start with {self.settings}")
            time.sleep(0.005)
        return self

    def ask(self, command: str) -> str:
        """Send one command on a line of its own and return the first line of the reply, "" when nobody answers."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(f"{self.directory}/s")
                connection.sendall(f"{command}\r\n".encode())
                return connection.makefile("r").readline().strip()
            except OSError:
                return ""

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """End it and remove everything it kept."""
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)


class LossyLine:
    """Passes everything on to a server and back, but loses one reply and closes the connection.

    That is the next reply with `lose_in = 0`, the one after it with 1, and so on; none with None.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._path = server.directory / "lossy"
        self._connections: set[asyncio.Task[None]] = set()
        self.lose_in: int | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._path}"

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_unix_server(self._connected, self._path)
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Wait until every client has closed its connection."""
        self._listener.close()
        if self._connections:
            await asyncio.wait(self._connections)
        self._path.unlink(missing_ok=True)

    def _connected(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve(client, to_client))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_unix_connection(f"{self._server.directory}/s")
        async with asyncio.TaskGroup() as both:
            both.create_task(self._pass_on(client, to_server))
            both.create_task(self._pass_on(server, to_client, lossy=True))

    async def _pass_on(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, *, lossy: bool = False) -> None:
        with suppress(ConnectionError):
            while chunk := await source.read(65536):
                if lossy and self._is_to_be_lost():
                    break
                to.write(chunk)
                await to.drain()
        to.close()
        with suppress(ConnectionError):
            await to.wait_closed()

    def _is_to_be_lost(self) -> bool:
        if self.lose_in is None:
            return False
        self.lose_in -= 1
        if self.lose_in >= 0:
            return False
        self.lose_in = None
        return True


def kinds() -> dict[str, ServerBinary]:
    """Return every server program found here that is new enough, by name and version."""
    return {
        f"{binary.path.name}-{'.'.join(map(str, binary.version))}": binary
        for binary in installed()
        if binary.new_enough
    }
