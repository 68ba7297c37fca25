from datetime import timedelta

import pytest

from bot.domain.exchange import Exchange
from bot.domain.severity import Sensitivity, Severity
from bot.monitoring.history_queries import HistoryQueries
from tests.builders import BINANCE, DAY, HOUR, NOON, OKX, holding, reading
from tests.fakes.memory import Memory

DAWN = NOON - timedelta(hours=12)


@pytest.fixture
def memory() -> Memory:
    return Memory(NOON)


def history_queries(memory: Memory) -> HistoryQueries:
    return HistoryQueries(memory.readings, memory.clock)


async def store_days(memory: Memory, exchange: Exchange, *, left: float, on: int, days: int = 200) -> None:
    """Keep so many days on which a little comes and goes, but for one, `on` days ago, on which a share left."""
    readings = [
        holding(20 * (1.002 if age % 2 else 1.0) * (1 - left if age <= on else 1.0), at=DAWN - age * DAY,
                exchange=exchange.id)
        for age in range(days, -1, -1)
    ]  # fmt: skip
    await memory.readings.add(readings)


async def test_an_outflow_curve_has_the_first_reading_of_each_day_and_the_newest(memory: Memory) -> None:
    held = {-72 * HOUR: 50, -48 * HOUR: 40, -24 * HOUR: 38, -HOUR: 37, 0 * HOUR: 36}
    await memory.readings.add([holding(billions, at=NOON + after) for after, billions in held.items()])

    answer = await history_queries(memory).outflow_curve(BINANCE, NOON - 40 * HOUR)

    assert answer
    assert (answer.title, answer.start) == ("Binance", NOON - 2 * DAY)
    assert answer.elapsed == (0 * DAY, DAY, 47 * HOUR, 2 * DAY)
    assert answer.shares == pytest.approx((0.0, -0.05, -0.075, -0.1))


async def test_where_the_past_is_too_short_a_curve_begins_with_it(memory: Memory) -> None:
    await memory.readings.add([holding(40, at=NOON - DAY), holding(36)])

    answer = await history_queries(memory).outflow_curve(BINANCE, NOON - 7 * DAY)

    assert answer
    assert answer.start == NOON - DAY


async def test_a_reading_without_a_chain_is_no_point_of_a_curve(memory: Memory) -> None:
    """Of 60 units 6 have left Tron by the second day. On the third it is missing, and Bitcoin alone stands still."""
    without_tron = reading({"Bitcoin/BTC": (1.2e6, 20_000.0)})
    left = reading({"Tron/USDT": (30e9, 1.0), "Bitcoin/BTC": (1.2e6, 20_000.0)}, at=DAWN - DAY)
    await memory.readings.add([holding(60, at=DAWN - 2 * DAY), left, without_tron])

    answer = await history_queries(memory).outflow_curve(BINANCE, NOON - 7 * DAY)

    assert answer
    assert answer.elapsed == (0 * DAY, DAY)
    assert answer.shares == pytest.approx((0.0, -0.1))


WITHOUT_TRON = {"Bitcoin/BTC": (1.2e6, 20_000.0)}


async def test_a_curve_does_not_begin_with_a_reading_without_a_chain_that_is_back_by_now(memory: Memory) -> None:
    """Of 60 units 36 are on Tron, which is missing on day 0: of the rest alone 6 units would be a quarter."""
    partial = reading(WITHOUT_TRON, at=DAWN - 3 * DAY)
    await memory.readings.add([holding(60, at=DAWN - 4 * DAY), partial, holding(54, at=DAWN - DAY), holding(48)])

    answer = await history_queries(memory).outflow_curve(BINANCE, DAWN - 3 * DAY)

    assert answer
    assert answer.start == DAWN - 4 * DAY
    assert answer.shares == pytest.approx((0.0, -0.1, -0.2))


@pytest.mark.parametrize("age", [2, 4])
async def test_a_curve_begins_where_it_was_asked_to_with_a_chain_that_is_gone_for_good_or_for_days(
    memory: Memory, age: int
) -> None:
    """Two days before its start it was there and it is not back; or it was there four days before, and is back."""
    later = WITHOUT_TRON if age == 2 else {**WITHOUT_TRON, "Tron/USDT": (36e9, 1.0)}
    await memory.readings.add(
        [holding(60, at=DAWN - (3 + age) * DAY), reading(WITHOUT_TRON, at=DAWN - 3 * DAY), reading(later)]
    )

    answer = await history_queries(memory).outflow_curve(BINANCE, DAWN - 3 * DAY)

    assert answer
    assert answer.start == DAWN - 3 * DAY


async def test_without_a_comparable_reading_there_is_no_curve(memory: Memory) -> None:
    await memory.readings.add([holding(60, at=DAWN), reading({"Bitcoin/BTC": (1.2e6, 20_000.0)})])

    assert await history_queries(memory).outflow_curve(BINANCE, NOON - 7 * DAY) is None


@pytest.mark.parametrize("ages", [(), (0,)])
async def test_without_two_readings_there_is_no_curve(memory: Memory, ages: tuple[int, ...]) -> None:
    await memory.readings.add([holding(40, at=NOON - age * DAY) for age in ages])

    assert await history_queries(memory).outflow_curve(BINANCE, NOON - DAY) is None


async def test_a_rehearsal_finds_what_a_preset_would_have_told(memory: Memory) -> None:
    await store_days(memory, BINANCE, left=0.05, on=40)
    await store_days(memory, OKX, left=0.025, on=20)

    normal = await history_queries(memory).rehearse([BINANCE, OKX], Sensitivity.NORMAL)
    early = await history_queries(memory).rehearse([BINANCE, OKX], Sensitivity.EARLY)

    assert [(incident.subject, incident.peak) for incident in normal.incidents] == [
        ("binance", Severity.ELEVATED),
        ("okx", Severity.WATCH),
    ]
    assert [incident.peak for incident in early.incidents] == [Severity.ELEVATED, Severity.ELEVATED]
    assert [incident.first_as_of for incident in normal.incidents] == [DAWN - 40 * DAY, DAWN - 20 * DAY]
    assert normal.judged_from == {"binance": normal.since, "okx": normal.since}
    assert (normal.source, normal.as_of) == ("defillama", DAWN)


async def test_what_lies_before_the_ninety_days_only_teaches(memory: Memory) -> None:
    await store_days(memory, BINANCE, left=0.05, on=120)

    answer = await history_queries(memory).rehearse([BINANCE], Sensitivity.NORMAL)

    assert answer.incidents == ()
    assert answer.days == pytest.approx(90)


async def test_a_rehearsal_of_nothing_judges_nothing(memory: Memory) -> None:
    answer = await history_queries(memory).rehearse([BINANCE], Sensitivity.NORMAL)

    assert (answer.incidents, answer.judged_from, answer.days) == ((), {}, 0)
