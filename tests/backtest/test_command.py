"""What a backtest finds in a past, without a process of its own."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.backtest.command import Backtest, BacktestOptions
from bot.domain.errors import ConfigurationError, RunwatchError
from bot.domain.severity import Sensitivity
from tests.backtest.written_past import DAY, FIRST, amounts, changes, quiet, run, write, write_lines

SPRUNG = FIRST + 40 * DAY
MAJORS = (("BTC", "BTC"), ("ETH", "ERC20"), ("USDT", "TRC20"), ("USDT", "ETH"), ("USDC", "ethereum"))


@dataclass
class Ran:
    """What was printed on both streams."""

    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out]


@pytest.fixture
def past(tmp_path: Path) -> Path:
    """Hold Binance, from which more than a tenth leaves in three days, and a calm OKX."""
    write(tmp_path, "Binance-CEX", run())
    write(tmp_path, "okx", quiet(75))
    return tmp_path


def backtest(past: Path, **options: Any) -> Ran:
    ran = Ran()
    Backtest(BacktestOptions(past, **({"as_json": True} | options)), out=ran.out.append, err=_lines_of(ran.err)).run()
    return ran


def _lines_of(kept: list[str]) -> Any:
    return lambda text: kept.extend(text.splitlines())


def lines(past: Path, **options: Any) -> list[dict[str, Any]]:
    return backtest(past, **options).records


def moment(day: float) -> datetime:
    return datetime.fromtimestamp(FIRST + day * DAY, UTC)


def at(day: float) -> str:
    return moment(day).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_line_says_how_much_left_and_why(past: Path) -> None:
    first = (lines(past))[0]

    assert (first["window"], first["confirmed"], first["inhibited_by"]) == ("24h", True, None)
    assert first["share"] == pytest.approx(0.96 / 1.002 - 1)
    assert first["flow_usd"] == pytest.approx(52e9 * (0.96 - 1.002))
    assert first["reasons"][0] == "24 h: −4.2 % of clean reserves ≤ −3.0 %"


def test_a_calm_past_tells_nothing(tmp_path: Path) -> None:
    write(tmp_path, "okx", quiet(75))

    assert lines(tmp_path) == []
    assert backtest(tmp_path, as_json=False).out == ["Nothing would have been told."]


def test_a_preset_scales_the_thresholds(past: Path) -> None:
    write(past, "Binance-CEX", run(shares=(0.975, 0.97)))

    assert [line["severity"] for line in lines(past)][:1] == ["watch"]
    assert [line["severity"] for line in lines(past, sensitivity=Sensitivity.EARLY)][:1] == ["elevated"]
    write(past, "Binance-CEX", run(shares=(0.985, 0.98)))
    assert lines(past, sensitivity=Sensitivity.CALM) == []


def test_what_is_earlier_only_teaches_and_what_is_later_is_left_alone(past: Path) -> None:
    after = backtest(past, since=moment(41), until=moment(42))
    (opened,) = after.records

    assert (opened["at"], opened["event"]) == (at(41), "opened")
    assert any("robust z" in reason for reason in opened["reasons"])
    assert after.err[-1] == "4 readings of 2 exchanges processed"
    assert lines(past, until=moment(39)) == []
    with pytest.raises(RunwatchError, match="no reading lies between --from and --to"):
        backtest(past, since=moment(400))


def test_closed_withdrawals_make_it_critical_and_keep_it_open(past: Path) -> None:
    log = past / "Binance-CEX.withdrawals.jsonl"
    write_lines(
        log, [*changes(SPRUNG - DAY, *MAJORS, is_open=True), *changes(SPRUNG + 3600, *MAJORS[:2], is_open=False)]
    )

    found = lines(past)

    assert [(record["at"], record["event"], record["severity"]) for record in found] == [
        (at(40), "opened", "elevated"),
        (at(41), "escalated", "critical"),
    ]


def test_withdrawals_that_open_again_let_it_end(past: Path) -> None:
    log = past / "Binance-CEX.withdrawals.jsonl"
    closed = changes(SPRUNG + 3600, *MAJORS[:2], is_open=False)
    write_lines(log, [*changes(SPRUNG + 20 * DAY, *MAJORS[:2], is_open=True), *closed])

    found = lines(past)

    assert [record["severity"] for record in found][:2] == ["elevated", "critical"]
    assert found[-1]["event"] == "resolved"
    assert found[-1]["at"] > at(60)


def test_one_closed_network_beside_an_open_one_closes_nothing(past: Path) -> None:
    log = past / "Binance-CEX.withdrawals.jsonl"
    write_lines(
        log, [*changes(SPRUNG, *MAJORS, is_open=True), *changes(SPRUNG, ("USDT", "TRX"), MAJORS[0], is_open=False)]
    )

    assert "critical" not in {line["severity"] for line in lines(past)}


def test_figures_that_cannot_be_compared_are_held_once_as_long_as_it_lasts(past: Path) -> None:
    points = quiet(75)
    for day in (50, 51, 52):
        del points[FIRST + day * DAY]["USDT"]
    write(past, "okx", points)

    found = [line for line in lines(past) if line["exchange"] == "okx"]

    held, opened, resolved = found
    assert [(line["at"], line["event"], line["severity"], line["incident"]) for line in (opened, resolved)] == [
        (at(51), "opened", "elevated", "INC-2"),
        (at(53), "resolved", "elevated", "INC-2"),
    ]
    assert [line["reasons"] for line in (opened, resolved)] == [
        ["33.3 % of clean reserves not reported any more, told from 15.0 % on"],
        ["Resolved: came back", "33.3 % of clean reserves not reported any more, told from 15.0 % on"],
    ]
    assert {line["rule"] for line in found} == {"data"}
    assert (held["at"], held["event"], held["rule"]) == (at(50), "held", "data")
    assert (held["incident"], held["severity"], held["confirmed"]) == (None, None, False)
    assert held["reasons"][0] == (
        "Held: chain missing (24 h, 72 h, 7 d: Tron, 33.3 % of reserves; 14 d, 30 d: Tron, 33.4 % of reserves)"
    )
    assert held["share"] is not None


def test_missing_data_neither_opens_nor_resolves(past: Path) -> None:
    whole = run(shares=(0.96, 0.9))
    cut = {moment: held for moment, held in whole.items() if moment <= SPRUNG + DAY}
    write(past, "Binance-CEX", cut)
    write(past, "okx", {moment: held for moment, held in quiet(75).items() if not 20 <= (moment - FIRST) // DAY < 60})

    assert [(line["exchange"], line["event"]) for line in lines(past)] == [("binance", "opened")]


def test_naive_rules_stand_beside_ours(past: Path) -> None:
    write_lines(past / "events.jsonl", [{"exchange": "Binance-CEX", "from": SPRUNG, "to": SPRUNG + 3 * DAY}])

    ran = backtest(past, as_json=False, compare=True)
    rows = [line for line in "\n".join(ran.out).splitlines() if " of 1 " in line]

    assert [row.split("  ")[0] for row in rows] == [
        "Runwatch, elevated and worse", "Runwatch, watch and worse", "fixed $10 M out in 24 h", "total −3 % in 24 h",
        "24 h flow ≥ 20 % of its 7-day mean", "upstream's own inflow −3 % in 24 h",
    ]  # fmt: skip
    assert rows[0].split()[-6:] == ["1", "of", "1", "none", "0", "0.00"]
    assert int(rows[2].split()[-2]) > 30
    assert "false alarms per exchange-year: 0.00 by events.jsonl" in ran.err
    assert backtest(past, compare=True).records == lines(past)


def test_a_broken_body_is_said_and_the_rest_goes_on(past: Path) -> None:
    (past / "bybit.json").write_text("<html>")
    (past / "okx.withdrawals.jsonl").write_text(
        '{"at": 1}\n\nnonsense\n{"at":1e99,"asset":"","network":"","open":true}'
    )
    (past / "binance.json").write_bytes((past / "okx.json").read_bytes())
    (past / "events.jsonl").write_text("{}\n")

    ran = backtest(past)
    said = ran.err

    assert said[0] == "binance.json is skipped: Binance-CEX.json is the same exchange."
    assert said[1].startswith("bybit.json is skipped: not JSON: ")
    assert [line.partition(":")[2] for line in said[2:6]] == [
        " line 1 is skipped, it cannot be read.", " line 3 is skipped, it cannot be read.",
        " line 4 is skipped, it cannot be read.", " line 1 is skipped, it cannot be read.",
    ]  # fmt: skip
    assert said[-1] == "148 readings of 2 exchanges processed"
    assert len(ran.out) == 2


def test_where_nothing_can_be_processed_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no folder"):
        backtest(tmp_path / "nowhere")
    with pytest.raises(RunwatchError, match="holds no <slug>"):
        backtest(tmp_path)
    (tmp_path / "okx.json").write_text('{"chainTvls": {}}')
    with pytest.raises(RunwatchError, match="could be read"):
        backtest(tmp_path)
    with pytest.raises(ConfigurationError, match=r"--from \(.*\) is after --to"):
        BacktestOptions(tmp_path, since=moment(1), until=moment(0))


def shuffled(points: Mapping[int, Any], random: Random) -> dict[int, Any]:
    return dict(random.sample(list(points.items()), len(points)))


@given(st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_neither_the_order_of_files_nor_of_points_nor_doubles_change_anything(random: Random) -> None:
    story, calm = run(), quiet(75)
    with TemporaryDirectory() as first, TemporaryDirectory() as second:
        straight, mixed = Path(first), Path(second)
        write(straight, "one", story)
        write(straight, "two", calm)
        for name, held in random.sample([("one", story), ("two", calm)], 2):
            write(mixed, name, shuffled(held, random))
            double(mixed / f"{name}.json", random)
        assert backtest(straight).out == backtest(mixed).out


def double(path: Path, random: Random) -> None:
    """Let some points of every section stand twice."""
    body = json.loads(path.read_bytes())
    for sections in (*body["chainTvls"].values(), body):
        for section in ("tokens", "tokensInUsd"):
            sections[section] += random.sample(sections[section], 5)
    path.write_text(json.dumps(body))


def test_points_that_came_late_but_are_in_their_place_change_nothing(past: Path) -> None:
    told = lines(past)
    body = json.loads((past / "okx.json").read_bytes())
    for sections in (*body["chainTvls"].values(), body):
        for section in ("tokens", "tokensInUsd"):
            late = sections[section].pop(42)
            sections[section].append(late)
    (past / "okx.json").write_text(json.dumps(body))

    assert lines(past) == told


def test_the_name_of_a_file_is_the_exchange_whatever_its_case(past: Path) -> None:
    (past / "Binance-CEX.json").rename(past / "BINANCE.json")

    assert {line["exchange"] for line in lines(past)} == {"binance"}


def test_own_tokens_are_known_by_the_name(past: Path) -> None:
    points = quiet(75)
    for day in range(45, 75):
        points[FIRST + day * DAY]["BNB"] *= 0.3
    write(past, "Binance-CEX", points)
    assert lines(past) == []

    (past / "Binance-CEX.json").rename(past / "unheard-of.json")
    assert lines(past) != []


def test_trouble_at_three_large_exchanges_is_told_as_one(tmp_path: Path) -> None:
    for name in ("aa", "bb", "cc", "dd"):
        write(tmp_path, name, run())
    write(tmp_path, "ee", quiet(75))

    found = lines(tmp_path)
    opened, *told = [record for record in found if record["rule"] != "data"]

    assert [(record["at"], record["event"], record["rule"]) for record in found[:4]] == [(at(40), "held", "data")] * 4
    assert (opened["at"], opened["exchange"], opened["event"]) == (at(41), "market", "opened")
    assert (opened["rule"], opened["severity"]) == ("market-wide", "elevated")
    assert opened["reasons"][0] == "aa: elevated, −5.4 %"
    singles = [record for record in told if record["event"] == "opened"]
    assert [single["inhibited_by"] for single in singles] == [opened["incident"]] * 4


def test_a_table_says_what_is_part_of_something_larger(tmp_path: Path) -> None:
    for name in ("aa", "bb", "cc", "dd"):
        write(tmp_path, name, run())

    (printed,) = backtest(tmp_path, as_json=False).out

    assert "market    INC-5" in printed
    assert "under INC-5 · 24 h: −3.6 % of clean reserves" in printed


def test_a_severe_outflow_that_one_reading_shows_says_so(tmp_path: Path) -> None:
    points = run(shares=(0.9, 0.89))
    hourly = {moment: held for moment, held in points.items() if moment < SPRUNG}
    hourly |= {SPRUNG - DAY + hour * 3600: amounts(1.0 + hour * 1e-5) for hour in range(1, 24)}
    write(tmp_path, "binance", hourly | {SPRUNG: amounts(0.9, USDT=0.96, BTC=1.03)})

    (opened,) = lines(tmp_path)
    (printed,) = backtest(tmp_path, as_json=False).out

    assert (opened["severity"], opened["confirmed"]) == ("severe", False)
    assert "severe?" in printed


def test_what_people_should_know_beside_the_figures_is_a_reason_too(past: Path) -> None:
    points = run()
    for moment_, held in points.items():
        held["BNB"] *= 0.7 if moment_ >= SPRUNG else 1.0
    write(past, "Binance-CEX", points)

    assert lines(past)[0]["reasons"][-1] == "Own token BNB −$2.40 B in 24 h: left out of every flow."
