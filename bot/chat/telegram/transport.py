"""Sends requests to the Bot API over aiohttp, with a timeout for each kind of call, and keeps the token to itself.

python-telegram-bot logs the addresses it asks and puts the token into texts of exceptions. Therefore it is told
neither: to the library an address is a bare method name ("/getMe"), and what aiohttp raises is never attached to what
is raised here. https://core.telegram.org/bots/api#making-requests
"""

import json
import os
from http import HTTPStatus
from io import BytesIO
from typing import Any

import aiohttp
from telegram import Bot
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from typing_extensions import override

from bot.network.connector import connector_for
from bot.network.errors import why_unconnected
from bot.network.proxy_rules import NO_PROXIES, ProxyRules
from bot.ports.sources import BeginRequest

# After these a message may have arrived and may be sent twice, so they are long enough for a slow day of Telegram's.
_READ_TIMEOUT_S = 15.0
_CONNECT_TIMEOUT_S = 10.0
_POOL_SIZE = 100  # above the 80 messages that are under way at most, with room for answers
_TOKEN_PLACEHOLDER = "0:kept-by-the-transport"  # noqa: S105 — what the library gets instead of the token


_Form = dict[str, str] | aiohttp.FormData


class FileTooLarge(TelegramError):
    """A file has more bytes than were asked for at most."""


class RequestUnsent(NetworkError):
    """The request never left: no connection could be made."""


class RequestUnsentInTime(RequestUnsent, TimedOut):
    """The request never left: no connection was free, or made, in time."""


class ReplyLost(NetworkError):
    """The connection broke after the request may have left; it may have been carried out."""


class AiohttpRequest(BaseRequest):
    """What python-telegram-bot sends its requests with. The session opens with the first request.

    `api_url` is scheme and host of the Bot API, which is reached through what `proxies` say; timeouts are in seconds.
    `on_request` is called with every request, and what it returns with the headers of the answer.
    """

    def __init__(  # noqa: PLR0913 — each by its name
        self,
        token: str,
        api_url: str,
        *,
        proxies: ProxyRules = NO_PROXIES,
        read_timeout: float = _READ_TIMEOUT_S,
        connect_timeout: float = _CONNECT_TIMEOUT_S,
        pool_size: int = _POOL_SIZE,
        on_request: BeginRequest | None = None,
    ) -> None:
        # The library's switch to its own future; without it every RetryAfter warns of a change to come.
        os.environ.setdefault("PTB_TIMEDELTA", "1")
        self._proxies = proxies
        self._root = f"{api_url.rstrip('/')}/bot{token}"
        self._file_root = f"{api_url.rstrip('/')}/file/bot{token}"
        self._read_timeout_s = read_timeout
        self._connect_timeout_s = connect_timeout
        self._pool_size = pool_size
        self._on_request = on_request
        self._session: aiohttp.ClientSession | None = None

    @property
    @override
    def read_timeout(self) -> float:
        """Return how many seconds an answer may take unless a call says otherwise."""
        return self._read_timeout_s

    @override
    async def initialize(self) -> None:
        """Open the session."""
        self._open_session()

    @override
    async def shutdown(self) -> None:
        """Close every connection; a later request opens a new session."""
        session, self._session = self._session, None
        if session:
            await session.close()

    @override
    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Return status and body; raise RequestUnsent, RequestUnsentInTime, TimedOut or ReplyLost."""
        timeout_s: float = self._read_timeout_s if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        try:
            return await self._request(url, method, _form_of(request_data), timeout_s)
        except Exception as error:  # noqa: BLE001 — whatever it is, its text or frames may hold the token
            failure = _network_error(error)
        raise failure  # out here, so that the original, whose text may hold the address, is not attached to it

    async def download(self, path: str, *, most_bytes: int) -> bytes:
        """Return a file by the path that getFile told; raise FileTooLarge, TelegramError.

        https://core.telegram.org/bots/api#getfile
        """
        timeout = aiohttp.ClientTimeout(total=self._read_timeout_s, connect=self._connect_timeout_s)
        address = f"{self._file_root}/{path}"
        try:
            async with self._open_session().get(address, timeout=timeout, allow_redirects=False) as response:
                if response.status == HTTPStatus.OK:
                    return await _read_up_to(response.content, most_bytes)
            failure: TelegramError = TelegramError(f"HTTP {response.status} for a file")
        except FileTooLarge:
            raise
        except Exception as error:  # noqa: BLE001 — as in `do_request`
            failure = _network_error(error)
        raise failure

    @staticmethod
    @override
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Return what a body says; raise TelegramError, without logging the body, when it cannot be read."""
        try:
            content = json.loads(payload)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise TelegramError("Invalid server response")
        return content

    async def _request(self, url: str, method: str, form: _Form, read_timeout_s: float) -> tuple[int, bytes]:
        timeout = aiohttp.ClientTimeout(
            total=read_timeout_s + self._connect_timeout_s, connect=self._connect_timeout_s, sock_read=read_timeout_s
        )
        address = f"{self._root}{url}"
        session = self._open_session()
        read_headers = self._on_request() if self._on_request else None
        # The Bot API redirects nobody: whatever does is not Telegram, and must not be followed with a token.
        async with session.request(method, address, data=form, timeout=timeout, allow_redirects=False) as response:
            if read_headers:
                read_headers(response.headers)
            return response.status, await response.read()

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=connector_for(self._proxies, limit=self._pool_size))
        return self._session


