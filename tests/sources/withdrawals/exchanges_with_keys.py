"""A local server with the signed interfaces of all six exchanges, and sources that read them with a key."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from aiohttp import web

from bot.domain.exchange_key import ExchangeKey
from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalReading, WithdrawalState
from bot.http_server import WebServer
from bot.ports.sources import WithdrawalSource
from bot.replay.status_routes import IssuedKey, signed_routes, status_routes
from bot.replay.withdrawal_bodies.condition import ExchangeCondition
from bot.sources.http import Http
from bot.sources.withdrawals.adapter import StatusAdapter
from bot.sources.withdrawals.key_check import KeyCheck
from bot.sources.withdrawals.keyed_source import KeyedWithdrawalSource
from bot.sources.withdrawals.signed.all_exchanges import SIGNED_INTERFACES
from bot.sources.withdrawals.signed.interface import SignedInterface
from bot.sources.withdrawals.signing.signature import signer
from bot.sources.withdrawals.source import ExchangeWithdrawalSource
from tests.clocks import HandMovedClock

KEY = ExchangeKey("an-issued-key-of-40-letters", "its-secret-of-40-letters", "its-passphrase")
FLAGS = (
    WithdrawalFlag("BTC", "BITCOIN", WithdrawalState.OPEN),
    WithdrawalFlag("ETH", "ETHEREUM", WithdrawalState.CLOSED),
    WithdrawalFlag("USDT", "ETHEREUM", WithdrawalState.OPEN),
    WithdrawalFlag("USDT", "TRON", WithdrawalState.CLOSED),
    WithdrawalFlag("USDC", "SOLANA", WithdrawalState.OPEN),
)
INTERFACES: Mapping[str, SignedInterface] = {interface.networks.exchange: interface for interface in SIGNED_INTERFACES}


@dataclass
class Exchanges:
    """The exchanges' side; `condition` is that of all of them, `requests` what was asked, in order.

    `clock` is theirs, `own_clock` that of whoever asks.
    """

    url: str = ""
    clock: HandMovedClock = field(default_factory=HandMovedClock)
    own_clock: HandMovedClock = field(default_factory=HandMovedClock)
    condition: ExchangeCondition | None = field(default_factory=lambda: ExchangeCondition(FLAGS))
    requests: list[str] = field(default_factory=list)

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.own_clock.advance(by)


@asynccontextmanager
async def exchanges_with_keys(*, rights: Mapping[str, Sequence[str]] | None = None) -> AsyncIterator[Exchanges]:
    """Serve all exchanges, each of which has issued `KEY`, with `rights` beside reading."""
    exchanges = Exchanges()
    issued = {exchange: IssuedKey(KEY, (rights or {}).get(exchange, ())) for exchange in INTERFACES}
    routes = [
        *signed_routes(lambda _: exchanges.condition, issued, exchanges.clock),
        *status_routes(lambda _: exchanges.condition),
    ]
    counted = [_counted(route, exchanges.requests) for route in routes]
    async with WebServer(counted, "127.0.0.1", 0, explain=lambda address, reason: f"{address}: {reason}") as server:
        host, port = server.address
        exchanges.url = f"http://{host}:{port}"
        yield exchanges


def keyed_source(
    exchange: str,
    http: Http,
    exchanges: Exchanges,
    *,
    key: ExchangeKey = KEY,
    keyless: WithdrawalSource | None = None,
) -> KeyedWithdrawalSource:
    """Return the source of one exchange at the local server, with a key."""
    clock, interface = exchanges.own_clock, at_local_server(INTERFACES[exchange], exchanges)
    networks = replace(interface.networks, sign=signer(interface.scheme, interface.networks, key, clock))
    signed = ExchangeWithdrawalSource(http, clock, networks, interval=timedelta(minutes=5))
    return KeyedWithdrawalSource(signed, KeyCheck(http, clock, interface, key), clock, keyless)


def at_local_server(interface: SignedInterface, exchanges: Exchanges) -> SignedInterface:
    base = f"{exchanges.url}/{interface.networks.setting.removesuffix('_url')}"
    rights = replace(interface.rights, base=base) if interface.rights else None
    return replace(interface, networks=replace(interface.networks, base=base), rights=rights)


def status_at_local_server(adapter: StatusAdapter, exchanges: Exchanges) -> StatusAdapter:
    return replace(adapter, base=f"{exchanges.url}/{adapter.setting.removesuffix('_url')}")


def said(reading: WithdrawalReading) -> str:
    """Return everything that a reading says in words."""
    return f"{reading!r}"


def _counted(route: web.RouteDef, requests: list[str]) -> web.RouteDef:
    async def answer(request: web.Request) -> web.StreamResponse:
        requests.append(request.path)
        return await route.handler(request)

    return web.RouteDef(route.method, route.path, answer, route.kwargs)
