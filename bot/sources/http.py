"""The HTTP client for all upstreams: timeouts, size limits, retries, conditional requests, safe redirects.

Every failure is a SourceError. A temporary one (timeout, broken connection, 408, 429, 5xx) is tried three times in
all. Example: 429 with `Retry-After: 5` is asked again after 5 s, `Retry-After: 3600` fails at once, and the caller
learns of the hour.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

import aiohttp
import stamina
from yarl import URL

from bot import __version__
from bot.domain.errors import SourceError, SourceFault
from bot.network.connector import connector_for
from bot.network.proxy_rules import NO_PROXIES, ProxyRules
from bot.ports.sources import ReadHeaders
from bot.sources.body_file import MEMORY_BODY_BYTES, memory_file, temporary_file
from bot.sources.decompression import decompress
from bot.sources.http_errors import NoRoomForBody, TemporaryFailure, charset_of, raise_for_failure, translate_errors
from bot.sources.http_types import (
    DETAIL_LIMITS,
    LIST_LIMITS,
    Body,
    FetchLimits,
    OutgoingRequest,
    Signer,
    SpooledBody,
    Validators,
)
from bot.sources.loop_sharing import collect_in_slices
from bot.sources.small_reads import small_socket

USER_AGENT = f"runwatch/{__version__}"
MAX_ATTEMPTS = 3
MAX_RETRY_AFTER = timedelta(seconds=30)
"""An upstream that asks for a longer pause is asked again at the next poll instead."""
LARGE_BODIES_AT_ONCE = 4
"""That one host sends: so that a slow one delays no other, and few enough to be no load."""

_CONNECT_TIMEOUT_S = 10  # looking the name up included
_MAX_REDIRECTS = 3
_CONNECTIONS_MAX = 100  # as aiohttp has it; there are a handful of upstreams
_CHUNK_BYTES = 1 << 16
_SLOWEST_BYTES = 40_000  # in every span of `FetchLimits.stall`: a kilobyte a second
_FILE_TROUBLE = (
    "No temporary file can be written ({reason}): free space in /tmp, or set TMPDIR to a directory that can be "
    "written. Until then amounts are kept in memory while they are read."
)
_Result = TypeVar("_Result")


class Http:
    """One client for all upstreams; use it in `async with`.

    `proxies` says which proxy an upstream is reached through. `pause` is the first wait between `attempts`; it
    doubles, with jitter. `on_request` is called with the host of every request, and what it returns with the headers
    of the answer. `make_file` makes the files that large bodies are written to.
    """

    def __init__(
        self,
        proxies: ProxyRules = NO_PROXIES,
        *,
        pause: timedelta = timedelta(seconds=1),
        attempts: int = MAX_ATTEMPTS,
        on_request: Callable[[str], ReadHeaders] = lambda _host: lambda _headers: None,
        make_file: Callable[[], BinaryIO] = temporary_file,
    ) -> None:
        self.file_troubles: Sequence[str] = ()
        self._proxies = proxies
        self._pause = pause
        self._attempts_max = attempts
        self._on_request = on_request
        self._make_file = make_file
        self._session: aiohttp.ClientSession | None = None
        self._body_slots = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(LARGE_BODIES_AT_ONCE))

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=connector_for(self._proxies, limit=_CONNECTIONS_MAX, socket_factory=small_socket),
            auto_decompress=False,  # aiohttp takes a gzip stream that ends early for a whole one
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            timeout=aiohttp.ClientTimeout(total=None, connect=_CONNECT_TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()
        self._session = None

    async def fetch(
        self,
        url: str,
        *,
        limits: FetchLimits = LIST_LIMITS,
        validators: Validators | None = None,
        accept: str = "application/json",
    ) -> Body | None:
        """Return the body at `url`; None: unchanged since the answer that `validators` came with. Raise SourceError."""

        async def attempt() -> Body | None:
            request = OutgoingRequest(url, headers=_headers(accept, validators))
            async with self._request(request, limits, is_conditional=validators is not None) as response:
                return await _whole_body(response, limits) if response else None

        return await self._with_retries(attempt, url, limits)

    async def send(
        self, request: OutgoingRequest, *, limits: FetchLimits = LIST_LIMITS, sign: Signer = lambda request: request
    ) -> Body:
        """Return the body that answers a request, which is signed anew for every attempt; raise SourceError.

        A request with a content is not sent again where a redirect points to: it is refused there as elsewhere.
        """

        async def attempt() -> Body:
            signed = sign(request)
            asking = replace(signed, headers=_headers("application/json", None) | dict(signed.headers))
            async with self._request(asking, limits, is_conditional=False) as response:
                if response is None:
                    raise AssertionError("only a conditional request is answered with 304")
                return await _whole_body(response, limits)

        return await self._with_retries(attempt, request.url, limits)

    @asynccontextmanager
    async def spool(
        self, url: str, *, limits: FetchLimits = DETAIL_LIMITS, validators: Validators | None = None
    ) -> AsyncIterator[SpooledBody | None]:
        """Bring a large body to a file, as it comes; None: unchanged, as in `fetch`. Raise SourceError.

        One host sends `LARGE_BODIES_AT_ONCE` such bodies at a time. Where no temporary file can be written the body is
        kept in memory, and `file_troubles` says so. The plain size is checked by whoever decompresses the file.
        """
        async with self._body_slots[_host(url)]:
            try:
                spooled = await self._spool_to(self._make_file, url, limits, validators)
                self.file_troubles = ()
            except NoRoomForBody as error:
                self.file_troubles = [_FILE_TROUBLE.format(reason=error.reason)]
                in_memory = replace(limits, wire_bytes=min(limits.wire_bytes, MEMORY_BODY_BYTES))
                spooled = await self._spool_to(memory_file, url, in_memory, validators)
        try:
            yield spooled
        finally:
            if spooled:
                _close(spooled.file)

    async def _spool_to(
        self, make_file: Callable[[], BinaryIO], url: str, limits: FetchLimits, validators: Validators | None
    ) -> SpooledBody | None:
        with translate_errors(_host(url)):
            file = make_file()

        async def attempt() -> SpooledBody | None:
            request = OutgoingRequest(url, headers=_headers("application/json", validators))
            async with self._request(request, limits, is_conditional=validators is not None) as response:
                file.seek(0)  # an earlier attempt may have left the beginning of a body
                file.truncate()
                if response is None:
                    return None
                async for chunk in _chunks(response, limits):
                    file.write(chunk)
                file.flush()  # a full disk is noticed here, and not by whoever reads
                return SpooledBody(file, _validators(response))

        spooled = None
        try:
            spooled = await self._with_retries(attempt, url, limits)
        finally:
            if spooled is None:
                _close(file)
        return spooled

    async def _with_retries(self, attempt: Callable[[], Awaitable[_Result]], url: str, limits: FetchLimits) -> _Result:
        with translate_errors(_host(url)):
            async with asyncio.timeout(limits.in_all.total_seconds()):
                return await self._attempts(attempt)

    async def _attempts(self, attempt: Callable[[], Awaitable[_Result]]) -> _Result:
        retries = stamina.retry_context(
            on=_retry_decision,
            attempts=self._attempts_max,
            timeout=None,
            wait_initial=self._pause,
            wait_max=self._pause * 8,
            wait_jitter=self._pause,
        )
        async for scope in retries:
            with scope:
                return await attempt()
        raise AssertionError("stamina ends with a result or an error")

    @asynccontextmanager
    async def _request(
        self, request: OutgoingRequest, limits: FetchLimits, *, is_conditional: bool
    ) -> AsyncIterator[aiohttp.ClientResponse | None]:
        """Yield a response with status 200, or None for a 304; raise for others. The time limit includes the body."""
        with translate_errors(_host(request.url)):
            async with asyncio.timeout(limits.total.total_seconds()):
                async with self._follow_redirects(request, limits) as response:
                    if response.status == 304 and is_conditional:  # noqa: PLR2004 -- Not Modified
                        yield None
                        return
                    await raise_for_failure(response)
                    yield response

    @asynccontextmanager
    async def _follow_redirects(
        self, request: OutgoingRequest, limits: FetchLimits
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Follow redirects on the same host only, and from http to https, so that nobody is sent elsewhere."""
        if self._session is None:
            raise RuntimeError("Http is used outside of its block")
        url = _parsed_url(request.url)
        for _ in range(_MAX_REDIRECTS + 1):
            read_headers = self._on_request(url.host or "")
            async with asyncio.timeout(limits.stall.total_seconds()):
                begun = await self._session.request(
                    request.method, url, headers=request.headers, data=request.content, allow_redirects=False
                )
            async with begun as response:
                read_headers(response.headers)
                if response.status not in {301, 302, 303, 307, 308}:
                    yield response
                    return
                if request.content is not None:
                    raise SourceError(SourceFault.BLOCKED, "redirected, although something was sent along")
                url = _redirect_target(url, response.headers.get("Location", ""))
        raise SourceError(SourceFault.BLOCKED, "redirected in circles")


