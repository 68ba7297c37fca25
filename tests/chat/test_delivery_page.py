"""docs/delivery.md never lies: every row names its tests, they exist, and no test of a row goes unnamed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "delivery.md").read_text()
_NAMED = re.compile(r"`(test_\w+)`")
_DEFINED = re.compile(r"^(?:async )?def (test_\w+)\(", re.MULTILINE)


def defined(*files: Path) -> set[str]:
    return {name for file in files for name in _DEFINED.findall(file.read_text())}


def rows() -> list[str]:
    """Return the rows of the tables that name tests, their heads left out."""
    tables = PAGE.split("| tests |\n|---|---|---|\n")[1:]
    return [row for table in tables for row in table.partition("\n\n")[0].strip().splitlines()]


def test_there_are_tables_of_errors_of_the_pace_of_what_is_left_out_of_pictures_of_mutes_and_of_places() -> None:
    assert PAGE.count("| server says | what happens | tests |") == 2
    assert PAGE.count("| tests |") == 7
    assert len(rows()) > 70


@pytest.mark.parametrize("row", rows())
def test_every_row_names_a_test(row: str) -> None:
    assert _NAMED.search(row.split("|")[-2]), row


def test_every_test_that_is_named_exists() -> None:
    there = defined(*(ROOT / "tests").glob("**/test_*.py"))
    assert set(_NAMED.findall(PAGE)) - there == set()


@pytest.mark.parametrize("platform", ["telegram", "discord"])
def test_every_test_of_a_row_is_named(platform: str) -> None:
    held = defined(ROOT / "tests" / "chat" / platform / "test_error_table.py")
    assert held - set(_NAMED.findall(PAGE)) == set()
