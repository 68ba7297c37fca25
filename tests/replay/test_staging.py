"""What the demo adds to an episode: a hold for its viewer, and no other episode."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.backtest.command import Backtest, BacktestOptions
from bot.domain.severity import Sensitivity
from bot.replay.episode import Episode
from bot.replay.episodes.binance_2022 import BINANCE_2022
from bot.replay.episodes.catalogue import EPISODES
from bot.replay.export import write_bodies
from bot.replay.observations import upstream_runs

ALONE = replace(BINANCE_2022, exchanges=BINANCE_2022.exchanges[:1])


def announced_hourly(episode: Episode, directory: Path) -> list[dict[str, Any]]:
    """Return what would have been announced of an episode to a reader of every hour."""
    announced: list[str] = []
    write_bodies(episode, directory, hourly=True)
    Backtest(
        BacktestOptions(directory, Sensitivity.NORMAL, None, None, as_json=True),
        out=announced.append,
        err=lambda _: None,
    ).run()
    return [json.loads(line) for line in announced]


def changes(announced: list[dict[str, Any]], *, of_notices: bool = False) -> list[tuple[str, str, str]]:
    """Return when incidents changed, or data notices, but for holds."""
    return [
        (line["at"], line["event"], line["severity"])
        for line in announced
        if line["event"] != "held" and (line["rule"] == "data") is of_notices
    ]


def test_the_staged_hold_opens_no_incident_and_delays_none(tmp_path: Path) -> None:
    plain, staged = announced_hourly(ALONE, tmp_path / "plain"), announced_hourly(ALONE.staged(), tmp_path / "staged")

    assert changes(staged) == changes(plain)
    assert [event for _, event, _ in changes(plain)] == ["opened", "escalated", "resolved"]
    assert [line for line in plain if line["event"] == "held"] == []


def test_the_staged_chain_is_held_within_the_run_and_named(tmp_path: Path) -> None:
    held, *_ = (line for line in announced_hourly(ALONE.staged(), tmp_path) if line["event"] == "held")

    assert (held["at"], held["incident"]) == ("2022-12-15T06:20:39Z", "INC-1")
    assert "chain missing" in held["reasons"][0]
    assert "Tron, 15" in held["reasons"][0]


def test_the_staged_chain_and_wallet_list_are_data_notices_that_end_when_they_are_back(tmp_path: Path) -> None:
    assert changes(announced_hourly(ALONE.staged(), tmp_path), of_notices=True) == [
        ("2022-12-15T13:20:35Z", "opened", "elevated"),
        ("2022-12-15T18:20:57Z", "resolved", "elevated"),
        ("2022-12-22T12:20:19Z", "opened", "watch"),
        ("2022-12-24T00:00:00Z", "resolved", "watch"),
    ]


def test_the_chain_is_gone_for_twelve_hours_and_then_back() -> None:
    without = [
        run.at
        for run in upstream_runs(ALONE.staged())
        if "Tron" not in {slot.chain for slot in run.observations["binance"].amounts}
    ]

    assert len(without) == 12
    assert (without[0].isoformat()[:13], without[-1].isoformat()[:13]) == ("2022-12-15T06", "2022-12-15T17")


def test_nothing_is_staged_anywhere_but_in_the_demo() -> None:
    staged = [episode for episode in EPISODES.values() if episode.staging]

    assert staged == [BINANCE_2022]
    assert BINANCE_2022.faults == ()
    assert all(episode.staged() is episode for episode in EPISODES.values() if not episode.staging)


def test_the_viewer_and_the_reader_are_told_of_it() -> None:
    notice = BINANCE_2022.staging.notice if BINANCE_2022.staging else ""
    document = (Path(__file__).parents[2] / "docs" / "episodes.md").read_text(encoding="utf-8")

    assert notice.startswith("Staged, not from that month: on 2022-12-15, 06:00 to 18:00, the source leaves Tron out")
    assert notice in " ".join(document.split())
