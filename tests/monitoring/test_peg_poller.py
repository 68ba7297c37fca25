"""The poller of prices: when it asks, what it has judged, and what a restart and a store that is away leave."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from unittest.mock import ANY

import pytest

from bot.domain.errors import SourceFault, StorageError
from bot.domain.obstacles import JobState
from bot.domain.peg import CoinPeg
from bot.domain.price_gap import ExchangeGaps
from bot.domain.reading import SourceHealth
from bot.monitoring.peg_poller import PegPoller
from tests.builders import NOON
from tests.fakes.market_prices import INDEX, KRAKEN, MemoryPegs, MemoryPriceGaps, PricesByHand
from tests.fakes.memory import HandClock, MemoryReadings, Tally
from tests.waiting import until

MINUTE = timedelta(minutes=1)


@dataclass
class Bench:
    clock: HandClock = field(default_factory=lambda: HandClock(NOON))
    records: MemoryPegs = field(default_factory=MemoryPegs)
    gap_records: MemoryPriceGaps = field(default_factory=MemoryPriceGaps)
    readings: MemoryReadings = field(default_factory=MemoryReadings)
    judged: list[dict[str, int]] = field(default_factory=list)
    judged_gaps: list[dict[str, list[float | None]]] = field(default_factory=list)
    healths: list[SourceHealth] = field(default_factory=list)
    fails: bool = False

    def __post_init__(self) -> None:
        self.source = PricesByHand(self.clock, names=(INDEX, KRAKEN))
        self.poller = self.started()

    def started(self) -> PegPoller:
        async def on_round(coins: Sequence[CoinPeg]) -> None:
            if self.fails:
                raise RuntimeError
            self.judged.append({coin.asset: len(coin.readings) for coin in coins})

        async def on_gaps(told: Sequence[ExchangeGaps]) -> None:
            gaps = {exchange.exchange: [reading.gaps[0].gap for reading in exchange.readings] for exchange in told}
            self.judged_gaps.append(gaps)

        async def on_health(_: SourceHealth, now: SourceHealth) -> None:
            self.healths.append(now)

        return PegPoller(
            self.source,
            records=self.records,
            gap_records=self.gap_records,
            readings=self.readings,
            clock=self.clock,
            meter=Tally(),
            interval=5 * MINUTE,
            on_round=on_round,
            on_gaps=on_gaps,
            on_health=on_health,
            turn=timedelta(milliseconds=1),
        )

    async def poll(self, minutes: float = 5) -> None:
        self.clock.advance(minutes * MINUTE)
        await self.poller.poll_when_due()


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_it_asks_every_interval_and_has_every_coin_judged(bench: Bench) -> None:
    await bench.poll(0)
    await bench.poll(4)
    await bench.poll(1)

    assert bench.source.asked == 2
    assert bench.judged == [{"USDC": 1, "USDT": 1}, {"USDC": 2, "USDT": 2}]
    assert {asset: len(coin.readings) for asset, coin in bench.records.kept.items()} == {"USDC": 2, "USDT": 2}


async def test_a_poll_that_brings_nothing_is_judged_as_well(bench: Bench) -> None:
    await bench.poll(0)
    bench.source.silent = {INDEX, KRAKEN}
    await bench.poll()

    assert bench.judged[-1] == {}
    assert [health.fault for health in bench.healths if health.source == "prices/Kraken"] == [None, SourceFault.TIMEOUT]


async def test_a_restart_forgets_nothing_and_asks_nobody_more_often(bench: Bench) -> None:
    await bench.poll(0)
    await bench.poll()

    bench.clock.advance(2 * MINUTE)
    bench.poller = bench.started()
    await bench.poller.restore()
    await bench.poll(0)
    assert (bench.source.asked, bench.judged[-1]) == (2, {"USDC": 2, "USDT": 2})  # whoever judges knows nothing yet

    await bench.poll(3)
    assert bench.judged[-1] == {"USDC": 3, "USDT": 3}


async def test_what_was_told_long_ago_is_not_watched_any_more(bench: Bench) -> None:
    await bench.poll(0)
    bench.clock.advance(timedelta(days=8))
    await bench.poller.restore()
    bench.source.usd = {"USDC": 1.0}
    await bench.poll()

    assert bench.judged[-1] == {"USDC": 1}


async def test_a_store_that_is_away_delays_judging_and_not_asking(bench: Bench) -> None:
    bench.records.away = True
    for minutes in (0, 1, 4):
        with pytest.raises(StorageError):
            await bench.poll(minutes)
    assert (bench.source.asked, bench.judged) == (2, [])

    bench.records.away = False
    await bench.poll(1)
    assert bench.judged == [{"USDC": 2, "USDT": 2}]
    assert bench.source.asked == 2


async def test_a_clock_that_was_put_right_has_everything_asked_anew(bench: Bench) -> None:
    await bench.poll(0)
    bench.clock.advance(-60 * MINUTE)
    bench.poller.time_corrected()
    await bench.poll(0)

    assert bench.judged[-1] == {"USDC": 1, "USDT": 1}  # what is dated an hour ahead is forgotten


async def test_without_a_source_there_is_nothing_to_do(bench: Bench) -> None:
    bench.source = None  # type: ignore[assignment]
    bench.poller = bench.started()
    await bench.poller.restore()
    await bench.poll()

    assert (bench.judged, bench.poller.names, bench.poller.off) == ([], (), ())


async def test_while_it_serves_a_crash_is_said_and_the_next_turn_tries_again(bench: Bench) -> None:
    bench.records.away = True
    serving = asyncio.create_task(bench.poller.serve())
    try:
        await until(lambda: bench.source.asked > 0, "a poll")
        assert bench.poller.state() == JobState("read prices", 5 * MINUTE, ANY, "")

        bench.records.away, bench.fails = False, True
        await until(lambda: "RuntimeError" in str(bench.poller.state()), "a crash")
        bench.fails = False
        await until(lambda: bench.poller.polls > 0, "a poll that is judged")
        await until(lambda: "RuntimeError" not in str(bench.poller.state()), "a turn that went well")
    finally:
        serving.cancel()
        await asyncio.wait([serving])
    assert bench.poller.state() is None


async def test_exchanges_are_compared_with_each_other_and_kept_through_a_restart(bench: Bench) -> None:
    bench.source.venue_names = ("Gate", "HTX", "MEXC", "OKX", "Bybit")
    bench.source.btc = {"htx": 58_800.0}
    await bench.poll(0)
    bench.source.silent = {"Bybit"}
    bench.poller = bench.started()
    await bench.poller.restore()
    await bench.poll()

    assert bench.judged_gaps[0]["htx"] == [-0.02]
    # Of five only HTX has four others that agree, and then four are left, of which each has three others.
    assert bench.judged_gaps[-1] == {
        "bybit": [None],
        "gate": [None, None],
        "htx": [-0.02, None],
        "mexc": [None, None],
        "okx": [None, None],
    }
    assert [health.source for health in bench.healths if health.fault] == ["tickers/Bybit"]
