"""Episodes as files."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.main import cli
from bot.domain.errors import RunwatchError
from bot.domain.reading import Reading
from bot.replay.episodes.catalogue import EPISODES, find_episode
from bot.replay.export import write_bodies
from bot.replay.generator import run_times
from tests.replay import read_bodies
from tests.sources.parsing import parse_protocol

NOW = datetime(2027, 1, 1, tzinfo=UTC)
SHORT = find_episode("slow-small")


def read(path: Path) -> tuple[Reading, ...]:
    return parse_protocol(path.read_bytes(), path.stem, fetched_at=NOW)


@pytest.fixture(scope="module")
def daily(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("daily") / "new"
    write_bodies(SHORT, directory)
    return directory


def test_every_exchange_has_its_file_by_its_slug_in_lower_case(daily: Path) -> None:
    assert {path.name for path in daily.iterdir()} == {f"{exchange.slug.lower()}.json" for exchange in SHORT.exchanges}
    assert "binance-cex" in {exchange.slug.lower() for exchange in find_episode("binance-2022").exchanges}


def test_a_daily_file_has_one_point_a_day_and_the_newest_run(daily: Path) -> None:
    *days, newest = [reading.as_of for reading in read(daily / "gullane.json")]

    assert days == [SHORT.live_start - SHORT.history + timedelta(days=day) for day in range(60)]
    assert newest == run_times(SHORT)[-1]


def test_an_hourly_file_has_every_run_of_the_live_phase_as_well(tmp_path: Path, daily: Path) -> None:
    write_bodies(SHORT, tmp_path, hourly=True)
    finer = {reading.as_of: reading.holdings for reading in read(tmp_path / "gullane.json")}
    coarse = {reading.as_of: reading.holdings for reading in read(daily / "gullane.json")}
    live = {at for at in run_times(SHORT) if at >= SHORT.live_start}

    assert set(finer) == set(coarse) | live
    assert len(live) == 10 * 24
    assert all(dict(finer[at]) == dict(coarse[at]) for at in coarse)


def test_each_body_says_what_it_is(daily: Path) -> None:
    assert json.loads((daily / "gullane.json").read_bytes())["description"] == "made-up figures for a guard"


@pytest.mark.parametrize("name", EPISODES)
def test_the_finest_body_of_every_episode_can_be_read(name: str) -> None:
    episode = find_episode(name)
    readings = read_bodies.readings(name, episode.exchanges[0].id, hourly=True)

    assert min(reading.total_usd() for reading in readings) > 0
    assert sum(reading.as_of < episode.live_start for reading in readings) == episode.history.days
    assert sum(reading.as_of >= episode.live_start for reading in readings) > 70


def test_doors_are_lines_of_their_own_file_in_order_of_time(tmp_path: Path) -> None:
    write_bodies(find_episode("ftx-2022"), tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "ftx.withdrawals.jsonl").read_text("utf-8").splitlines()]
    closed = [line for line in lines if not line["open"]]

    assert sorted(lines, key=lambda line: line["at"]) == lines
    assert {line["asset"] for line in closed} == {"BTC", "ETH", "USDT", "USDC", "SOL", "XRP", "TRX"}
    assert {datetime.fromtimestamp(line["at"], UTC).date().isoformat() for line in closed} == {"2022-11-08"}
    assert {"at": lines[2]["at"], "asset": "USDT", "network": "TRC20", "open": True} == lines[2]
    assert [path.name for path in tmp_path.glob("*.jsonl")] == ["ftx.withdrawals.jsonl"]


def test_usdc_was_closed_at_binance_for_eight_hours(tmp_path: Path) -> None:
    write_bodies(find_episode("binance-2022"), tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "binance-cex.withdrawals.jsonl").read_text("utf-8").splitlines()]
    last = [(line["at"], line["network"], line["open"]) for line in lines if line["asset"] == "USDC"][-4:]

    assert last == [
        (int(datetime(2022, 12, 13, hour, 20, tzinfo=UTC).timestamp()), network, is_open)
        for hour, is_open in ((8, False), (16, True))
        for network in ("ETHEREUM", "SOL")
    ]


def test_an_episode_without_doors_writes_no_empty_files(daily: Path) -> None:
    assert not list(daily.glob("*.jsonl"))


def test_a_directory_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(RunwatchError, match="cannot be written to"):
        write_bodies(SHORT, tmp_path / "taken")


def test_the_command_writes_them_and_says_what_they_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["episode-data", "--episode", "slow-small", "--to", str(tmp_path / "new")])

    assert done.exit_code == 0
    assert done.output.startswith("7 files of slow-small (made-up figures for a guard)")
    assert len(list((tmp_path / "new").iterdir())) == 7
