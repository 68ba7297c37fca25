"""A line to a Redis server that can be cut, slowed down, or made to lie about single commands.

    async with RedisProxy(socket_of_the_server) as line:
        store = await open_store(line.url, clock=clock)
        line.lose_reply(when=runs(script("lanes", "finish_deliveries")))   # carried out, then the line breaks
        line.refuse(OOM, times=3)                               # answered by the line, never carried out
        line.cut()                                              # every connection breaks

It reads whole commands and whole replies (RESP2) and passes them on one by one, in their order, so that a fault hits
just the command that it is meant for. While there is no server behind it, whoever connects is hung up on.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from bot.storage.lua import Script

OOM = "OOM command not allowed when used memory > 'maxmemory'."
READONLY = "READONLY You can't write against a read only replica."
LOADING = "LOADING Redis is loading the dataset in memory"

Words = Sequence[bytes]
When = Callable[[Words], bool]


def always(words: Words) -> bool:
    """Say yes to every command but those that a connection begins with."""
    return words[0].upper() not in {b"CLIENT", b"HELLO", b"SELECT"}


def runs(script: Script) -> When:
    """Return a question that only calls of a script say yes to."""
    return lambda words: words[0].upper() == b"EVALSHA" and words[1] == script.sha.encode()


@dataclass(slots=True)
class ProxyFault:
    """One way to misbehave, `times` more times, for the commands that `when` says yes to."""

    when: When
    times: int
    refusal: str = ""
    loses_reply: bool = False
    release: asyncio.Event | None = None


class RedisProxy:
    """Listens on a port of the loopback interface and passes on to a unix socket."""

    def __init__(self, behind: Path) -> None:
        self._behind = behind
        self._lines: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._faults: list[ProxyFault] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"redis://127.0.0.1:{self._listener.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exception: object) -> None:
        """Hang up on everybody."""
        self._listener.close()
        self.behave()
        self.cut()
        if self._lines:
            await asyncio.wait(self._lines)

    def refuse(self, error: str, *, when: When = always, times: int = 1) -> None:
        """Answer the next commands with an error, in the server's place."""
        self._faults.append(ProxyFault(when, times, refusal=error))

    def lose_reply(self, *, when: When = always, times: int = 1) -> None:
        """Let the next commands be carried out, then hang up instead of answering."""
        self._faults.append(ProxyFault(when, times, loses_reply=True))

    def delay(self, *, when: When = always, times: int = 1) -> asyncio.Event:
        """Pass the next commands on only once the event returned is set."""
        release = asyncio.Event()
        self._faults.append(ProxyFault(when, times, release=release))
        return release

    def behave(self) -> None:
        """Drop every fault, and pass on what was delayed."""
        for fault in self._faults:
            if fault.release:
                fault.release.set()
        self._faults.clear()

    def cut(self) -> None:
        """Break every connection there is."""
        for client in self._lines.values():
            client.transport.abort()

    @property
    def is_spent(self) -> bool:
        """Return whether every fault was played as often as it was meant to be."""
        return not any(fault.times for fault in self._faults)

    def _connected(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(self._serve(from_client, to_client))
        self._lines[line] = to_client
        line.add_done_callback(self._lines.pop)

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        to_server: asyncio.StreamWriter | None = None
        try:
            from_server, to_server = await asyncio.open_unix_connection(self._behind)
            client, server = _Frames(from_client), _Frames(from_server)
            while command := await client.next():
                answer = await self._answered(command, server, to_server)
                if not answer:
                    break
                to_client.write(answer)
                await to_client.drain()
        except OSError:
            pass
        finally:
            for side in (to_client, to_server):
                if side:
                    side.transport.abort()
                    with suppress(OSError):
                        await side.wait_closed()

    async def _answered(self, command: bytes, server: "_Frames", to_server: asyncio.StreamWriter) -> bytes:
        """Return what to answer a command with, nothing to hang up."""
        words = _words(command)
        fault = self._next_fault(words)
        if fault and fault.release:
            await fault.release.wait()
        if fault and fault.refusal:
            return f"-{fault.refusal}\r\n".encode()
        to_server.write(command)
        await to_server.drain()
        answer = await server.next()
        return b"" if fault and fault.loses_reply else answer

    def _next_fault(self, words: Words) -> ProxyFault | None:
        for fault in self._faults:
            if fault.times > 0 and fault.when(words):
                fault.times -= 1
                return fault
        return None


class _Frames:
    """Commands or replies as they come, each in one piece; nothing once the other side has hung up."""

    def __init__(self, source: asyncio.StreamReader) -> None:
        self._source = source
        self._buffer = b""

    async def next(self) -> bytes:
        while (end := _end(self._buffer, 0)) < 0:
            chunk = await self._source.read(65536)
            if not chunk:
                return b""
            self._buffer += chunk
        frame, self._buffer = self._buffer[:end], self._buffer[end:]
        return frame


def _end(buffer: bytes, start: int) -> int:
    """Return where the value that begins at `start` ends, -1 while it is not all there.

    https://redis.io/docs/latest/develop/reference/protocol-spec/
    """
    line = buffer.find(b"\r\n", start)
    if line < 0:
        return -1
    kind, end = buffer[start : start + 1], line + 2
    if kind in b"+-:":
        return end
    number = int(buffer[start + 1 : line])
    if kind == b"$":
        end += number + 2 if number >= 0 else 0
        return end if end <= len(buffer) else -1
    for _ in range(number):
        end = _end(buffer, end)
        if end < 0:
            return -1
    return end


def _words(command: bytes) -> list[bytes]:
    words, position = [], command.find(b"\r\n") + 2
    while position < len(command):
        line = command.find(b"\r\n", position)
        length = int(command[position + 1 : line])
        words.append(command[line + 2 : line + 2 + length])
        position = line + 2 + length + 2
    return words
