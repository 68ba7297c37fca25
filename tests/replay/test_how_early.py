"""How early the published runs are told, as docs/detection.md says."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.how_early import outflow_start, published_runs, run_row, run_timing
from bot.replay.episodes.catalogue import find_episode
from tests.replay.simulated import simulated

DOCUMENT = Path(__file__).parents[2] / "docs" / "detection.md"
RUNS = [episode.id for episode in published_runs()]


@pytest.mark.parametrize("name", RUNS)
def test_the_document_says_how_early_a_run_is_told(name: str) -> None:
    timing = run_timing(find_episode(name), simulated(name, hourly=True).alerts)

    assert run_row(timing) in DOCUMENT.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("binance-2022", datetime(2022, 12, 12, tzinfo=UTC)),
        ("ftx-2022", datetime(2022, 11, 6, tzinfo=UTC)),
        ("binance-2023-06", datetime(2023, 6, 5, 15, tzinfo=UTC)),
        ("binance-2023-11", datetime(2023, 11, 22, tzinfo=UTC)),
        ("theft-then-run", datetime(2025, 2, 21, 14, tzinfo=UTC)),
    ],
)
def test_an_outflow_starts_with_the_first_leg_that_no_ordinary_day_has(name: str, start: datetime) -> None:
    """More than 0.5 % of reserves a day: one ordinary day in twenty. The 11th of December 2022 had 0.26 %."""
    assert outflow_start(find_episode(name)) == start
