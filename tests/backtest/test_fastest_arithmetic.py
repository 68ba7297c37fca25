"""A backtest runs with numpy and without it, and says the same."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.backtest.fastest_arithmetic import WITHOUT_NUMPY, fastest_arithmetic
from bot.backtest.numpy_arithmetic import NumpyArithmetic
from bot.detection.flow.column_arithmetic import PLAIN_ARITHMETIC
from tests.backtest.written_past import quiet, run, write

_ROOT = Path(__file__).parents[2]
_BLOCKED = "import sys; sys.modules['numpy'] = None; from bot.__main__ import main; main()"


def test_numpy_calculates_where_it_is_installed() -> None:
    said: list[str] = []

    assert isinstance(fastest_arithmetic(said.append), NumpyArithmetic)
    assert said == []


def test_without_it_the_plain_arithmetic_does_and_one_line_says_what_is_faster() -> None:
    said: list[str] = []

    assert fastest_arithmetic(said.append, find=lambda _: None) is PLAIN_ARITHMETIC
    assert said == [WITHOUT_NUMPY]


@pytest.mark.parametrize("words", [("--json",), ("--preset", "early")], ids=["json", "table"])
def test_an_interpreter_without_numpy_prints_the_same(tmp_path: Path, words: tuple[str, ...]) -> None:
    write(tmp_path, "Binance-CEX", run(shares=(0.96, 0.93, 0.9)))
    write(tmp_path, "okx", quiet(75))
    asked = ("backtest", "--data", str(tmp_path), *words)

    plain = subprocess.run(  # noqa: S603 — our own interpreter and words
        [sys.executable, "-c", _BLOCKED, *asked], cwd=_ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    numpy = subprocess.run(  # noqa: S603 — as above
        [sys.executable, "-m", "bot", *asked], cwd=_ROOT, capture_output=True, text=True, timeout=120, check=True
    )

    assert plain.stdout == numpy.stdout != ""
    assert plain.stderr.splitlines() == [WITHOUT_NUMPY, *numpy.stderr.splitlines()]
