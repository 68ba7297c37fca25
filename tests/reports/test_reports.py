"""Every kind of everyday trouble of a source, for three seeds: what a backtest tells of it is right."""

from pathlib import Path

import pytest

from tests.reports.catalogue import KINDS
from tests.reports.evaluation import evaluate


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_a_report_comes_out_as_it_should(kind: str, seed: int, tmp_path: Path) -> None:
    report = KINDS[kind](seed)
    report.write(tmp_path)

    assert evaluate(tmp_path, report.expectation) == []
