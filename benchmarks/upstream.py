"""A stand-in of the source that is as large as the real one, and waiting until the bot has read all of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp

from benchmarks.exchange_interfaces import ASKED
from benchmarks.programs import Process
from tests.fakes.defillama import FakeDefiLlama, FakeExchange

EXCHANGES = 77
"""Exchanges with wallets, as DefiLlama lists them."""
_READ_TIMEOUT_S = 90.0
_READING_AGE = "runwatch_reading_age_seconds{"
"""How a line of `/metrics` begins of which there is one for every exchange that was read."""


@asynccontextmanager
async def full_upstream() -> AsyncIterator[FakeDefiLlama]:
    """Serve 77 exchanges that have a detail body, each with sixty quiet days, among them all with a withdrawal source.

    Binance is as wide as the real one, 25 chains of 22 assets; the others have eight chains of ten.
    """
    async with FakeDefiLlama(now=datetime.now(UTC)) as llama:
        _widen(llama.exchanges["binance"], chains=25, assets=22)
        kraken = llama.exchanges["kraken"]
        _widen(kraken, chains=8, assets=10)
        with_wallets = sum(1 for exchange in llama.exchanges.values() if exchange.slug)
        asked = sorted(ASKED - llama.exchanges.keys())
        for number in range(EXCHANGES - with_wallets):
            id_ = asked[number] if number < len(asked) else f"exchange-{number}"
            llama.add(replace(kraken, id=id_, name=f"Exchange {number}", slug=id_))
        yield llama


def _widen(exchange: FakeExchange, *, chains: int, assets: int) -> None:
    """Give every run of an exchange more chains and assets; the amounts are small beside those it has."""
    more = {f"Chain {chain}": {f"A{asset}": 1e4 + chain + asset for asset in range(assets)} for chain in range(chains)}
    for run in exchange.runs:
        run.holdings = {**run.holdings, **more}


async def until_ready(bot: Process, http_port: int) -> None:
    """Wait until the bot says it is ready; raise TimeoutError, or RuntimeError when it has ended."""
    async with asyncio.timeout(_READ_TIMEOUT_S), aiohttp.ClientSession() as session:
        while not await _is_ready(session, http_port):
            _require_alive(bot)
            await asyncio.sleep(0.005)


async def until_all_is_read(bot: Process, http_port: int) -> None:
    """Wait until the bot has a reading of every exchange; raise TimeoutError, or RuntimeError when it has ended."""
    async with asyncio.timeout(_READ_TIMEOUT_S), aiohttp.ClientSession() as session:
        while await _readings(session, http_port) < EXCHANGES:
            _require_alive(bot)
            await asyncio.sleep(0.1)


def _require_alive(bot: Process) -> None:
    if bot.returncode is not None:
        raise RuntimeError(f"the bot has ended with {bot.returncode}")


async def _is_ready(session: aiohttp.ClientSession, http_port: int) -> bool:
    with suppress(aiohttp.ClientError):
        async with session.get(f"http://127.0.0.1:{http_port}/readyz") as response:
            return response.status == 200
    return False


async def _readings(session: aiohttp.ClientSession, http_port: int) -> int:
    with suppress(aiohttp.ClientError):
        async with session.get(f"http://127.0.0.1:{http_port}/metrics") as response:
            return sum(line.startswith(_READING_AGE) for line in (await response.text()).splitlines())
    return 0
