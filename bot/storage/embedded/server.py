"""The embedded server, which runs while REDIS_URL is not set: started, watched, restarted and stopped with the bot.

It listens on a unix socket only, appends every write to a log that is flushed to the disk once a second, never evicts,
and ends with the bot. When it dies it is restarted after 0.1 s, then 0.2 s and so on up to 2 s.

A lock on the directory keeps two bots from sharing it. The server process has the lock, too: after a `kill -9` of the
bot, a new bot waits until the old server has written everything and is gone.
"""

import asyncio
import fcntl
import os
import re
import signal
import subprocess
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
from bot.storage.embedded.damaged_log import LogDamage, cut, find_damage
from bot.storage.embedded.private_directory import make_private, refused
from bot.storage.embedded.server_binary import ServerBinary, find_binary

_SOCKET = "server.sock"
_SOCKET_PATH_MAX_BYTES = 100  # sun_path has room for 108 on Linux and 104 on macOS, unix(7)
TIMER_HZ = "2"
"""How often a second the server looks after itself: its default of 10 is half of what an idle one uses.

A blocking read ends up to half a second late by it. https://github.com/valkey-io/valkey/blob/9.0/valkey.conf
"""
_LOCK_TIMEOUT_S = 5.0  # the server of a bot that was killed needs a moment to stop
_LOCK_RETRY_S = 0.05
_START_TIMEOUT_S = 60.0  # a log of some hundred MB is read in seconds
_STOP_TIMEOUT_S = 5.0  # then it is killed; the log is complete up to the last second anyway
_FIRST_RESTART_PAUSE_S, _RESTART_PAUSE_MAX_S = 0.1, 2.0
_STABLE_AFTER_S = 30.0  # a server that ran for so long is restarted after the first pause again
_LAST_LINES = 20  # of its log, for the message when it does not start
_LOG_LINE = re.compile(r"^\d+:\w+ .*?(?P<level>[.\-*#]) (?P<text>.*)$")

log = structlog.get_logger(__name__)