class BotApi(Bot):
    """The bot's connection to the Bot API: the library's methods, and `call` for answers as they are."""

    def __init__(self, transport: AiohttpRequest) -> None:
        self._transport = transport
        super().__init__(_TOKEN_PLACEHOLDER, base_url=lambda _: "", request=transport, get_updates_request=transport)

    async def call(self, method: str, *, read_timeout_s: float | None = None, **parameters: object) -> Any:
        """Return the plain result of a method; parameters that are None are left out. Raise TelegramError."""
        # Not the library's own methods: they refuse a whole answer when a server, older or newer than the library,
        # leaves out a field.
        # `_post` comes back to `AiohttpRequest.do_request` in this file.
        given = {name: value for name, value in parameters.items() if value is not None}
        timeout = BaseRequest.DEFAULT_NONE if read_timeout_s is None else read_timeout_s
        return await self._post(method, given, read_timeout=timeout)

    async def download(self, path: str, *, most_bytes: int) -> bytes:
        """Return a file by the path that getFile told; raise FileTooLarge, TelegramError."""
        return await self._transport.download(path, most_bytes=most_bytes)

    async def close_connections(self) -> None:
        """Close every connection; a later call opens new ones."""
        await self.request.shutdown()


async def _read_up_to(stream: aiohttp.StreamReader, most_bytes: int) -> bytes:
    """Return a whole body; raise FileTooLarge as soon as it is longer than that."""
    content = bytearray()
    async for chunk in stream.iter_any():
        content += chunk
        if len(content) > most_bytes:
            raise FileTooLarge("the file has too many bytes")
    return bytes(content)


def _form_of(request_data: RequestData | None) -> _Form:
    """Return the parameters of a request, and its files in parts of their own (multipart/form-data) where it has any.

    https://core.telegram.org/bots/api#sending-files
    """
    if request_data is None:
        return {}
    if not request_data.contains_files:
        return request_data.json_parameters
    form = aiohttp.FormData(request_data.json_parameters)
    for name, (filename, content, content_type) in request_data.multipart_data.items():
        # As a stream, which is sent in pieces: bytes would stop the loop while they are copied.
        stream = BytesIO(content) if isinstance(content, bytes) else content
        form.add_field(name, stream, filename=filename, content_type=content_type)
    return form


def _network_error(error: Exception) -> NetworkError:
    """Return the library's error, told apart by whether the request can have arrived; no text of the original."""
    kind = type(error).__name__
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return RequestUnsentInTime(f"{kind}: no connection in time; the request was not sent")
    if isinstance(error, aiohttp.ClientConnectorError):
        return RequestUnsent(f"{why_unconnected(error, error.host)}; the request was not sent")
    if isinstance(error, aiohttp.InvalidURL):
        return RequestUnsent(f"{kind}: no connection; the request was not sent")
    if isinstance(error, TimeoutError):
        return TimedOut(f"{kind}: no answer in time")
    return ReplyLost(f"{kind}: the connection broke")
