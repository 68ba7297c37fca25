"""An HTTP server that listens while its context lasts: for `/healthz` and `/metrics` of the service, and for replays.

Port 0 takes any free port: after `async with WebServer(routes, "127.0.0.1", 0, explain=explain) as server`,
`server.address` is, for example, ("127.0.0.1", 40231).
"""

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.domain.errors import ConfigurationError

_SHUTDOWN_WAIT_S = 60.0  # for requests that are being answered when the server stops; aiohttp's own default


class WebServer:
    """Serves routes at one address.

    When the address is in use already, `explain(address, reason)` returns the sentence of the ConfigurationError.
    `grace` is how many seconds requests that are being answered get when the server stops.
    """

    def __init__(
        self,
        routes: Iterable[web.RouteDef],
        host: str,
        port: int,
        *,
        explain: Callable[[str, str], str],
        grace: float = _SHUTDOWN_WAIT_S,
    ) -> None:
        application = web.Application()
        application.add_routes(routes)
        self._host, self._port = host, port
        self._explain = explain
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=grace)

    async def __aenter__(self) -> Self:
        """Listen; raise ConfigurationError when the address is in use."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            reason = error.strerror or str(error)
            raise ConfigurationError(self._explain(f"{self._host}:{self._port}", reason)) from None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    @property
    def address(self) -> tuple[str, int]:
        """Return the host and the port that it listens on."""
        host, port = self._runner.addresses[0][:2]
        return str(host), int(port)
