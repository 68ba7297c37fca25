"""Looks names up in threads that nobody waits for at the end.

Where no name server answers, a look-up takes half a minute. asyncio's own threads are waited for when a program ends:
`check` would be late with what it found out, and a stopped service would be killed after the 10 s it is given.
"""

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

_Address = tuple[Any, ...]  # as getaddrinfo has it: (host, port), and with IPv6 two numbers more


class UnwaitedResolver(AbstractResolver):
    """Resolves as aiohttp's own resolver does, each look-up in a daemon thread."""

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of a host; raise OSError."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[ResolveResult]] = loop.create_future()

        def look_up() -> None:
            try:
                found, failure = _addresses(host, port, family), None
            except (OSError, UnicodeError) as error:  # the latter: no name at all
                found, failure = [], error
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(_settle, answer, found, failure)

        threading.Thread(target=look_up, name=f"look up {host}", daemon=True).start()
        return await answer

    @override
    async def close(self) -> None:
        """Do nothing: what is under way ends by itself, or with the process."""


def _settle(
    answer: asyncio.Future[list[ResolveResult]], found: list[ResolveResult], failure: OSError | UnicodeError | None
) -> None:
    if answer.done():  # cancelled
        return
    if failure is None:
        answer.set_result(found)
    else:
        answer.set_exception(failure if isinstance(failure, OSError) else OSError(None, str(failure)))


def _addresses(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    answers = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [
        ResolveResult(
            hostname=host,
            host=_host_of(address),
            port=port,
            family=answer_family,
            proto=protocol,
            flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
        )
        for answer_family, _, protocol, _, address in answers
    ]


def _host_of(address: _Address) -> str:
    """Return the address alone; a link-local one of IPv6 needs the number of its network card."""
    scope_position = 3
    has_scope = len(address) > scope_position and address[scope_position]
    return f"{address[0]}%{address[scope_position]}" if has_scope else str(address[0])
