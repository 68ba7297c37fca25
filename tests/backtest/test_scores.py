from datetime import datetime, timedelta

import pytest

from bot.backtest.scores import Alarm, KnownEvent, daily, exchange_years, score
from tests.builders import DAY, HOUR, NOON

EVENT = KnownEvent("binance", NOON, NOON + 5 * DAY)


def alarm(start: timedelta, length: timedelta = timedelta(0), exchange: str = "binance") -> Alarm:
    return Alarm(exchange, NOON + start, NOON + start + length)


@pytest.mark.parametrize(
    ("tested", "delay"),
    [
        (alarm(timedelta(0)), timedelta(0)),
        (alarm(2 * DAY), 2 * DAY),
        (alarm(3 * DAY), 3 * DAY),
        (alarm(-12 * HOUR), timedelta(0)),
        (alarm(-9 * DAY, 20 * DAY), timedelta(0)),
        (alarm(3 * DAY + HOUR), None),
        (alarm(-2 * DAY), None),
        (alarm(timedelta(0), exchange="okx"), None),
    ],
)
def test_an_event_is_found_within_three_days(tested: Alarm, delay: timedelta | None) -> None:
    found = score("rule", [tested], [EVENT], 2.0)

    assert (found.found, found.events, found.delay) == (int(delay is not None), 1, delay)


@pytest.mark.parametrize(
    ("tested", "is_false"),
    [
        (alarm(-2 * DAY), True),
        (alarm(-DAY), False),
        (alarm(8 * DAY), False),
        (alarm(8 * DAY + HOUR), True),
        (alarm(timedelta(0), exchange="okx"), True),
    ],
)
def test_an_daily_alarmabout_nothing_is_false(tested: Alarm, is_false: bool) -> None:  # noqa: FBT001 — a column of the table
    found = score("rule", [tested, alarm(DAY)], [EVENT], 4.0)

    assert found.false_alarms == int(is_false)
    assert found.false_alarms_a_year == int(is_false) / 4


def test_delays_are_told_by_their_median() -> None:
    events = [KnownEvent(exchange, NOON, NOON) for exchange in "abc"]
    alarms = [alarm(after * HOUR, exchange=exchange) for exchange, after in zip("abc", (1, 50, 2), strict=True)]

    assert score("rule", alarms, events, 1.0).delay == 2 * HOUR


def test_without_time_there_is_no_rate() -> None:
    assert score("rule", [alarm(DAY)], [], 0.0).false_alarms_a_year == 0.0


def test_a_rule_without_incidents_alarms_once_a_day() -> None:
    moments: list[datetime] = [NOON + 13 * HOUR, NOON + HOUR, NOON, NOON + 40 * HOUR]

    assert [daily_alarm.start for daily_alarm in daily("okx", moments)] == [NOON, NOON + 13 * HOUR, NOON + 40 * HOUR]


def test_years_add_up_over_exchanges() -> None:
    assert exchange_years({"a": (NOON, NOON + 365.25 * DAY), "b": (NOON, NOON)}) == 1.0
