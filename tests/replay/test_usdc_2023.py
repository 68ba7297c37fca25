"""March 2023: USDC's peg is told soon after the sources show it, by the real sources on the stand-in for them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.backtest.simulation import SimulatedAlert, Simulation
from bot.detection.pegs import LIMITS, Peg
from bot.domain.incident import IncidentState, StepReason
from bot.domain.peg import CoinPeg, with_reading
from bot.domain.severity import Severity
from bot.replay.clock import ReplayClock
from bot.replay.episodes.usdc_2023 import USDC_2023
from bot.replay.prices import multiple_at
from bot.replay.server import ReplayServer
from bot.sources.http import Http
from bot.sources.market.prices import StablecoinPrices

MINUTE = timedelta(minutes=1)
FALL = datetime(2023, 3, 10, 21, tzinfo=UTC), datetime(2023, 3, 11, 6, tzinfo=UTC)


def usdc(at: datetime) -> float:
    return multiple_at(USDC_2023.pegs["USDC"], at)


def first_at(usd: float) -> datetime:
    """Return the minute from which on the sources show USDC at so much or less for a quarter of an hour."""
    minutes = (FALL[0] + number * MINUTE for number in range(24 * 60))
    return next(at for at in minutes if all(usdc(at + later * MINUTE) <= usd for later in range(16)))


class Past:
    """The episode as the sources tell it, poll by poll, and what became of it."""

    def __init__(self, source: StablecoinPrices, clock: ReplayClock) -> None:
        self.simulation = Simulation([], sources=[Peg()])
        self.announced: list[SimulatedAlert] = []
        self._source, self._clock = source, clock
        self._known: dict[str, CoinPeg] = {}

    async def poll(self) -> None:
        told = await self._source.read()
        assert [answer.name for answer in told.answers if answer.fault] == ["Binance"]  # had no market of USDC then
        for asset, reading in told.readings.items():
            self._known[asset] = with_reading(self._known.get(asset), asset, reading)
        coins = list(self._known.values())
        self.announced += self.simulation.run_other_source("peg", coins, self._clock.now())

    def told_at(self, reason: StepReason, severity: Severity) -> datetime:
        return next(alert.at for alert in self.announced if (alert.reason, alert.signal.severity) == (reason, severity))


@pytest.fixture
async def past() -> AsyncIterator[Past]:
    clock = ReplayClock.frozen(USDC_2023.live_start, USDC_2023.live_end)
    async with ReplayServer(USDC_2023, clock) as server, Http() as http:
        addresses = dict(server.market_settings)
        source = StablecoinPrices(
            http,
            clock,
            supplies_url=addresses["stablecoins_url"],
            prices_url=addresses["coins_url"],
            addresses=addresses,
        )
        past = Past(source, clock)
        # Every five minutes while it falls, and every hour before and after.
        while clock.now() < USDC_2023.live_end:
            await past.poll()
            clock.advance(5 * MINUTE if FALL[0] <= clock.now() < FALL[1] else 60 * MINUTE)
        yield past


async def test_usdc_is_told_within_30_minutes_of_the_sources_showing_it_and_no_exchange_is(past: Past) -> None:
    told = {
        Severity.WATCH: past.told_at(StepReason.OPENED, Severity.WATCH),
        Severity.ELEVATED: past.told_at(StepReason.ESCALATED, Severity.ELEVATED),
        Severity.SEVERE: past.told_at(StepReason.ESCALATED, Severity.SEVERE),
    }

    for severity, at in told.items():
        shown_at = first_at(1 - LIMITS[severity])
        assert timedelta() < at - shown_at <= 30 * MINUTE, (severity, shown_at, at)
    assert {incident.subject for incident in past.simulation.incidents()} == {"USDC"}
    assert past.announced[-1].reason is StepReason.RESOLVED
    (incident,) = past.simulation.incidents()
    assert (incident.state, incident.peak) == (IncidentState.RESOLVED, Severity.SEVERE)


@pytest.mark.parametrize(("day", "hour", "usd"), [(10, 23, 0.9933), (11, 4, 0.915), (12, 23, 0.9903)])
def test_the_path_passes_the_published_prices(day: int, hour: int, usd: float) -> None:
    assert usdc(datetime(2023, 3, day, hour, tzinfo=UTC)) == pytest.approx(usd)
