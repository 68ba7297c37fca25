import gzip
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from bot.backtest.archive import ArchivedHistory, bodies_in
from bot.backtest.body_reader import read_bodies, workers_for
from bot.domain.errors import RunwatchError
from tests.backtest.written_past import quiet, write

MEGABYTE = 1 << 20


def exchanges(found: list[ArchivedHistory | str]) -> list[str]:
    return [read.exchange.id if isinstance(read, ArchivedHistory) else read for read in found]


@pytest.mark.parametrize("workers", [0, 2])
def test_bodies_come_in_order_and_a_broken_one_says_why(tmp_path: Path, workers: int) -> None:
    for name in ("binance", "okx", "zaif"):
        write(tmp_path, name, quiet(20))
    (tmp_path / "kraken.json").write_bytes(gzip.compress(b'{"tokens":[]}'))

    found = list(read_bodies(bodies_in(tmp_path), workers=workers))

    assert exchanges(found) == ["binance", "empty: no usable point", "okx", "zaif"]
    assert isinstance(found[0], ArchivedHistory)
    assert len(found[0].moments) == 20


def test_several_read_the_same_as_one(tmp_path: Path) -> None:
    write(tmp_path, "binance", quiet(20))
    alone, apart = (list(read_bodies(bodies_in(tmp_path), workers=workers)) for workers in (1, 2))
    assert alone == apart


def test_little_is_read_without_help_and_much_by_no_more_than_there_are_cores(tmp_path: Path) -> None:
    for name, size in (("a", 99), ("b", 1), ("c", 5000)):
        with (tmp_path / f"{name}.json").open("wb") as file:
            file.truncate(size * MEGABYTE)
    assert workers_for([tmp_path / "a.json"]) == 0
    assert workers_for([tmp_path / "a.json", tmp_path / "b.json"]) == 1
    assert workers_for(bodies_in(tmp_path)) == min(8, os.cpu_count() or 1)


class Poison:
    """A path whose reader is ended by the system."""

    def open(self, _: str) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_reader_that_is_ended_is_said() -> None:
    poison: Any = Poison()
    with pytest.raises(RunwatchError, match="enough memory"):
        list(read_bodies([poison], workers=2))
