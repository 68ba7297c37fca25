"""Ask upstreams over HTTP: politely, within limits, and with one word for every way it can go wrong."""

import asyncio
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

import aiohttp
import stamina
from yarl import URL

from bot import __version__
from bot.domain.errors import SourceError, SourceFault
from bot.sources.cooperative import in_slices
from bot.sources.decompression import inflated
from bot.sources.http_errors import TemporaryFailure, charset_of, refuse_failure, translated

USER_AGENT = f"runwatch/{__version__}"
TRIES = 3
LONGEST_PAUSE = timedelta(seconds=30)  # an upstream that wants a longer one is asked again at the next poll instead

_CONNECT_SECONDS = 10
_REDIRECTS = 3
_CHUNK = 1 << 16
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """How long one try may take in all, and how many bytes a body may have on the wire and when plain."""

    total: timedelta
    wire: int
    plain: int


LIST_LIMITS = FetchLimits(timedelta(seconds=25), wire=8 << 20, plain=8 << 20)
DETAIL_LIMITS = FetchLimits(timedelta(seconds=120), wire=400 << 20, plain=400 << 20)


@dataclass(frozen=True, slots=True)
class Validators:
    """What to send back so that an unchanged body need not come again. Keep them only beside a result that was good."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Return the conditional headers."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Body:
    """A whole plain body; `charset` is the one the server named, "utf-8" when none or an unknown one."""

    content: bytes
    validators: Validators
    charset: str = "utf-8"

    @property
    def text(self) -> str:
        """Return the body as text; bytes that are none in its charset become “�”."""
        return self.content.decode(self.charset, errors="replace")


@dataclass(frozen=True, slots=True)
class SpooledBody:
    """A body as it came, compressed or not, in a file without a name that is gone when closed."""

    file: BinaryIO
    validators: Validators


class Http:
    """One client for all upstreams; use it in `async with`.

    `pause` is the first wait between tries; it doubles, with jitter.
    """

    def __init__(self, *, pause: timedelta = timedelta(seconds=1)) -> None:
        self._pause = pause
        self._session: aiohttp.ClientSession | None = None
        self._hosts: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            auto_decompress=False,  # aiohttp takes a gzip stream that ends early for a whole one
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"},
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
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
        known: Validators | None = None,
        accept: str = "application/json",
    ) -> Body | None:
        """Return the body at `url`; None: unchanged since `known`. Raise SourceError."""

        async def once() -> Body | None:
            async with self._answer(url, limits, known, accept) as answer:
                if answer is None:
                    return None
                wire = bytearray()
                async for chunk in _chunks(answer, limits):
                    wire += chunk
                plain = b"".join(await in_slices(inflated([bytes(wire)], limit=limits.plain)))
                return Body(plain, _validators(answer), charset_of(answer))

        return await self._tried(once)

    @asynccontextmanager
    async def spool(
        self, url: str, *, limits: FetchLimits = DETAIL_LIMITS, known: Validators | None = None
    ) -> AsyncIterator[SpooledBody | None]:
        """Bring a large body to a temporary file, as it comes; None: unchanged since `known`. Raise SourceError.

        Never two at once from one host. The plain size is for whoever inflates it to check.
        """
        with tempfile.TemporaryFile() as file:

            async def once() -> SpooledBody | None:
                file.seek(0)
                file.truncate()
                async with self._answer(url, limits, known, "application/json") as answer:
                    if answer is None:
                        return None
                    async for chunk in _chunks(answer, limits):
                        file.write(chunk)
                    return SpooledBody(file, _validators(answer))

            async with self._hosts[_host(url)]:
                spooled = await self._tried(once)
            yield spooled

    async def _tried(self, once: Callable[[], Awaitable[_Result]]) -> _Result:
        pauses = stamina.retry_context(
            on=_when_to_try_again,
            attempts=TRIES,
            timeout=None,
            wait_initial=self._pause,
            wait_max=self._pause * 8,
            wait_jitter=self._pause,
        )
        async for attempt in pauses:
            with attempt:
                return await once()
        raise AssertionError("stamina ends with a result or an error")

    @asynccontextmanager
    async def _answer(
        self, url: str, limits: FetchLimits, known: Validators | None, accept: str
    ) -> AsyncIterator[aiohttp.ClientResponse | None]:
        """Yield a 200 answer, or None for a 304; translate everything else. The time limit includes the body."""
        headers = {"Accept": accept} | (known.headers if known else {})
        with translated(_host(url)):
            async with asyncio.timeout(limits.total.total_seconds()):
                async with self._redirected(_address(url), headers) as answer:
                    if answer.status == 304 and known:  # noqa: PLR2004 -- Not Modified
                        yield None
                        return
                    await refuse_failure(answer)
                    yield answer

    @asynccontextmanager
    async def _redirected(self, url: URL, headers: dict[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """Follow redirects on the same host only, and from http to https, so that nobody is sent elsewhere."""
        if self._session is None:
            raise RuntimeError("Http is used outside of its block")
        for _ in range(_REDIRECTS + 1):
            async with self._session.get(url, headers=headers, allow_redirects=False) as answer:
                if answer.status not in {301, 302, 303, 307, 308}:
                    yield answer
                    return
                url = _next_url(url, answer.headers.get("Location", ""))
        raise SourceError(SourceFault.BLOCKED, "redirected in circles")


def _when_to_try_again(error: Exception) -> bool | timedelta:
    """Tell stamina: no, yes, or yes after the pause the upstream asked for."""
    if not isinstance(error, TemporaryFailure):
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_PAUSE else False


def _next_url(url: URL, location: str) -> URL:
    try:
        target = url.join(URL(location))
    except ValueError as error:
        raise SourceError(SourceFault.BLOCKED, "redirected to no address") from error
    upgrade = (url.scheme, target.scheme, target.port) == ("http", "https", 443)
    if not location or url.host != target.host or not (upgrade or url.origin() == target.origin()):
        raise SourceError(SourceFault.BLOCKED, "redirected to another host")
    return target


async def _chunks(answer: aiohttp.ClientResponse, limits: FetchLimits) -> AsyncIterator[bytes]:
    """Yield the body as it comes over the wire, TOO_LARGE as soon as it is known to be."""
    too_large = SourceError(SourceFault.TOO_LARGE, f"more than {limits.wire >> 20} MB on the wire")
    if (answer.content_length or 0) > limits.wire:
        raise too_large
    total = 0
    async for chunk in answer.content.iter_chunked(_CHUNK):
        total += len(chunk)
        if total > limits.wire:
            raise too_large
        yield chunk


def _validators(answer: aiohttp.ClientResponse) -> Validators:
    return Validators(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))


def _address(url: str) -> URL:
    try:
        return URL(url)
    except ValueError as error:
        raise SourceError(SourceFault.UNREACHABLE, "not an address") from error


def _host(url: str) -> str:
    return _address(url).host or "no host"
