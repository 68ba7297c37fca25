"""How much memory a process keeps of large blocks that it has freed, each time in a process of its own."""

import ctypes
import subprocess
import sys
from types import SimpleNamespace

import pytest

from bot.service.memory import keep_no_large_blocks

KEPT_KB = """
from bot.service.memory import keep_no_large_blocks
if {is_set}: keep_no_large_blocks()
def resident():
    with open("/proc/self/smaps_rollup") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Rss:"))
before = resident()
for _ in range(3):
    blocks = [b"x" * 2_000_000 for _ in range(6)]
    rest = b"x" * 60_000  # above what is freed, so that the heap cannot shrink
    kept = [*globals().get("kept", ()), rest]
    del blocks
print(resident() - before)
"""


def kept_kb(*, is_set: bool) -> int:
    words = [sys.executable, "-c", KEPT_KB.format(is_set=is_set)]
    return int(subprocess.run(words, check=True, capture_output=True, text=True).stdout)  # noqa: S603 — our own words


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="another C library")
def test_large_blocks_go_back_to_the_system() -> None:
    assert kept_kb(is_set=True) < 2_000 < kept_kb(is_set=False)


def test_a_c_library_without_the_option_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: SimpleNamespace())
    keep_no_large_blocks()


AT_THE_START = """
import sys
from bot.service import memory
def told():
    print("bot.cli.main" in sys.modules, "aiohttp" in sys.modules)
memory.keep_no_large_blocks = told
sys.argv = ["runwatch", "--version"]
from bot.__main__ import main
main()
"""


def test_large_blocks_go_back_from_the_first_import_on() -> None:
    words = [sys.executable, "-c", AT_THE_START]
    ran = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603 — our own words
    assert ran.stdout.splitlines()[0] == "False False"
