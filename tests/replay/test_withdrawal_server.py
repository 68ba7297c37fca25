"""The stand-in answers what an exchange is asked for, and 404 to anything else."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.domain.errors import ConfigurationError
from bot.domain.withdrawal_reading import WithdrawalFlag, WithdrawalState
from bot.replay.withdrawal_server import WithdrawalServer

CLOSED_TETHER = (WithdrawalFlag("USDT", "TRON", WithdrawalState.CLOSED),)


@pytest.fixture
async def server() -> AsyncIterator[WithdrawalServer]:
    async with WithdrawalServer(lambda exchange: None if exchange == "kucoin" else CLOSED_TETHER) as exchanges:
        yield exchanges


async def status(method: str, url: str, content: bytes | None = None) -> int:
    async with aiohttp.ClientSession() as session, session.request(method, url, data=content) as response:
        return response.status


async def test_an_exchange_is_answered_for_in_its_own_format(server: WithdrawalServer) -> None:
    url = f"{server.settings['gate_url']}/api/v4/spot/currencies"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        tether, *_ = await response.json()
    assert (tether["currency"], tether["chains"][0]["name"]) == ("USDT", "TRX")
    assert tether["chains"][0]["withdraw_disabled"] is True


@pytest.mark.parametrize(
    ("setting", "method", "path", "content"),
    [
        ("gate_url", "POST", "/api/v4/spot/currencies", None),
        ("gate_url", "GET", "/api/v4/spot/currencies/", None),
        ("gate_url", "GET", "/api/v4/spot/currencies?currency=BTC", None),
        ("gate_url", "GET", "/v2/currencies", None),
        ("cexio_url", "POST", "/api/spot/rest-public/get_currencies_info", b"[]"),
        ("cexio_url", "POST", "/api/spot/rest-public/get_currencies_info", None),
        ("kucoin_url", "GET", "/api/v3/currencies", None),
    ],
)
async def test_what_an_exchange_does_not_serve_is_not_found(
    server: WithdrawalServer, setting: str, method: str, path: str, content: bytes | None
) -> None:
    assert await status(method, f"{server.settings[setting]}{path}", content) in {404, 405}


async def test_a_port_that_is_taken_is_said(server: WithdrawalServer) -> None:
    host, port = server.address
    with pytest.raises(ConfigurationError, match=f"cannot listen on {host}:{port}"):
        async with WithdrawalServer(lambda _exchange: (), host, port):
            pass
