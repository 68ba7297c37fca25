"""The drawing of the house never lies: the import contracts hold, and what breaks them is caught."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LINTER = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"


def judged(tree: Path) -> subprocess.CompletedProcess[str]:
    """Return what import-linter says of a tree, read from that tree alone."""
    return subprocess.run(  # noqa: S603 — our own interpreter and words
        [sys.executable, "-c", LINTER],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "300"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in ("bot", "handlers"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(tree: Path, module: str, line: str) -> None:
    path = tree / module
    path.write_text(f"{path.read_text()}\n{line}\n")


def test_every_contract_holds() -> None:
    verdict = judged(ROOT)

    assert verdict.returncode == 0, verdict.stdout
    assert " 0 broken" in verdict.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("bot/domain/place.py", "import discord", "The core and the handlers know no vendor"),
        ("bot/domain/place.py", "import bot.messages.model", "A floor imports only the floors below it"),
        ("bot/detection/flow/windows.py", "import asyncio", "The pure floors do no input or output"),
        ("bot/monitoring/due_details.py", "import handlers", "Only the composition root knows the handlers"),
        ("bot/storage/store.py", "import telegram", "python-telegram-bot has one home"),
        ("bot/chat/charts/painter.py", "import bot.chat.charts.drawing", "The bot itself never imports what draws"),
        ("bot/domain/place.py", "import bot.domain.errors", "Siblings never import in a circle"),
    ],
)
def test_a_forbidden_import_is_caught(copy: Path, module: str, line: str, contract: str) -> None:
    plant(copy, module, line)

    verdict = judged(copy)

    assert verdict.returncode == 1, verdict.stdout + verdict.stderr
    assert f"{contract} BROKEN" in verdict.stdout
