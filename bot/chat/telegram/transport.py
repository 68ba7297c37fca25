"""The Bot API over aiohttp: one session, a deadline for each kind of call, and a token that never leaves this file.

python-telegram-bot logs its addresses and puts its token into texts of exceptions. Therefore it is told neither: to the
library an address is a bare method name, and what aiohttp raises is never attached to what is raised here.
"""

import json
import os
from typing import Any

import aiohttp
from telegram import Bot
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData
from typing_extensions import override

READ_TIMEOUT = 15.0
CONNECT_TIMEOUT = 10.0
POOL_SIZE = 100
_INSTEAD_OF_THE_TOKEN = "0:kept-by-the-transport"  # noqa: S105 — it is what stands in for one


class RequestUnsent(NetworkError):
    """The request never left: no connection could be made."""


class RequestUnsentInTime(RequestUnsent, TimedOut):
    """The request never left: no connection was free, or made, in time."""


class ReplyLost(NetworkError):
    """The connection broke after the request may have left; it may have been carried out."""


class AiohttpRequest(BaseRequest):
    """What python-telegram-bot sends its requests with. The session opens with the first request."""

    def __init__(
        self,
        token: str,
        api_url: str,
        *,
        read_timeout: float = READ_TIMEOUT,
        connect_timeout: float = CONNECT_TIMEOUT,
        pool_size: int = POOL_SIZE,
    ) -> None:
        # The library's switch to its own future; without it every RetryAfter warns of a change to come.
        os.environ.setdefault("PTB_TIMEDELTA", "1")
        self._root = f"{api_url.rstrip('/')}/bot{token}"
        self._read_timeout = read_timeout
        self._connect_timeout = connect_timeout
        self._pool_size = pool_size
        self._session: aiohttp.ClientSession | None = None

    @property
    @override
    def read_timeout(self) -> float:
        """Return how many seconds an answer may take unless a call says otherwise."""
        return self._read_timeout

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
        """Return status and body; raise Unsent, UnsentInTime, TimedOut or ReplyLost."""
        patience: float = self._read_timeout if read_timeout is BaseRequest.DEFAULT_NONE else read_timeout
        try:
            parameters = request_data.json_parameters if request_data else {}  # files are left out: none is ever sent
            return await self._exchange(url, method, parameters, patience)
        except Exception as error:  # noqa: BLE001 — whatever it is, its text or frames may hold the token
            failure = _translated(error)
        raise failure  # out here, so that the original, whose text may hold the address, is not attached to it

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

    async def _exchange(self, url: str, method: str, form: dict[str, str], patience: float) -> tuple[int, bytes]:
        deadline = aiohttp.ClientTimeout(
            total=patience + self._connect_timeout, connect=self._connect_timeout, sock_read=patience
        )
        address = f"{self._root}{url}"
        session = self._open_session()
        async with session.request(method, address, data=form, timeout=deadline, allow_redirects=False) as response:
            return response.status, await response.read()

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=self._pool_size))
        return self._session


class BotApi(Bot):
    """The bot's connection to the Bot API: the library's methods, and `call` for answers as they are."""

    def __init__(self, transport: AiohttpRequest) -> None:
        super().__init__(_INSTEAD_OF_THE_TOKEN, base_url=lambda _: "", request=transport, get_updates_request=transport)

    async def call(self, method: str, *, patience: float | None = None, **parameters: object) -> Any:
        """Return the plain result of a method; raise TelegramError.

        For reading: the library refuses whole objects when a server, older or newer than itself, lacks a field.
        """
        given = {name: value for name, value in parameters.items() if value is not None}
        return await self._post(method, given, read_timeout=BaseRequest.DEFAULT_NONE if patience is None else patience)

    async def close_connections(self) -> None:
        """Close every connection; a later call opens new ones."""
        await self.request.shutdown()


def _translated(error: Exception) -> NetworkError:
    """Return the library's error, told apart by whether the request can have arrived; no text of the original."""
    kind = type(error).__name__
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return RequestUnsentInTime(f"{kind}: no connection in time; the request was not sent")
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.InvalidURL)):
        return RequestUnsent(f"{kind}: no connection; the request was not sent")
    if isinstance(error, TimeoutError):
        return TimedOut(f"{kind}: no answer in time")
    return ReplyLost(f"{kind}: the connection broke")
