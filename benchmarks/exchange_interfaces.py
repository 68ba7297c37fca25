"""All exchanges' own interfaces at the size of the real ones, and waiting until the bot has asked all of them.

Without a key each exchange lists as many coins as make its answer as large as docs/operating.md has it: Gate some 2,000
in 1 MB, Bitfinex 100 in 25 kB, Binance 959 in 2.3 MB. OKX, Bybit, MEXC, Crypto.com and BingX are asked with a key, and
list as many as Binance. Binance is not: its web page is larger. Bodies are made once, so that making them costs nothing
while something is measured.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import aiohttp
import msgspec
from aiohttp import web

from benchmarks.programs import Process
from bot.domain.exchange_key import ExchangeKey
from bot.domain.networks import MAIN_NETWORKS
from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.http_server import WebServer
from bot.replay.status_routes import STATUS_TWINS, IssuedKey, signed_routes, status_routes, status_settings
from bot.replay.withdrawal_bodies.binance_web import binance_coins
from bot.replay.withdrawal_bodies.condition import ExchangeCondition
from bot.replay.withdrawal_bodies.signed_twins import SIGNED_TWINS
from bot.replay.withdrawal_bodies.twin import WithdrawalTwin
from bot.replay.withdrawal_bodies.twins import TWINS
from bot.replay.withdrawal_server import withdrawal_routes, withdrawal_settings
from bot.service.application import SystemClock

COINS, NETWORKS = 959, ("ETHEREUM", "TRON", "SOLANA", "BSC", "POLYGON")  # each coin has one to five of them
BINANCE_BYTES = 2_300_000
_BODY_KB = {
    "bitfinex": 25, "bitget": 500, "bithumb": 40, "bitmart": 400, "bitstamp": 40, "bitvavo": 90, "cex.io": 30,
    "coinbase": 200, "coinex": 600, "coinone": 70, "digifinex": 200, "gate": 1000, "hashkey-global": 25, "hitbtc": 300,
    "htx": 700, "kraken": 70, "kucoin": 600, "lbank": 300, "poloniex": 400, "upbit": 50, "whitebit": 200, "woo-x": 70,
}  # fmt: skip
ASKED = frozenset(
    [twin.exchange for twin in TWINS]
    + [twin.exchange for twin in STATUS_TWINS]
    + [twin.exchange for twin in SIGNED_TWINS]
)
"""The ids of all exchanges that are asked, those with a key included."""
_SAMPLE = 100  # coins whose size in an exchange's format is looked at
_KEYED = tuple(twin for twin in SIGNED_TWINS if twin.exchange != "binance")
_KEY = ExchangeKey("an-issued-key-of-40-letters", "its-secret-of-40-letters", "its-passphrase")
_READ_TIMEOUT_S = 90.0
_SOURCE_AGE = 'runwatch_source_age_seconds{source="withdrawals/'


@asynccontextmanager
async def full_interfaces() -> AsyncIterator[Mapping[str, str]]:
    """Serve all exchanges, everything open; yield the settings that lead there."""
    majors = [
        WithdrawalFlag(asset, name, WithdrawalState.OPEN) for asset, names in MAIN_NETWORKS.items() for name in names
    ]
    condition = ExchangeCondition(majors)
    twins = [replace(twin, write=_prepared(_body(twin, majors))) for twin in TWINS]
    signed = [
        replace(twin, write=_prepared(msgspec.json.encode(twin.write([*majors, *coin_flags()])))) for twin in _KEYED
    ]
    routes: list[web.RouteDef] = [
        *withdrawal_routes(lambda _: majors, twins),
        *status_routes(lambda _: condition),
        *signed_routes(lambda _: condition, {twin.exchange: IssuedKey(_KEY) for twin in _KEYED}, SystemClock(), signed),
    ]
    async with WebServer(routes, "127.0.0.1", 0, explain="{}: {}".format, grace=1.0) as server:
        url = "http://{}:{}".format(*server.address)
        addresses = {**withdrawal_settings(url), **status_settings(url)}
        yield {"WITHDRAWALS": "true", **{name.upper(): address for name, address in addresses.items()}, **_keys()}


def coin_flags(coins: int = COINS) -> list[WithdrawalFlag]:
    """Return that so many coins are open over all of their networks."""
    return [
        WithdrawalFlag(f"C{number}", network, WithdrawalState.OPEN)
        for number in range(coins)
        for network in NETWORKS[: number % len(NETWORKS) + 1]
    ]


def binance_body(size: int, flags: Sequence[WithdrawalFlag]) -> bytes:
    """Return the body of Binance's web page, padded to so many bytes by texts about networks that nobody reads."""
    coins = binance_coins(flags)
    padding = "x" * ((size - len(msgspec.json.encode(coins))) // len(flags))
    for network in (network for coin in coins for network in coin["networkList"]):
        network["specialTips"] = padding
    return msgspec.json.encode({"code": "000000", "data": coins})


async def until_all_have_answered(bot: Process, http_port: int) -> None:
    """Wait until every exchange has answered the bot; raise TimeoutError, or RuntimeError when it has ended."""
    async with asyncio.timeout(_READ_TIMEOUT_S), aiohttp.ClientSession() as session:
        while await _answered(session, http_port) < len(ASKED):
            if bot.returncode is not None:
                raise RuntimeError(f"the bot has ended with {bot.returncode}")
            await asyncio.sleep(0.1)


async def _answered(session: aiohttp.ClientSession, http_port: int) -> int:
    with suppress(aiohttp.ClientError):
        async with session.get(f"http://127.0.0.1:{http_port}/metrics") as response:
            return sum(line.startswith(_SOURCE_AGE) for line in (await response.text()).splitlines())
    return 0


def _body(twin: WithdrawalTwin, majors: Sequence[WithdrawalFlag]) -> bytes:
    """Return the body of an exchange that is asked without a key."""
    if twin.exchange == "binance":
        return binance_body(BINANCE_BYTES, [*majors, *coin_flags()])
    bytes_a_coin = len(msgspec.json.encode(twin.write(coin_flags(_SAMPLE)))) / _SAMPLE
    return msgspec.json.encode(twin.write([*majors, *coin_flags(int(_BODY_KB[twin.exchange] * 1000 / bytes_a_coin))]))


def _prepared(body: bytes) -> Callable[[Sequence[WithdrawalFlag]], object]:
    """Return what writes a body that was made before."""
    return lambda _: msgspec.Raw(body)


def _keys() -> Mapping[str, str]:
    parts = {"API_KEY": _KEY.key, "API_SECRET": _KEY.secret}
    names = [twin.setting.removesuffix("_url").upper() for twin in _KEYED]
    return {f"{name}_{part}": value for name in names for part, value in parts.items()} | {
        "OKX_API_PASSPHRASE": _KEY.passphrase
    }
