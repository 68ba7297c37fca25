from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from unittest.mock import Mock

import pytest

from bot.detection.stress import cycle_start
from bot.domain.exchange import Exchange
from bot.domain.snapshot import ExchangeSnapshot
from bot.domain.stress import StressCriterion, StressOutcome, StressResult
from bot.domain.withdrawal_reading import SystemState, WithdrawalState
from bot.domain.withdrawals import ExchangeWithdrawals, WithdrawalTransition
from bot.monitoring.stress_test import StressInputs, StressTest
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, holding, signal
from tests.fakes.memory import Memory
from tests.known_withdrawals import closing, known, network

KRAKEN = Exchange("kraken", "Kraken", "kraken")
GATE = Exchange("gate", "Gate", "gate")
ALL = (BINANCE, OKX, KRAKEN, GATE)
TODAY = NOON.date()
CYCLE = cycle_start(TODAY, len(ALL))


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=NOON.tzinfo)


@dataclass
class Bench:
    """A stress test over four exchanges, on a store in memory."""

    exchanges: list[Exchange] = field(default_factory=lambda: list(ALL))
    snapshots: dict[str, ExchangeSnapshot] = field(default_factory=dict)
    withdrawals: dict[str, ExchangeWithdrawals] = field(default_factory=dict)
    transitions: list[WithdrawalTransition] = field(default_factory=list)
    memory: Memory = field(default_factory=lambda: Memory(NOON))

    def __post_init__(self) -> None:
        self.test = self.another_worker()

    def another_worker(self) -> StressTest:
        inputs = StressInputs(lambda: self.exchanges, self.snapshots.get, self.withdrawals.get, self._transitions)
        return StressTest(self.memory.readings, self.memory.stress, self.memory.clock, inputs)

    async def points(self, **billions: float) -> None:
        """Let exchanges have a reading of the midnight at which the cycle begins."""
        for exchange, size in billions.items():
            await self.memory.readings.add([holding(size, at=midnight(CYCLE), exchange=exchange)])

    async def is_passing(self, exchange: str) -> None:
        """Let an exchange be open and calm."""
        networks = [network(asset, "*") for asset in ("BTC", "ETH", "USDT", "USDC")]
        self.withdrawals[exchange] = replace(known(exchange, *networks), system=SystemState.NORMAL)
        self.snapshots[exchange] = ExchangeSnapshot(BINANCE, signal=signal(-0.004, exchange=exchange))

    async def _transitions(self, exchange: str, since: datetime) -> list[WithdrawalTransition]:
        return [change for change in self.transitions if change.at >= since]


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def turns(bench: Bench, test: StressTest) -> list[str]:
    """Return whose turn it is on each day of the cycle."""
    bench.memory.clock.advance(midnight(CYCLE) + 12 * HOUR - bench.memory.clock.now())
    found = []
    for _ in bench.exchanges:
        today = await test.today()
        assert today
        found.append(today.id)
        bench.memory.clock.advance(DAY)
    return found


async def test_the_largest_of_the_cycles_first_day_come_first(bench: Bench) -> None:
    await bench.points(binance=60, kraken=20, gate=30)

    assert await turns(bench, bench.test) == ["binance", "gate", "kraken", "okx"]
    assert await turns(bench, bench.another_worker()) == ["binance", "gate", "kraken", "okx"]


async def test_within_minutes_a_missing_point_is_not_asked_for_again(bench: Bench) -> None:
    first = await bench.test.today()
    assert first
    await bench.points(binance=1, gate=2, kraken=3, okx=4)

    assert await bench.test.today() == first
    bench.memory.clock.advance(timedelta(minutes=10))
    assert await bench.test.today() == await bench.another_worker().today() != first


async def test_a_point_that_is_there_is_not_read_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.points(binance=60, kraken=20, gate=30)
    await bench.test.today()
    days = Mock(wraps=bench.memory.readings.days)
    monkeypatch.setattr(bench.memory.readings, "days", days)
    bench.memory.clock.advance(timedelta(minutes=10))

    await bench.test.today()

    assert [call.args[0] for call in days.call_args_list] == ["okx"]