def _retry_decision(error: Exception) -> bool | timedelta:
    """Tell stamina: no, yes, or yes after the pause the upstream asked for."""
    if not isinstance(error, TemporaryFailure):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= MAX_RETRY_AFTER else False


def _redirect_target(url: URL, location: str) -> URL:
    try:
        target = url.join(URL(location))
    except ValueError as error:
        raise SourceError(SourceFault.BLOCKED, "redirected to no address") from error
    is_upgrade = (url.scheme, target.scheme, target.port) == ("http", "https", 443)
    if not location or url.host != target.host or not (is_upgrade or url.origin() == target.origin()):
        raise SourceError(SourceFault.BLOCKED, "redirected to another host")
    return target


def _headers(accept: str, validators: Validators | None) -> dict[str, str]:
    return {"Accept": accept} | (validators.headers if validators else {})


async def _whole_body(response: aiohttp.ClientResponse, limits: FetchLimits) -> Body:
    wire = bytearray()
    async for chunk in _chunks(response, limits):
        wire += chunk
    plain = b"".join(await collect_in_slices(decompress([bytes(wire)], limit=limits.plain_bytes)))
    return Body(plain, _validators(response), charset_of(response))


async def _chunks(response: aiohttp.ClientResponse, limits: FetchLimits) -> AsyncIterator[bytes]:
    """Yield the body as it comes over the wire; raise TOO_LARGE as soon as it is announced, or turns out, to be."""
    too_large = SourceError(SourceFault.TOO_LARGE, f"more than {limits.wire_bytes >> 20} MB on the wire")
    if (response.content_length or 0) > limits.wire_bytes:
        raise too_large
    total, stall_s = 0, limits.stall.total_seconds()
    deadline_s, needed = _loop_time() + stall_s, _SLOWEST_BYTES
    while True:
        async with asyncio.timeout_at(deadline_s):
            chunk = await response.content.read(_CHUNK_BYTES)
        if not chunk:
            return
        total += len(chunk)
        if total > limits.wire_bytes:
            raise too_large
        if total >= needed:
            deadline_s, needed = _loop_time() + stall_s, total + _SLOWEST_BYTES
        yield chunk


def _validators(response: aiohttp.ClientResponse) -> Validators:
    return Validators(response.headers.get("ETag"), response.headers.get("Last-Modified"))


def _parsed_url(url: str) -> URL:
    try:
        return URL(url)
    except ValueError as error:
        raise SourceError(SourceFault.UNREACHABLE, "not an address") from error


def _host(url: str) -> str:
    return _parsed_url(url).host or "no host"


def _close(file: BinaryIO) -> None:
    with suppress(OSError):  # what a full disk has not taken is tried again by `close`
        file.close()


def _loop_time() -> float:
    return asyncio.get_running_loop().time()
