"""docs/asks.md never lies: each row says what its state is, and each test that it names exists."""

import re
from pathlib import Path

import pytest

from handlers import COMMANDS

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "asks.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
_ROW = re.compile(r"^\|(?! number | command |-)(.+)\|$", re.MULTILINE)
_ADDED_LATER = frozenset({"approve"})
"""The command behind the buttons of a question to moderators; nobody asked for it by name."""


def rows() -> list[tuple[str, str, str]]:
    """Return the first cell of each row, its state, and what follows that."""
    cells = [[cell.strip() for cell in row.split("|")] for row in _ROW.findall(PAGE)]
    return [(row[0], row[-2], row[-1]) for row in cells]


def exists(path: str, name: str) -> bool:
    file = ROOT / path
    return file.exists() and bool(
        re.search(rf"^\s*(?:async )?def {name}\(", file.read_text(encoding="utf-8"), re.MULTILINE)
    )


@pytest.mark.parametrize(("ask", "state", "rest"), rows())
def test_a_row_names_a_test_or_says_what_is_missing(ask: str, state: str, rest: str) -> None:
    assert state in {"works", "in part", "missing"}, ask
    assert bool(_NAMED.search(rest)) is (state != "missing"), ask
    assert _NAMED.sub("", rest).strip(" ,.:") or state == "works", ask


def test_every_test_that_is_named_exists() -> None:
    named = _NAMED.findall(PAGE)

    assert len(named) > 50
    assert [f"{path}::{name}" for path, name in named if not exists(path, name)] == []


def test_a_test_that_is_not_there_is_noticed() -> None:
    assert exists("tests/test_asks.py", "test_a_test_that_is_not_there_is_noticed")
    assert not exists("tests/test_asks.py", "test_a_test_that_is_not")
    assert not exists("tests/nowhere.py", "test_a_test_that_is_not_there_is_noticed")


def test_every_command_and_every_number_has_its_row() -> None:
    first_cells = [ask for ask, _, _ in rows()]
    commands = {name for ask in first_cells for name in re.findall(r"^`/(\w+)`|, `/(\w+)`", ask)}
    working = {first or second for first, second in commands}

    assert {command.name for command in COMMANDS} - working == _ADDED_LATER
    assert [ask for ask in first_cells if ask.isdecimal()] == [*map(str, range(11, 23)), *map(str, range(36, 48))]