async def test_once_all_are_read_a_missing_point_is_not_waited_for(bench: Bench) -> None:
    for exchange in ALL:
        bench.snapshots[exchange.id] = ExchangeSnapshot(exchange, reading=holding(1, exchange=exchange.id))
    first = await bench.test.today()
    await bench.points(binance=1, gate=2, kraken=3, okx=4)
    bench.memory.clock.advance(HOUR)

    assert await bench.test.today() == first


async def test_a_new_exchange_makes_a_new_order(bench: Bench) -> None:
    await bench.points(binance=60, kraken=20, gate=30, okx=10)
    await bench.test.today()
    bench.exchanges = [GATE]

    assert await bench.test.today() == GATE


async def test_an_exchange_is_told_its_turn(bench: Bench) -> None:
    today = await bench.test.today()
    assert today

    assert await bench.test.next_turn(today) == TODAY
    assert await bench.test.next_turn(Exchange("elsewhere", "Elsewhere")) is None


async def test_without_exchanges_nobody_has_a_turn(bench: Bench) -> None:
    bench.exchanges = []

    await bench.test.examine()

    assert await bench.test.today() is None
    assert await bench.test.next_turn(BINANCE) is None
    assert await bench.test.league() == []


async def test_todays_exchange_is_examined_and_its_result_kept(bench: Bench) -> None:
    today = await bench.test.today()
    assert today
    await bench.is_passing(today.id)

    await bench.test.examine()

    assert await bench.test.result_of_today() == StressResult(TODAY, today.id, StressOutcome.PASSED, NOON)
    facts = await bench.test.facts(today)
    assert (facts.flow_share, len(facts.majors), facts.system) == (-0.004, 4, SystemState.NORMAL)


async def test_the_worst_of_the_day_stays(bench: Bench) -> None:
    today = await bench.test.today()
    assert today
    await bench.is_passing(today.id)
    open_now = bench.withdrawals[today.id]
    bench.withdrawals[today.id] = replace(
        open_now, networks=tuple(replace(status, state=WithdrawalState.CLOSED) for status in open_now.networks)
    )
    await bench.test.examine()

    bench.withdrawals[today.id] = open_now
    bench.memory.clock.advance(HOUR)
    await bench.test.examine()

    result = await bench.test.result_of_today()
    assert result
    assert (result.outcome, result.criteria, result.at) == (
        StressOutcome.FAILED,
        (StressCriterion.MAJORS_CLOSED,),
        NOON,
    )


async def test_what_the_newest_poll_told_open_fails_nobody(bench: Bench) -> None:
    """After a night without the bot, what was closed in the evening is believed to be so until the second poll."""
    today = await bench.test.today()
    assert today
    await bench.is_passing(today.id)
    opening = [
        replace(status, state=WithdrawalState.CLOSED, pending=WithdrawalState.OPEN, pending_since=NOON)
        for status in bench.withdrawals[today.id].networks
    ]
    bench.withdrawals[today.id] = replace(bench.withdrawals[today.id], networks=tuple(opening))

    await bench.test.examine()

    result = await bench.test.result_of_today()
    assert result
    assert result.outcome is StressOutcome.PASSED


async def test_a_result_of_a_day_to_come_does_not_hide_todays(bench: Bench) -> None:
    await bench.memory.stress.save_result(
        StressResult(TODAY + timedelta(days=3), "binance", StressOutcome.FAILED, NOON + 3 * DAY)
    )

    await bench.test.examine()

    result = await bench.test.result_of_today()
    assert result
    assert result.day == TODAY


async def test_yesterdays_result_is_not_todays(bench: Bench) -> None:
    await bench.test.examine()
    bench.memory.clock.advance(DAY)

    assert await bench.test.result_of_today() is None


async def test_the_league_table_has_the_last_result_of_each(bench: Bench) -> None:
    for outcome, day in ((StressOutcome.FAILED, TODAY - 9 * DAY), (StressOutcome.PASSED, TODAY - 5 * DAY)):
        await bench.memory.stress.save_result(StressResult(day, "okx", outcome, NOON))

    league = {row.exchange.id: row.last for row in await bench.test.league()}

    assert league["okx"]
    assert league["okx"].outcome is StressOutcome.PASSED
    assert league["gate"] is None


