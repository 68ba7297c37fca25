"""The windows lines of a backtest: what was measured at each reading, whether or not anything was announced."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.alerting.judging_round import ExchangeStep
from bot.backtest.command import Backtest, BacktestOptions
from bot.backtest.output import windows_line
from bot.backtest.simulation import Simulation
from bot.domain.flow import Flow, Hold, HoldReason, Window
from bot.domain.severity import Sensitivity
from tests.backtest.written_past import DAY as DAY_S
from tests.backtest.written_past import FIRST, quiet, run, write
from tests.builders import BINANCE, DAY, NOON, holding

HALF_AN_HOUR_S = 1800


def moment(day: float) -> datetime:
    return datetime.fromtimestamp(FIRST + day * DAY_S, UTC)


def at(day: float) -> str:
    return moment(day).strftime("%Y-%m-%dT%H:%M:%SZ")


def records(past: Path, **options: Any) -> list[dict[str, Any]]:
    printed: list[str] = []
    options_given = BacktestOptions(past, as_json=True, windows=True, **options)
    Backtest(options_given, out=printed.append, err=lambda _: None).run()
    return [json.loads(line) for line in printed]


def test_each_window_says_its_flow_and_the_reading_that_it_starts_from(tmp_path: Path) -> None:
    write(tmp_path, "Binance-CEX", quiet(41))

    last = records(tmp_path)[-1]

    assert (last["at"], last["exchange"]) == (at(40), "binance")
    assert list(last["windows"]) == ["24h", "72h", "7d", "14d", "30d"]
    assert last["windows"]["24h"] == {
        "share": pytest.approx(1 / 1.002 - 1), "low": pytest.approx(1 / 1.002 - 1),
        "high": pytest.approx(1 / 1.002 - 1), "flow_usd": pytest.approx(52e9 * (1 - 1.002)),
        "since": at(39), "held": None,
    }  # fmt: skip
    assert last["windows"]["72h"]["since"] == at(37)
    assert last["windows"]["14d"]["share"] == 0


def test_windows_that_cannot_be_computed_are_absent(tmp_path: Path) -> None:
    write(tmp_path, "okx", quiet(3))

    assert [list(record["windows"]) for record in records(tmp_path)] == [[], ["24h"], ["24h", "72h"]]


def test_a_reading_that_repeats_the_one_before_has_a_line_that_says_why_it_is_held(tmp_path: Path) -> None:
    points = quiet(40)
    points[FIRST + 40 * DAY_S] = points[FIRST + 39 * DAY_S]
    write(tmp_path, "okx", points)

    last = [record for record in records(tmp_path) if "windows" in record][-1]

    assert last["at"] == at(40)
    assert {window["held"] for window in last["windows"].values()} == {"data too old (newest reading is 24 h old)"}
    assert last["windows"]["24h"]["since"] == at(38)


def test_bounds_are_those_of_the_flow() -> None:
    hold = Hold(HoldReason.CHAIN_MISSING, "Tron, 2.6 % of reserves")
    bounded = Flow(Window.DAY, NOON - DAY, NOON, -55e6, -0.55, 1e8, hold=hold, lowest_usd=-58e6, highest_usd=-52e6)
    signal = replace(judged_step().signal, flows=(bounded,))

    windows = json.loads(windows_line(replace(judged_step(), signal=signal)))["windows"]

    assert windows == {
        "24h": {
            "share": -0.55, "low": pytest.approx(-0.58), "high": pytest.approx(-0.52), "flow_usd": -55e6,
            "since": "2022-12-12T12:00:00Z", "held": "chain missing (Tron, 2.6 % of reserves)",
        }
    }  # fmt: skip


def judged_step() -> ExchangeStep:
    simulation = Simulation([BINANCE], sensitivity=Sensitivity.EARLY)
    result = simulation.judge_reserves([holding(60, at=NOON)])
    assert result
    (step,) = simulation.steps_of_round(result)
    return step


def test_a_reading_has_one_line_though_the_normal_preset_is_judged_beside_another() -> None:
    assert judged_step().key.sensitivity is Sensitivity.EARLY


def test_figures_of_a_reading_come_before_what_is_announced_of_it(tmp_path: Path) -> None:
    write(tmp_path, "Binance-CEX", run())

    told = [list(record)[2] for record in records(tmp_path) if record["at"] == at(40)]

    assert told == ["windows", "incident"]


def test_exchanges_that_are_read_minutes_apart_stand_in_the_order_of_time(tmp_path: Path) -> None:
    write(tmp_path, "aa", {moment_ + HALF_AN_HOUR_S: held for moment_, held in run().items()})
    for name in ("bb", "cc", "dd"):
        write(tmp_path, name, run())

    found = records(tmp_path)

    assert [record["at"] for record in found] == sorted(record["at"] for record in found)
    assert "market" in {record["exchange"] for record in found}


def test_readings_that_only_teach_have_no_line(tmp_path: Path) -> None:
    write(tmp_path, "okx", quiet(40))

    found = records(tmp_path, since=moment(30), until=moment(32))

    assert [record["at"] for record in found] == [at(30), at(31), at(32)]
    assert list(found[0]["windows"]) == ["24h", "72h", "7d", "14d", "30d"]


def test_alerts_are_the_same_whether_or_not_windows_are_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "Binance-CEX", run())
    printed: list[str] = []
    Backtest(BacktestOptions(tmp_path, as_json=True), out=printed.append, err=lambda _: None).run()

    assert [record for record in records(tmp_path) if "windows" not in record] == [json.loads(line) for line in printed]
    assert printed
