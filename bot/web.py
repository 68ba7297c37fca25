"""An HTTP server that listens while its context lasts, for the endpoints of the service and for replays."""

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from aiohttp import web

from bot.domain.errors import ConfigurationError

_GRACE = 60.0  # seconds for requests under way when the server stops, aiohttp's own default


class WebServer:
    """Serves routes at one address.

    `explain` makes the sentence for an address that is taken from the address and the system's reason. Port 0 takes a
    free one, which `address` tells inside the context.
    """

    def __init__(
        self,
        routes: Iterable[web.RouteDef],
        host: str,
        port: int,
        *,
        explain: Callable[[str, str], str],
        grace: float = _GRACE,
    ) -> None:
        application = web.Application()
        application.add_routes(routes)
        self._host, self._port = host, port
        self._explain = explain
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=grace)

    async def __aenter__(self) -> Self:
        """Listen; raise ConfigurationError when the address is taken."""
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
        """Return the host and the port that are really listened on."""
        host, port = self._runner.addresses[0][:2]
        return str(host), int(port)
