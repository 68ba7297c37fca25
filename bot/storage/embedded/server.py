"""The private server that runs when REDIS_URL is unset: started, watched, restarted and stopped with the bot.

It listens on a unix socket only, logs every write to an append-only file that is flushed once a second, never evicts,
and dies with its parent. A lock on the directory keeps two bots from sharing it; the server holds the lock as well,
so that a new bot never starts a second server while the old one is still writing.
"""

import asyncio
import fcntl
import os
import re
import signal
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT, Process
from collections import deque
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from bot.domain.errors import ConfigurationError
from bot.storage.embedded import die_with_parent
from bot.storage.embedded.server_binary import ServerBinary, find_binary

_SOCKET = "server.sock"
_LONGEST_SOCKET_PATH = 100  # sun_path holds 108 bytes on Linux and 104 on macOS, unix(7)
_LOCK_WITHIN = 5.0  # the server of a bot that was killed needs a moment to stop
_READY_WITHIN = 60.0  # a log of some hundred MB is read back in seconds
_STOPS_WITHIN = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
_SOUND_AFTER = 30.0  # having lived this long, it may be restarted at once again
_LOG_LINE = re.compile(r"^\d+:\w+ .*?(?P<level>[.\-*#]) (?P<text>.*)$")

log = structlog.get_logger(__name__)


class EmbeddedServer:
    """A server of our own in a directory: `async with EmbeddedServer(directory) as server: server.url`."""

    def __init__(
        self, directory: Path, *, binary: ServerBinary | None = None, lock_within: float = _LOCK_WITHIN
    ) -> None:
        self._directory = directory
        self._lock_within = lock_within
        self._binary = binary
        self._lines: deque[str] = deque(maxlen=20)
        self._socket = directory / _SOCKET
        self._lock: int | None = None
        self._sound = False
        self._process: Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return where clients reach it: `unix:///…`."""
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int | None:
        """Return the process id of the server that runs at present."""
        return self._process.pid if self._process else None

    async def __aenter__(self) -> Self:
        """Start the server and return when it answers; raise ConfigurationError when it cannot be started."""
        self._make_directory()
        self._binary = self._binary or await asyncio.to_thread(find_binary, self._directory)
        self._lock = await self._take_lock()
        try:
            self._socket = self._socket_path()
            await self._start()
        except BaseException:
            await self._stop()
            raise
        self._watch = asyncio.create_task(self._keep_running(), name="embedded server")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server; everything it was told is on the disk then."""
        if self._watch:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        await self._stop()

    def _make_directory(self) -> None:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"DATA_DIR {self._directory} cannot be made: {error.strerror}.") from error
        if not os.access(self._directory, os.W_OK | os.X_OK):
            raise ConfigurationError(f"DATA_DIR {self._directory} cannot be written to.")

    async def _take_lock(self) -> int:
        path = self._directory / "lock"
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = asyncio.get_running_loop().time() + self._lock_within
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if asyncio.get_running_loop().time() < deadline:
                    await asyncio.sleep(0.05)
                    continue
                holder = os.read(handle, 200).decode(errors="replace").strip()
                os.close(handle)
                raise ConfigurationError(
                    f"DATA_DIR {self._directory} is in use by another Runwatch ({holder or 'unknown process'}); "
                    "stop that one, or give this one a DATA_DIR of its own."
                ) from error
            return handle

    def _socket_path(self) -> Path:
        path = (self._directory / _SOCKET).absolute()
        if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
            return path
        short = Path(tempfile.mkdtemp(prefix="runwatch-"), _SOCKET)  # made 0700
        log.info("socket elsewhere", reason="the path of DATA_DIR is too long for a socket", socket=str(short))
        return short

    async def _start(self) -> None:
        """Start the program and wait until it has read its log back and answers."""
        if self._binary is None or self._lock is None:
            raise RuntimeError("the server is started by `async with`")
        self._socket.unlink(missing_ok=True)
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", die_with_parent.__file__, str(os.getpid())),
            *(str(self._binary.path), *self._settings()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            pass_fds=(self._lock,),
            start_new_session=True,  # Ctrl-C on the terminal is for the bot; it stops the server when it is done
        )
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"bot {os.getpid()}, its server {self._process.pid}\n".encode(), 0)
        self._reading = asyncio.create_task(self._read_log(self._process), name="embedded server's log")
        try:
            async with asyncio.timeout(_READY_WITHIN):
                await self._until_it_answers(self._process)
        except TimeoutError as error:
            await _end(self._process)
            raise ConfigurationError(f"The embedded server does not answer: {self._last_words()}") from error
        self._sound = True
        log.info("embedded server runs", pid=self._process.pid, program=str(self._binary.path))

    def _settings(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._directory.absolute()),
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "logfile": "",
        }
        return [word for name, value in settings.items() for word in (f"--{name}", value)]

    async def _until_it_answers(self, process: Process) -> None:
        while process.returncode is None:
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_unix_connection(self._socket)
                try:
                    writer.write(b"PING\r\n")
                    if (await reader.readline()).startswith(b"+PONG"):  # else -LOADING
                        return
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
            await asyncio.sleep(0.01)
        await self._log_read()
        raise ConfigurationError(f"The embedded server stopped at once: {self._last_words()}")

    async def _read_log(self, process: Process) -> None:
        if process.stdout is None:
            return
        async for raw in process.stdout:
            found = _LOG_LINE.match(raw.decode(errors="replace").strip())
            text = found["text"] if found else raw.decode(errors="replace").strip()
            self._lines.append(text)
            if found and found["level"] == "#" and self._sound:  # it warns of its host at every start
                log.warning("embedded server says", text=text)
            else:
                log.debug("embedded server says", text=text)

    async def _log_read(self) -> None:
        if self._reading:
            await asyncio.wait([self._reading])

    def _last_words(self) -> str:
        return " / ".join(list(self._lines)[-5:]) or "it said nothing"

    async def _keep_running(self) -> None:
        """Restart the server whenever it dies, at once at first, then with growing pauses."""
        loop = asyncio.get_running_loop()
        pause, started = _FIRST_PAUSE, loop.time()
        while self._process:
            code = await self._process.wait()
            self._sound = False
            log.warning("embedded server died", code=code, restart_in=pause, last_words=self._last_words())
            if loop.time() - started > _SOUND_AFTER:
                pause = _FIRST_PAUSE
            await asyncio.sleep(pause)
            pause, started = min(pause * 2, _LONGEST_PAUSE), loop.time()
            try:
                await self._start()
            except (ConfigurationError, OSError) as error:
                log.error("embedded server does not start", error=str(error))  # noqa: TRY400 — the sentence says it

    async def _stop(self) -> None:
        self._sound = False
        if self._process:
            await _end(self._process)
            await self._log_read()
            log.info("embedded server stopped", code=self._process.returncode)
        if self._socket.parent != self._directory.absolute():
            self._socket.unlink(missing_ok=True)
            with suppress(OSError):
                self._socket.parent.rmdir()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


async def _end(process: Process) -> None:
    """Ask the process to stop, and kill it when it takes too long."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            process.send_signal(sign)
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOPS_WITHIN):
                await process.wait()
                return


def socket_in(directory: Path) -> Path:
    """Return where the server of a running bot listens, for a second process that wants to ask it."""
    return directory / _SOCKET
