"""The first day of a new installation, and the morning after a night without the bot, at every hour of the day.

The upstream tells of past days what was there at 00:00, and the newest amounts of now. So a bot that starts at 14:00
knows the midnights and 14:00, and from then on a reading an hour. Times are UTC.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import pytest

from bot.backtest.simulation import Simulation
from bot.domain.flow import Window
from bot.domain.reading import Reading
from bot.domain.severity import Severity
from tests.builders import BINANCE, DAY, HOUR
from tests.detection.quiet_past import MIDNIGHT, WORTH, book

AFTER_OUTFLOW = {
    "Tron/USDT": 0.85, "Bitcoin/BTC": 0.92, "Ethereum/ETH": 0.95, "Ethereum/USDC": 0.96, "Solana/SOL": 0.98
}  # fmt: skip
"""What is left of each slot when 9 % of the reserves are gone: of some assets more, as people withdraw."""
_DETAIL_POLLS = 2


def quiet(at: datetime) -> dict[str, float]:
    """Return what every slot holds on a quiet day: up to 0.1 % more or less, and never twice the same."""
    minutes = int(at.timestamp()) // 60
    return {slot: 1 + 0.002 * ((minutes * (place + 7) % 97) / 97 - 0.5) for place, slot in enumerate(WORTH)}


def amounts(at: datetime, *, gone: float = 0.0) -> Reading:
    """Return a reading after that part of the outflow: 0.5 leaves half of the 9 %."""
    lost = {slot: gone * (1 - AFTER_OUTFLOW.get(slot, 1.0)) for slot in WORTH}
    return book(at, {slot: part * (1 - lost[slot]) for slot, part in quiet(at).items()})


def body(at: datetime, *, gone: float = 0.0) -> list[Reading]:
    """Return what the upstream tells a new installation: sixty midnights, and the amounts of now."""
    today = at.replace(hour=0, minute=0)
    midnights = [amounts(today - day * DAY) for day in range(60, -1, -1)]
    return [*(reading for reading in midnights if reading.as_of < at), amounts(at, gone=gone)]


class Installation:
    """A bot that judges from its first body on, with the severities that it told of, in order."""

    def __init__(self, at: datetime, *, gone: float = 0.0) -> None:
        self.told: list[Severity] = []
        self._simulation = Simulation([BINANCE], since=at)
        self.read(body(at, gone=gone))

    def read(self, readings: Iterable[Reading]) -> None:
        for reading in readings:
            alerts = self._simulation.run_round([reading])
            self.told += [alert.incident.severity for alert in alerts if alert.incident]

    def read_hourly(self, at: datetime, gone: Iterable[float]) -> None:
        """Read once an hour from the hour after `at` on, with these parts of the outflow gone."""
        self.read(amounts(at + hour * HOUR, gone=part) for hour, part in enumerate(gone, 1))


RUNS: Mapping[str, list[float]] = {
    "in the first hour": [1.0],
    "in the third hour": [0.0, 0.0, 1.0],
    "over three hours": [0.3, 0.7, 1.0],
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("minute", [0, 40])
@pytest.mark.parametrize("hour", range(24))
def test_an_outflow_of_nine_percent_is_severe_in_the_first_hours_of_a_bot_started_at_any_time(
    hour: int, minute: int, run: str
) -> None:
    start = MIDNIGHT + hour * HOUR + timedelta(minutes=minute)
    installation = Installation(start)
    assert installation.told == []

    parts = RUNS[run]
    installation.read_hourly(start, [*parts, *[1.0] * (_DETAIL_POLLS - 1)])

    assert installation.told[-1] is Severity.SEVERE


@pytest.mark.parametrize("hour", range(1, 24))
def test_what_left_before_the_first_start_on_that_day_is_severe_at_once(hour: int) -> None:
    assert Installation(MIDNIGHT + hour * HOUR, gone=1.0).told == [Severity.SEVERE]


@pytest.mark.parametrize("hour", range(24))
def test_a_quiet_first_day_tells_nothing(hour: int) -> None:
    start = MIDNIGHT + hour * HOUR
    installation = Installation(start)

    installation.read_hourly(start, [0.0] * 48)

    assert installation.told == []


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("first_start", [14, 18, 21])
def test_an_outflow_in_the_morning_after_a_night_without_the_bot_is_severe(first_start: int, run: str) -> None:
    """The bot was started the day before, and was down from 22:00 to 08:00."""
    start, morning = MIDNIGHT + first_start * HOUR, MIDNIGHT + 32 * HOUR
    installation = Installation(start)
    installation.read_hourly(start, [0.0] * (22 - first_start))

    installation.read([amounts(MIDNIGHT + DAY), amounts(morning)])
    installation.read_hourly(morning, [*RUNS[run], *[1.0] * (_DETAIL_POLLS - 1)])

    assert installation.told[-1] is Severity.SEVERE


@pytest.mark.parametrize("began_before_midnight", [True, False])
def test_an_outflow_of_a_night_without_the_bot_is_severe_in_the_morning(
    began_before_midnight: bool,  # noqa: FBT001 — a table's column
) -> None:
    start, morning = MIDNIGHT + 14 * HOUR, MIDNIGHT + 32 * HOUR
    installation = Installation(start)
    installation.read_hourly(start, [0.0] * 8)

    installation.read([amounts(MIDNIGHT + DAY, gone=0.6 if began_before_midnight else 0.0), amounts(morning, gone=1.0)])
    installation.read_hourly(morning, [1.0])

    assert installation.told[-1] is Severity.SEVERE


@pytest.mark.parametrize("hour", range(24))
def test_the_first_reading_gives_a_figure_for_every_window_that_is_judged(hour: int) -> None:
    at = MIDNIGHT + hour * HOUR
    simulation = Simulation([BINANCE], since=at)
    *past, newest = body(at)
    for reading in past:
        simulation.judge_reserves([reading])

    result = simulation.judge_reserves([newest])

    assert result
    measured = {flow.window for step in result.steps for flow in step.signal.flows}
    assert measured >= set(Window) - {Window.HOUR}
