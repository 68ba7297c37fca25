"""What the evaluator of reports finds wrong, and what it lets pass."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from tests.reports.__main__ import judge
from tests.reports.backtest_lines import BacktestLines
from tests.reports.catalogue import KINDS
from tests.reports.evaluation import complaints
from tests.reports.expectation import Expectation, Opening, WindowRange, read_expectation, write_expectation

NOON = 1771156800  # 2026-02-15 12:00 UTC
HOUR_S = 3600


def told(at: str, event: str, severity: str | None = "severe", **more: Any) -> dict[str, Any]:
    """Return a line of an outflow of northex, INC-1."""
    line = {"exchange": "northex", "incident": "INC-1", "rule": "outflow", "confirmed": True}
    return line | {"at": f"2026-02-15T{at}:00Z", "event": event, "severity": severity} | more


def measured(at: str, share: float, **more: Any) -> dict[str, Any]:
    """Return a line of the windows of northex, of which there is one."""
    window = {"share": share, "low": share, "high": share, "held": None} | more
    return {"at": f"2026-02-15T{at}:00Z", "exchange": "northex", "windows": {"24h": window}}


def found(expectation: Expectation, *lines: Mapping[str, Any]) -> list[str]:
    return list(complaints(BacktestLines(lines), expectation))


DATA_NOTICE = {"rule": "data", "incident": "INC-2"}
OPENS = Expectation(opens=Opening("northex", "elevated", NOON, NOON + 2 * HOUR_S))
IN_RANGE = Expectation(windows=(WindowRange("northex", NOON, "24h", -0.02, 0.02),))


@pytest.mark.parametrize(
    ("expectation", "lines"),
    [
        (Expectation(), [told("12:00", "opened")]),
        (Expectation(at_most="elevated"), [told("12:00", "opened", "elevated")]),
        (Expectation(at_most=None), [told("12:00", "opened", "elevated", **DATA_NOTICE)]),
        (Expectation(at_most=None), [told("12:00", "held", incident=None, severity=None, rule="data")]),
        (Expectation(at_most_at_once=1), [told("12:00", "opened"), told("13:01", "opened", exchange="southex")]),
        (Expectation(at_most_at_once=1), [told("12:00", "opened"), told("12:00", "opened", exchange="market")]),
        (Expectation(incidents_at_most=1), [told("12:00", "opened"), told("12:00", "opened", **DATA_NOTICE)]),
        (Expectation(closed_by=NOON), [told("11:00", "opened"), told("12:00", "resolved")]),
        (OPENS, [told("14:00", "escalated", "elevated")]),
        (OPENS, [told("12:00", "opened", "elevated", **DATA_NOTICE)]),
        (Expectation(open_until=NOON), [told("11:00", "opened"), told("12:00", "resolved")]),
        (Expectation(open_until=NOON, opens=Opening("northex", "watch", NOON, NOON)),
         [told("11:00", "resolved"), told("12:00", "opened")]),
        (Expectation(confirmed_not_before=NOON),
         [told("11:00", "opened", confirmed=False), told("12:00", "escalated")]),
        (IN_RANGE, [measured("11:00", 0.02), measured("13:00", 0.5)]),
    ],
)  # fmt: skip
def test_what_is_as_expected_is_let_pass(expectation: Expectation, lines: list[dict[str, Any]]) -> None:
    assert found(expectation, *lines) == []


@pytest.mark.parametrize(
    ("expectation", "lines", "sentence"),
    [
        (Expectation(at_most=None), [told("12:00", "opened", "watch"), told("13:00", "escalated")],
         "northex: INC-1 is severe at 2026-02-15T13:00:00Z, and nothing may open."),
        (Expectation(at_most="watch"), [told("12:00", "opened"), told("13:00", "deescalated", "elevated")],
         "northex: INC-1 is severe at 2026-02-15T12:00:00Z, and at most watch is allowed."),
        (Expectation(at_most=None), [told("12:00", "opened", exchange="market", rule="market-wide")],
         "market: INC-1 is severe at 2026-02-15T12:00:00Z, and nothing may open."),
        (Expectation(at_most_at_once=1), [told("12:00", "opened"), told("13:00", "escalated", exchange="southex")],
         "northex, southex are severe within an hour of 2026-02-15T12:00:00Z, at most 1 may be."),
        (Expectation(incidents_at_most=1), [told("12:00", "opened"), told("13:00", "opened", incident="INC-2")],
         "There are 2 incidents, at most 1 may be."),
        (Expectation(incidents_at_most=0), [told("12:00", "opened", **DATA_NOTICE)],
         "There are 1 data notices, at most 0 may be."),
        (Expectation(closed_by=NOON), [told("11:00", "opened"), told("13:00", "resolved")],
         "northex: INC-1 (outflow, severe) is not resolved by 2026-02-15T12:00:00Z."),
        (Expectation(closed_by=NOON),
         [told("13:00", "opened", **DATA_NOTICE), told("14:00", "resolved", **DATA_NOTICE)],
         "northex: INC-2 (data, severe) is not resolved by 2026-02-15T12:00:00Z."),
        (OPENS, [told("11:00", "opened"), told("13:00", "deescalated")],
         "northex is not elevated between 2026-02-15T12:00:00Z and 2026-02-15T14:00:00Z, but severe at "  # noqa: ISC004
         "2026-02-15T11:00:00Z."),
        (OPENS, [told("12:00", "opened", exchange="southex"), told("12:00", "opened", "watch")],
         "northex is not elevated between 2026-02-15T12:00:00Z and 2026-02-15T14:00:00Z, but never."),
        (Expectation(open_until=NOON), [told("11:00", "resolved")],
         "northex: INC-1 is resolved at 2026-02-15T11:00:00Z, before 2026-02-15T12:00:00Z."),
        (Expectation(confirmed_not_before=NOON), [told("11:00", "opened")],
         "northex: INC-1 is severe and confirmed at 2026-02-15T11:00:00Z, before 2026-02-15T12:00:00Z."),
        (IN_RANGE, [measured("11:00", 0.0), measured("12:00", -0.03, held="data too old")],
         "northex: 24h at 2026-02-15T12:00:00Z is -3.0 % (held: data too old), not between -2.0 % and +2.0 %."),
        (IN_RANGE, [{"at": "2026-02-15T12:00:00Z", "exchange": "northex", "windows": {}}],
         "northex: 24h at 2026-02-15T12:00:00Z is not computed."),
        (IN_RANGE, [measured("13:00", 0.0)], "northex: there is no reading up to 2026-02-15T12:00:00Z."),
        (Expectation(), [measured("12:00", 4.0), measured("13:00", -2.0)],
         "northex: 24h is +400.0 % at 2026-02-15T12:00:00Z, which cannot be; readings with such a figure: 2."),
        (Expectation(), [measured("12:00", -0.1, low=-0.05)],
         "northex: 24h is -10.0 % at 2026-02-15T12:00:00Z, not between its bounds; readings with such a figure: 1."),
        (Expectation(), [measured("12:00", 0.0), told("11:00", "opened")],
         "A line of 2026-02-15T11:00:00Z stands behind one of 2026-02-15T12:00:00Z."),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_said(expectation: Expectation, lines: list[dict[str, Any]], sentence: str) -> None:
    assert found(expectation, *lines) == [sentence]


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_makes_the_same_report_again_and_another_seed_another(kind: str, tmp_path: Path) -> None:
    for name, seed in (("first", 1), ("again", 1), ("other", 2)):
        KINDS[kind](seed).write(tmp_path / name)
    first, again, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("first", "again", "other")
    )

    assert first == again
    assert first["northex.json"] != other["northex.json"]
    assert read_expectation(tmp_path / "first") == KINDS[kind](1).expectation


def test_nothing_may_open_and_nothing_is_said_of_it_are_two_expectations(tmp_path: Path) -> None:
    for expectation in (Expectation(at_most=None), Expectation(), Expectation(at_most="watch", closed_by=NOON)):
        write_expectation(tmp_path, expectation)
        assert read_expectation(tmp_path) == expectation


def test_an_expectation_that_is_not_known_is_refused(tmp_path: Path) -> None:
    (tmp_path / "expect.json").write_text('{"at_least": "watch"}')

    with pytest.raises(msgspec.ValidationError, match="at_least"):
        read_expectation(tmp_path)


def test_folders_are_judged_one_after_the_other(tmp_path: Path) -> None:
    for name in ("calm", "odd"):
        KINDS["quiet-weeks"](5).write(tmp_path / name)
    write_expectation(tmp_path / "odd", Expectation(opens=Opening("northex", "watch", NOON, NOON)))

    everything, calm = (CliRunner().invoke(judge, [str(path)]) for path in (tmp_path, tmp_path / "calm"))

    assert (everything.exit_code, calm.exit_code) == (1, 0)
    assert everything.output.splitlines() == [
        "calm: as expected",
        "odd:",
        "  northex is not watch between 2026-02-15T12:00:00Z and 2026-02-15T12:00:00Z, but never.",
    ]


def test_a_folder_without_expectations_is_wrong_usage(tmp_path: Path) -> None:
    ran = CliRunner().invoke(judge, [str(tmp_path)])

    assert ran.exit_code == 2
    assert "There is no expect.json in" in ran.output


def test_a_kind_can_be_written_and_judged(tmp_path: Path) -> None:
    ran = CliRunner().invoke(judge, [str(tmp_path / "made"), "--write", "run-over-ten-hours", "--seed", "4"])

    assert ran.output.startswith("made:")
    assert read_expectation(tmp_path / "made") == KINDS["run-over-ten-hours"](4).expectation
