"""A local server that stands in for all exchanges at once: each has its own paths below a prefix of its own.

Example: with `GATE_URL=http://127.0.0.1:8182/gate`, the bot asks `/gate/api/v4/spot/currencies` and gets what Gate
would answer. Another path, another query, or something else sent along gets 404, and another method 405.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import msgspec
from aiohttp import web

from bot.domain.withdrawal_reading import WithdrawalFlag
from bot.http_server import WebServer
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin
from bot.replay.withdrawal_bodies.twins import TWINS

FlagsOfExchange = Callable[[str], Sequence[WithdrawalFlag] | None]
"""Returns what can be withdrawn from an exchange now, by its id; None for an exchange that is not there."""

_SHUTDOWN_GRACE_S = 1.0  # for requests under way when the server stops


def withdrawal_routes(flags_of: FlagsOfExchange, twins: Iterable[WithdrawalTwin] = TWINS) -> list[web.RouteDef]:
    """Return a route for each twin, to be served by this server or by another one beside its own."""
    return [web.route(twin.method, f"{_prefix(twin)}{twin.path}", _handler(twin, flags_of)) for twin in twins]


def withdrawal_settings(url: str, twins: Iterable[WithdrawalTwin] = TWINS) -> Mapping[str, str]:
    """Return the addresses below `url` by the settings that they are values for: `{"gate_url": ".../gate"}`."""
    return {twin.setting: f"{url}{_prefix(twin)}" for twin in twins}


class WithdrawalServer(WebServer):
    """Serves all twins; an async context manager. Port 0 takes a free one; `settings` is known inside the context."""

    def __init__(self, flags_of: FlagsOfExchange, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(
            withdrawal_routes(flags_of),
            host,
            port,
            explain=lambda address, reason: f"The exchanges' stand-in cannot listen on {address}: {reason}",
            grace=_SHUTDOWN_GRACE_S,
        )

    @property
    def settings(self) -> Mapping[str, str]:
        """Return the settings that lead to this server."""
        host, port = self.address
        return withdrawal_settings(f"http://{host}:{port}")


def _prefix(twin: WithdrawalTwin) -> str:
    return f"/{twin.setting.removesuffix('_url')}"


def _handler(twin: WithdrawalTwin, flags_of: FlagsOfExchange) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(request: web.Request) -> web.Response:
        flags = flags_of(twin.exchange)
        if flags is None or dict(request.query) != dict(twin.query) or await request.read() != twin.content:
            raise web.HTTPNotFound
        return web.Response(body=msgspec.json.encode(twin.write(flags)), content_type="application/json")

    return answer
