"""`runwatch backtest` as scripts use it: every run here is a process of its own."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.backtest.written_past import DAY, FIRST, quiet, run, write
from tests.program import Finished, bot, bot_that_nobody_reads

KEYS = [
    "at", "exchange", "incident", "event", "rule", "severity", "confirmed", "window", "flow_usd", "share", "reasons",
    "inhibited_by",
]  # fmt: skip
WINDOW_KEYS = ["share", "low", "high", "flow_usd", "since", "held"]


@pytest.fixture
def past(tmp_path: Path) -> Path:
    """Hold Binance, from which a tenth leaves in two days, and a calm OKX."""
    folder = tmp_path / "past"
    folder.mkdir()
    write(folder, "Binance-CEX", run())
    write(folder, "okx", quiet(75))
    return folder


async def backtest(past: Path, *words: str) -> Finished:
    ran = await bot("backtest", "--data", str(past), *words, directory=past.parent)
    assert ran.code == 0, ran.err
    return ran


def at(day: float) -> str:
    return datetime.fromtimestamp(FIRST + day * DAY, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def test_standard_output_is_one_object_a_line_and_nothing_else(past: Path) -> None:
    ran = await backtest(past, "--json")
    found: list[dict[str, Any]] = [json.loads(line) for line in ran.out.splitlines()]

    assert all(list(record) == KEYS for record in found)
    assert [(record["at"], record["event"], record["severity"]) for record in found] == [
        (at(40), "opened", "elevated"),
        (at(71), "resolved", "elevated"),
    ]
    assert {(record["exchange"], record["incident"], record["rule"]) for record in found} == {
        ("binance", "INC-1", "outflow")
    }
    assert ran.err.splitlines() == [
        "incidents: 1, elevated or worse: 1; spells of held figures: 0; exchange-years: 0.4",
        "false alarms per exchange-year: unknown, events.jsonl would say what really happened; incidents: 2.50",
        "148 readings of 2 exchanges processed",
    ]


async def test_a_span_is_given_in_days_or_moments_of_utc(past: Path) -> None:
    days = await backtest(past, "--json", "--from", "2023-01-11", "--to", "2023-01-12")
    moments = await backtest(past, "--json", "--from", "2023-01-10T00:00Z", "--to", "2023-01-10T03:00+02:00")

    assert [json.loads(line)["at"] for line in days.out.splitlines()] == [at(41)]
    assert days.err.splitlines()[-1] == "4 readings of 2 exchanges processed"
    assert [json.loads(line)["at"] for line in moments.out.splitlines()] == [at(40)]
    assert moments.err.splitlines()[-1] == "2 readings of 2 exchanges processed"


async def test_windows_are_further_lines_of_the_same_stream_in_the_order_of_time(past: Path) -> None:
    alone = await backtest(past, "--json")
    ran = await backtest(past, "--json", "--windows")
    records: list[dict[str, Any]] = [json.loads(line) for line in ran.out.splitlines()]
    measured = [record for record in records if "windows" in record]

    assert [line for line in ran.out.splitlines() if '"windows"' not in line] == alone.out.splitlines()
    assert len(measured) == 148
    assert [record["at"] for record in records] == sorted(record["at"] for record in records)
    assert [list(record) for record in measured] == [["at", "exchange", "windows"]] * 148
    assert all(list(window) == WINDOW_KEYS for record in measured for window in record["windows"].values())
    assert list(measured[-1]["windows"]) == ["24h", "72h", "7d", "14d", "30d"]
    assert ran.err == alone.err


async def test_without_json_a_table_is_printed(past: Path) -> None:
    ran = await backtest(past)
    header, opened, resolved = ran.out.splitlines()

    assert header.split()[:4] == ["at", "(UTC)", "exchange", "incident"]
    assert opened.split()[2:6] == ["binance", "INC-1", "opened", "outflow"]
    assert resolved.split()[4] == "resolved"


async def test_with_json_the_comparison_is_no_line_among_lines(past: Path) -> None:
    ran = await backtest(past, "--compare", "--json")

    assert all(json.loads(line)["incident"] for line in ran.out.splitlines())
    assert "Runwatch, elevated and worse" in ran.err
    assert "No events.jsonl says what really happened" in ran.err


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["--data", "nowhere"], 2, "There is no folder nowhere."),
        (["--data", "empty"], 1, "Nothing to process: empty holds no <slug>.json."),
        (
            ["--data", "past", "--from", "2023-01-02", "--to", "2023-01-01"], 2,
            "--from (2023-01-02 00:00) is after --to (2023-01-01 23:59).",
        ),
        (
            ["--data", "past", "--windows"], 2,
            "--windows adds JSON lines to those of --json: give --json as well.",
        ),
    ],
)  # fmt: skip
async def test_what_cannot_be_done_is_said_in_a_sentence(
    past: Path, words: list[str], code: int, sentence: str
) -> None:
    (past.parent / "empty").mkdir()

    ran = await bot("backtest", *words, directory=past.parent)

    assert (ran.code, ran.out) == (code, "")
    assert ran.err.splitlines()[-1] == f"runwatch: {sentence}"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "Missing option '--data'"),
        (["--data", "past", "--preset", "loud"], "'loud' is not one of 'calm', 'normal', 'early'"),
        (["--data", "past", "--from", "yesterday"], "'yesterday' is no day and no moment such as 2022-12-01"),
    ],
)
async def test_wrong_usage_is_refused(past: Path, words: list[str], complaint: str) -> None:
    ran = await bot("backtest", *words, directory=past.parent)

    assert (ran.code, ran.out) == (2, "")
    assert complaint in " ".join(ran.err.split())


async def test_a_reader_that_goes_away_is_no_failure_to_explain(past: Path) -> None:
    ran = await bot_that_nobody_reads("backtest", "--data", str(past), "--json", directory=past.parent)

    assert (ran.code, ran.err) == (141, "")
