"""What the stand-in says of withdrawals in an episode, and that the real sources read it from its server."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from bot.domain.withdrawal_reading import POLLED_EVERY, WithdrawalFlag, WithdrawalState
from bot.replay.clock import ReplayClock
from bot.replay.episodes.catalogue import find_episode
from bot.replay.server import ReplayServer
from bot.replay.withdrawal_flags import withdrawal_flags
from bot.sources.http import Http
from bot.sources.withdrawals.ftx import FTX
from bot.sources.withdrawals.registry import ADAPTERS, withdrawal_sources

BINANCE, FTX_2022 = find_episode("binance-2022"), find_episode("ftx-2022")
USDC_CLOSED = BINANCE.live_start.replace(day=13, hour=8, minute=20)
FTX_CLOSED = FTX_2022.live_start.replace(day=8, hour=11, minute=37)
MINUTE = timedelta(minutes=1)


def closed(flags: Sequence[WithdrawalFlag] | None) -> set[tuple[str, str]]:
    return {(flag.asset, flag.network) for flag in flags or () if flag.state is WithdrawalState.CLOSED}


@pytest.mark.parametrize(
    ("at", "networks"),
    [
        (USDC_CLOSED - MINUTE, set()),
        (USDC_CLOSED, {("USDC", "ETHEREUM"), ("USDC", "SOLANA")}),
        (USDC_CLOSED + timedelta(hours=8), set()),
    ],
)
def test_usdc_was_closed_for_eight_hours_at_binance_and_at_nobody_else(
    at: datetime, networks: set[tuple[str, str]]
) -> None:
    assert closed(withdrawal_flags(BINANCE, "binance", at)) == networks
    assert closed(withdrawal_flags(BINANCE, "okx", at)) == closed(withdrawal_flags(BINANCE, "gate", at)) == set()


def test_an_exchange_that_is_not_in_the_episode_is_not_there() -> None:
    assert withdrawal_flags(BINANCE, "ftx", USDC_CLOSED) is None
    assert withdrawal_flags(FTX_2022, "ftx", FTX_CLOSED)


async def test_the_real_sources_read_what_the_server_says() -> None:
    clock = ReplayClock.frozen(FTX_CLOSED, FTX_2022.live_end)
    async with ReplayServer(FTX_2022, clock) as server, Http(attempts=1) as http:
        sources = withdrawal_sources(
            http,
            clock,
            addresses=server.withdrawal_settings,
            interval=POLLED_EVERY,
            exchanges=("ftx", "binance", "gate", "kucoin"),
            adapters=(*ADAPTERS, FTX),
        )
        readings = {source.exchange: await source.read() for source in sources}

    assert {exchange: reading.fault for exchange, reading in readings.items()} == dict.fromkeys(readings)
    assert closed(readings["ftx"].flags) >= {("BTC", "BITCOIN"), ("USDT", "TRON"), ("USDC", "SOLANA")}
    assert [closed(readings[exchange].flags) for exchange in ("binance", "gate", "kucoin")] == [set(), set(), set()]
    assert all(reading.as_of == FTX_CLOSED for reading in readings.values())
