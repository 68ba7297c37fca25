"""All exchanges' own interfaces on the loopback interface, in their own formats; OKX's is a signed one.

    async with FakeExchangeInterfaces(clock) as interfaces:
        ...  # the bot asks what `interfaces.settings` say
        interfaces.say(CLOSED, "binance", "BTC", "USDT")              # over all of their main networks
        interfaces.say(CLOSED, "gate", network="BITCOIN")             # every asset over one network
        interfaces.rename("binance", "withdrawEnable", "canWithdraw")  # without a word, as exchanges do
        interfaces.silent.add("kraken")                               # whatever is asked, 503

Everything is open until something else is said. `requests` are the paths that were asked, each below the prefix of its
exchange.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec
from aiohttp import web
from pydantic import SecretStr

from bot.config.exchange_addresses import ExchangeAddresses
from bot.domain.exchange_key import ExchangeKey
from bot.domain.networks import MAIN_NETWORKS
from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.http_server import WebServer
from bot.ports.sources import Clock
from bot.replay.status_routes import IssuedKey, signed_routes, status_routes, status_settings
from bot.replay.withdrawal_bodies.condition import ExchangeCondition
from bot.replay.withdrawal_bodies.signed_twins import SIGNED_TWINS, SignedTwin
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin
from bot.replay.withdrawal_bodies.twins import TWINS
from bot.replay.withdrawal_server import withdrawal_routes, withdrawal_settings

OKX_KEY = ExchangeKey("an-issued-key-of-40-letters", "its-secret-of-40-letters", "its-passphrase")
_ALL_OPEN = {(asset, network): WithdrawalState.OPEN for asset, names in MAIN_NETWORKS.items() for network in names}
_LATER = {"Retry-After": "3600"}  # else the client tries three times, some seconds apart


class FakeExchangeInterfaces(WebServer):
    """The server and what the exchanges say; `clock` is theirs, which signed requests are compared with."""

    def __init__(self, clock: Clock) -> None:
        self.requests: list[str] = []
        self.silent: set[str] = set()
        self._states: defaultdict[str, dict[tuple[str, str], WithdrawalState]] = defaultdict(lambda: dict(_ALL_OPEN))
        self._renamed: dict[str, tuple[str, str]] = {}
        routes = [
            *withdrawal_routes(self._flags, [replace(twin, write=partial(self._write, twin)) for twin in TWINS]),
            *status_routes(self._condition),
            *signed_routes(
                self._condition,
                {"okx": IssuedKey(OKX_KEY)},
                clock,
                [replace(twin, write=partial(self._write, twin)) for twin in SIGNED_TWINS],
            ),
        ]
        super().__init__([self._noted(route) for route in routes], "127.0.0.1", 0, explain="{}: {}".format, grace=0.1)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Return the settings that lead here, OKX's key among them; an interface that is not served here is off."""
        url = "http://{}:{}".format(*self.address)
        key = {"api_key": OKX_KEY.key, "api_secret": OKX_KEY.secret, "api_passphrase": OKX_KEY.passphrase}
        return {
            **dict.fromkeys(ExchangeAddresses.model_fields),
            **withdrawal_settings(url),
            **status_settings(url),
            **{f"okx_{part}": SecretStr(value) for part, value in key.items()},
        }

    def say(self, state: WithdrawalState, exchange: str, *assets: str, network: str = "") -> None:
        """Have an exchange say that assets (none: all) are in a state over a network ("": all of their main ones)."""
        self._states[exchange] |= {
            (asset, name): state
            for asset, name in _ALL_OPEN
            if asset in (assets or MAIN_NETWORKS) and network in {"", name}
        }

    def rename(self, exchange: str, old: str, new: str) -> None:
        """Have an exchange call a field otherwise from now on."""
        self._renamed[exchange] = old, new

    def rename_back(self, exchange: str) -> None:
        """Have an exchange call its fields as it is documented."""
        del self._renamed[exchange]

    def _flags(self, exchange: str) -> Sequence[WithdrawalFlag]:
        if exchange in self.silent:
            raise web.HTTPServiceUnavailable(headers=_LATER)
        return [WithdrawalFlag(asset, name, state) for (asset, name), state in self._states[exchange].items()]

    def _condition(self, exchange: str) -> ExchangeCondition:
        return ExchangeCondition(self._flags(exchange))

    def _write(self, twin: WithdrawalTwin | SignedTwin, flags: Sequence[WithdrawalFlag]) -> object:
        old, new = self._renamed.get(twin.exchange, ("", ""))
        written = msgspec.json.encode(twin.write(flags))
        return msgspec.json.decode(written.replace(f'"{old}":'.encode(), f'"{new}":'.encode()) if old else written)

    def _noted(self, route: web.RouteDef) -> web.RouteDef:
        async def answer(request: web.Request) -> web.StreamResponse:
            self.requests.append(request.path)
            return await route.handler(request)

        return web.RouteDef(route.method, route.path, answer, route.kwargs)