class EmbeddedServer:
    """A server whose data is in a directory: `async with EmbeddedServer(directory) as server: server.url`.

    `notices` are sentences for the operator about what was repaired at the start.
    """

    def __init__(
        self, directory: Path, *, binary: ServerBinary | None = None, lock_timeout_s: float = _LOCK_TIMEOUT_S
    ) -> None:
        self._directory = directory
        self._lock_timeout_s = lock_timeout_s
        self._binary = binary
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._socket = directory / _SOCKET
        self._lock: int | None = None
        self._is_serving = False
        self.notices: list[str] = []
        self._process: Process | None = None
        self._log_reader: asyncio.Task[None] | None = None
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return the address for clients: `unix:///…/server.sock`."""
        return f"unix://{self._socket}"

    @property
    def pid(self) -> int | None:
        """Return the process id of the present server process, None before the first start."""
        return self._process.pid if self._process else None

    async def __aenter__(self) -> Self:
        """Start the server and return when it answers; raise ConfigurationError when it cannot be started."""
        await asyncio.to_thread(make_private, self._directory)
        self._binary = self._binary or await asyncio.to_thread(find_binary, self._directory)
        self._lock = await self._acquire_lock()
        try:
            self._socket = self._socket_path()
            await self._start()
        except BaseException:
            await self._stop()
            raise
        self._supervisor = asyncio.create_task(self._keep_running(), name="embedded server")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server; everything written to it is on the disk afterwards."""
        if self._supervisor:
            self._supervisor.cancel()
            await asyncio.wait([self._supervisor])
        await self._stop()

    async def _acquire_lock(self) -> int:
        path = self._directory / "lock"
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise refused(path) from error
        deadline = asyncio.get_running_loop().time() + self._lock_timeout_s
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if asyncio.get_running_loop().time() < deadline:
                    await asyncio.sleep(_LOCK_RETRY_S)
                    continue
                owner = os.read(handle, 200).decode(errors="replace").strip()
                os.close(handle)
                raise ConfigurationError(
                    f"DATA_DIR {self._directory} is in use by another Runwatch ({owner or 'unknown process'}); "
                    "stop that one, or give this one a DATA_DIR of its own."
                ) from error
            return handle

    def _socket_path(self) -> Path:
        path = (self._directory / _SOCKET).absolute()
        if len(os.fsencode(path)) <= _SOCKET_PATH_MAX_BYTES:
            return path
        short = Path(tempfile.mkdtemp(prefix="runwatch-"), _SOCKET)  # mkdtemp makes it 0700
        log.info(
            "embedded server socket outside DATA_DIR",
            reason="the path of DATA_DIR is too long for a socket",
            socket=str(short),
        )
        return short

    async def _start(self) -> None:
        """Start the program and return when it answers; where the end of its log is torn, cut that off before."""
        try:
            await self._start_program()
        except ConfigurationError:
            # One that runs and does not answer has read its log, or is reading it still.
            damage = await self._damage(self._binary) if self._binary is not None and self._has_ended else None
            if damage is None:
                raise
            if not damage.is_torn_end:
                raise ConfigurationError(str(damage)) from None
            await self._cut(damage)
            await self._start_program()

    async def repair(self) -> LogDamage | None:
        """Cut off whatever of the log cannot be read, and return what it was, None where all can be read.

        What cannot be made good by cutting is returned and left as it is. Raise ConfigurationError when a bot runs
        here.
        """
        await asyncio.to_thread(make_private, self._directory)
        binary = self._binary if self._binary is not None else await asyncio.to_thread(find_binary, self._directory)
        self._lock = await self._acquire_lock()
        try:
            damage = await self._damage(binary)
            if damage and damage.may_be_cut:
                await self._cut(damage)
            return damage
        finally:
            await self._stop()

    async def _damage(self, binary: ServerBinary) -> LogDamage | None:
        try:
            return await asyncio.to_thread(find_damage, self._directory, binary)
        except (OSError, subprocess.SubprocessError) as error:
            log.warning("log not checked", error=str(error))
            return None

    async def _cut(self, damage: LogDamage) -> None:
        try:
            await asyncio.to_thread(cut, damage)
        except OSError as error:
            raise ConfigurationError(f"{damage} Cutting it failed: {error.strerror}.") from error
        log.warning(
            "torn end of the log cut off", file=str(damage.file), bytes=damage.lost_bytes, copy=str(damage.copy)
        )
        self.notices.append(
            f"The last {damage.lost_bytes:,} bytes of {damage.file} were not written to their end, as after a power "
            f"cut. They were cut off: what was stored in the last second may be missing. A copy is {damage.copy}."
        )

    @property
    def _has_ended(self) -> bool:
        return self._process is not None and self._process.returncode is not None

    async def _start_program(self) -> None:
        """Start the program and return when it has read its log and answers."""
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
        self._log_reader = asyncio.create_task(self._read_log(self._process), name="embedded server's log")
        try:
            async with asyncio.timeout(_START_TIMEOUT_S):
                await self._wait_for_answer(self._process)
        except TimeoutError as error:
            await _terminate(self._process)
            raise ConfigurationError(f"The embedded server does not answer: {self._last_lines()}") from error
        self._is_serving = True
        log.info("embedded server runs", pid=self._process.pid, program=str(self._binary.path))

    def _settings(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "600",
            "dir": str(self._directory.absolute()),
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "no",  # it would cut without a copy; damaged_log.py does
            "save": "",
            "hz": TIMER_HZ,
            "maxmemory-policy": "noeviction",
            "logfile": "",
        }
        return [word for name, value in settings.items() for word in (f"--{name}", value)]

    async def _wait_for_answer(self, process: Process) -> None:
        while process.returncode is None:
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_unix_connection(self._socket)
                try:
                    writer.write(b"PING\r\n")
                    if (await reader.readline()).startswith(b"+PONG"):  # else it says -LOADING
                        return
                finally:
                    writer.close()
                    with suppress(OSError):
                        await writer.wait_closed()
            await asyncio.sleep(0.01)
        await self._wait_for_log_end()
        raise ConfigurationError(f"The embedded server stopped at once: {self._last_lines()}")

    async def _read_log(self, process: Process) -> None:
        if process.stdout is None:
            return
        async for raw in process.stdout:
            line = raw.decode(errors="replace").strip()
            parts = _LOG_LINE.match(line)
            text = parts["text"] if parts else line
            self._lines.append(text)
            # "#" is a warning. At every start it warns of settings of the host, which concern nobody here.
            if parts and parts["level"] == "#" and self._is_serving:
                log.warning("embedded server log", text=text)
            else:
                log.debug("embedded server log", text=text)

    async def _wait_for_log_end(self) -> None:
        if self._log_reader:
            await asyncio.wait([self._log_reader])

    def _last_lines(self) -> str:
        return " / ".join(list(self._lines)[-5:]) or "it said nothing"

    async def _keep_running(self) -> None:
        """Restart the server whenever it dies, after pauses that grow while it keeps dying."""
        loop = asyncio.get_running_loop()
        pause_s, started_at_s = _FIRST_RESTART_PAUSE_S, loop.time()
        while self._process:
            code = await self._process.wait()
            self._is_serving = False
            log.warning("embedded server died", code=code, restart_in=pause_s, last_words=self._last_lines())
            if loop.time() - started_at_s > _STABLE_AFTER_S:
                pause_s = _FIRST_RESTART_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s, started_at_s = min(pause_s * 2, _RESTART_PAUSE_MAX_S), loop.time()
            try:
                await self._start()
            except (ConfigurationError, OSError) as error:
                log.error("embedded server does not start", error=str(error))  # noqa: TRY400 — the sentence says it

    async def _stop(self) -> None:
        self._is_serving = False
        if self._process:
            await _terminate(self._process)
            await self._wait_for_log_end()
            log.info("embedded server stopped", code=self._process.returncode)
        if self._socket.parent != self._directory.absolute():
            self._socket.unlink(missing_ok=True)
            with suppress(OSError):
                self._socket.parent.rmdir()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


async def _terminate(process: Process) -> None:
    """Ask the process to stop, and kill it when it takes too long."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            process.send_signal(signal_number)
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_TIMEOUT_S):
                await process.wait()
                return


def socket_in(directory: Path) -> Path:
    """Return the socket of a bot's server, for a second process such as `runwatch ask`; a long path has another."""
    return directory / _SOCKET
