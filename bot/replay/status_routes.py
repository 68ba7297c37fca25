"""Routes of a local server: system status and status pages, and signed interfaces for those who have a key.

Each exchange has its own paths below a prefix of its own: with `OKX_URL=http://127.0.0.1:8182/okx` the bot asks
`/okx/api/v5/system/status`. Signatures are made for the exchange's own path, `/api/v5/system/status`.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
from aiohttp import web

from bot.domain.exchange_key import ExchangeKey
from bot.ports.sources import Clock
from bot.replay.withdrawal_bodies.condition import ConditionOfExchange, StatusTwin
from bot.replay.withdrawal_bodies.signature_checks import ReceivedRequest
from bot.replay.withdrawal_bodies.signed_twins import SIGNED_TWINS, SignedTwin
from bot.replay.withdrawal_bodies.status_pages import STATUS_PAGE_TWINS
from bot.replay.withdrawal_bodies.system_status import SYSTEM_STATUS_TWINS

STATUS_TWINS: Sequence[StatusTwin] = (*SYSTEM_STATUS_TWINS, *STATUS_PAGE_TWINS)


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key that an exchange has given out, with what it may do besides reading, in the exchange's own words."""

    key: ExchangeKey
    rights: Sequence[str] = ()


def status_routes(condition_of: ConditionOfExchange, twins: Iterable[StatusTwin] = STATUS_TWINS) -> list[web.RouteDef]:
    """Return a route for each system status and each status page; 404 for an exchange that is not there."""
    return [web.get(f"{_prefix(twin.setting)}{twin.path}", _status_handler(twin, condition_of)) for twin in twins]


def signed_routes(
    condition_of: ConditionOfExchange,
    issued_keys: Mapping[str, IssuedKey],
    clock: Clock,
    twins: Iterable[SignedTwin] = SIGNED_TWINS,
) -> list[web.RouteDef]:
    """Return the routes of the signed interfaces of exchanges that have issued a key, each to its owner alone.

    `issued_keys` are by the id of the exchange; `clock` is that of the exchanges, which times are compared with.
    """
    routes: list[web.RouteDef] = []
    for twin in twins:
        if twin.exchange in issued_keys:
            handlers = _SignedHandlers(twin, issued_keys[twin.exchange], condition_of, clock)
            routes.append(web.route(twin.method, f"{_prefix(twin.setting)}{twin.path}", handlers.networks))
            if twin.rights_path:
                routes.append(web.get(f"{_prefix(twin.setting)}{twin.rights_path}", handlers.rights))
    return routes


def status_settings(url: str) -> Mapping[str, str]:
    """Return the addresses below `url` by the settings that they are values for: `{"okx_url": ".../okx"}`."""
    settings = (*(twin.setting for twin in STATUS_TWINS), *(twin.setting for twin in SIGNED_TWINS))
    return {setting: f"{url}{_prefix(setting)}" for setting in settings}


class _SignedHandlers:
    """The handlers of one exchange, which check every request before they answer."""

    def __init__(self, twin: SignedTwin, issued: IssuedKey, condition_of: ConditionOfExchange, clock: Clock) -> None:
        self._twin = twin
        self._issued = issued
        self._condition_of = condition_of
        self._clock = clock

    async def networks(self, request: web.Request) -> web.Response:
        condition = self._condition_of(self._twin.exchange)
        if condition is None:
            raise web.HTTPNotFound
        return await self._refused(request, self._twin.path) or _json(self._twin.write(condition.flags))

    async def rights(self, request: web.Request) -> web.Response:
        refusal = await self._refused(request, self._twin.rights_path)
        return refusal or _json(self._twin.write_rights(self._issued.rights))

    async def _refused(self, request: web.Request, path: str) -> web.Response | None:
        received = ReceivedRequest(
            request.method,
            path,
            request.rel_url.raw_query_string,
            request.headers,
            await request.read(),
            self._clock.now(),
        )
        refusal = self._twin.check(received, self._issued.key)
        return _json(refusal.body, status=refusal.status) if refusal else None


def _status_handler(
    twin: StatusTwin, condition_of: ConditionOfExchange
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        condition = condition_of(twin.exchange)
        if condition is None:
            raise web.HTTPNotFound
        return _json(twin.write(condition))

    return answer


def _prefix(setting: str) -> str:
    return f"/{setting.removesuffix('_url')}"


def _json(body: object, *, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")