async def test_exchanges_that_were_not_read_yet_are_counted(bench: Bench) -> None:
    await bench.is_passing("okx")
    bench.snapshots["gate"] = ExchangeSnapshot(GATE, reading=holding(1, exchange="gate"))

    assert bench.test.unread() == 3


# The worst outflows.


async def test_worst_outflows_are_looked_up_from_daily_readings(bench: Bench) -> None:
    bench.exchanges = [BINANCE]
    await bench.memory.readings.add(
        [
            holding(size, at=midnight(TODAY) - (8 - day) * DAY)
            for day, size in enumerate((60, 60, 58.8, 58, 58, 58, 58, 58, 58))
        ]
    )

    await bench.test.examine()

    lived = (await bench.memory.stress.lived())["binance"]
    assert (lived.since, lived.until) == (midnight(TODAY) - 8 * DAY, NOON)
    assert lived.day
    assert lived.day.share == pytest.approx(-0.02)
    assert lived.day.end == midnight(TODAY) - 6 * DAY
    assert lived.week
    assert lived.week.share == pytest.approx(-1 / 30)


async def test_what_was_closed_in_the_worst_hours_comes_from_the_history(bench: Bench) -> None:
    bench.exchanges = [BINANCE]
    await bench.is_passing("binance")
    day = midnight(TODAY) - 2 * DAY
    await bench.memory.readings.add([holding(60, at=day - DAY), holding(59, at=day), holding(59, at=day + DAY)])
    usdt = network("USDT", "TRON", since=day + 2 * HOUR)
    bench.withdrawals["binance"] = known("binance", network("BTC", "*"), usdt)
    bench.transitions = [closing(day - 3 * HOUR)]

    await bench.test.examine()

    assert (await bench.test.facts(BINANCE)).closed_then[0] == ("USDT",)


async def test_a_few_are_looked_up_at_a_time_todays_first_and_all_once_a_day(bench: Bench) -> None:
    bench.exchanges = [Exchange(f"exchange-{number}", f"Ex {number}", "slug") for number in range(10)]
    for exchange in bench.exchanges:
        await bench.memory.readings.add([holding(1, at=NOON - HOUR, exchange=exchange.id)])
    today = await bench.test.today()
    assert today

    await bench.test.examine()
    lived = await bench.memory.stress.lived()
    assert len(lived) == 8
    assert today.id in lived

    bench.memory.clock.advance(HOUR)
    await bench.test.examine()
    assert Counter(lived.until for lived in (await bench.memory.stress.lived()).values()) == {NOON: 8, NOON + HOUR: 2}

    bench.memory.clock.advance(DAY)
    await bench.test.examine()
    assert sum(lived.until > NOON + DAY for lived in (await bench.memory.stress.lived()).values()) == 8


async def test_an_exchange_without_readings_is_looked_for_again_after_an_hour(bench: Bench) -> None:
    bench.exchanges = [BINANCE]
    await bench.test.examine()
    assert await bench.memory.stress.lived() == {}
    await bench.memory.readings.add([holding(60, at=NOON - DAY)])

    await bench.test.examine()
    assert await bench.memory.stress.lived() == {}
    bench.memory.clock.advance(HOUR)
    await bench.test.examine()
    assert "binance" in await bench.memory.stress.lived()


async def test_since_when_withdrawals_are_watched_is_kept(bench: Bench) -> None:
    bench.exchanges = [BINANCE]
    await bench.memory.readings.add([holding(60, at=NOON - HOUR)])
    await bench.test.examine()
    assert (await bench.memory.stress.lived())["binance"].watched_since is None

    await bench.is_passing("binance")
    for _ in range(2):
        bench.memory.clock.advance(DAY)
        await bench.test.examine()

    assert (await bench.memory.stress.lived())["binance"].watched_since == NOON + DAY
