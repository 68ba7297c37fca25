"""Finds out what is damaged in the log of a private server that does not start, and cuts what is torn at its end.

A power cut leaves the last record half written, or a page of zeros where the file had grown already and the content
never came. The server refuses such a log, or (a torn record) cuts it without a copy. Here the end is cut, and what was
cut stays beside it: `appendonly.aof.1.incr.aof.cut-at-623` holds everything from byte 623 on.

Damage anywhere else is not repaired without being asked for: whatever was written after it would be lost. It is named
with the file, what would be lost, and the command that cuts it all the same.

The server program finds the place itself: under the name `redis-check-aof` it is the program that checks logs, in Redis
and in Valkey alike (main() in server.c).
"""

import os
import re
import subprocess
from dataclasses import dataclass
from mmap import ACCESS_READ, mmap
from pathlib import Path

from typing_extensions import override

from bot.storage.embedded.server_binary import ServerBinary

_CHECKER = "redis-check-aof"
_CHECK_TIMEOUT_S = 600.0  # it reads the whole file
_VERDICT = re.compile(r"size=(\d+), ok_up_to=(\d+)")
_MANIFEST = "appendonlydir/appendonly.aof.manifest"
# https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/: file <name> seq <n> type <b|h|i>
_MANIFEST_LINE = re.compile(r"^file (?P<name>\S+) seq \d+ type (?P<type>[bhi])", re.MULTILINE)
_BLOCK_BYTES = 1 << 20
_SNAPSHOT_BEGINS = (b"REDIS", b"VALKEY")  # an RDB file, also as the first part of a log of the old style
_MULTI, _EXEC = b"*1\r\n$5\r\nMULTI\r\n", b"*1\r\n$4\r\nEXEC\r\n"
_HEAD_MAX_BYTES = 24  # `*` or `$`, a number of at most 20 digits and a line break
_HEAD, _CUT_HEAD = re.compile(rb"[*$]\d{1,20}"), re.compile(rb"[*$]\d{0,20}\r?")


@dataclass(frozen=True, slots=True)
class LogDamage:
    """A log file that can be read up to a byte, and not from there on.

    `is_torn_end`: what follows is one record, or one transaction, that was not written to its end, and zeros.
    `may_be_cut`: the file is the newest part of the log, so that what stands before still makes sense without the rest.
    """

    file: Path
    size: int
    readable_bytes: int
    is_torn_end: bool
    may_be_cut: bool

    @property
    def lost_bytes(self) -> int:
        """Return how much cannot be read."""
        return self.size - self.readable_bytes

    @property
    def copy(self) -> Path:
        """Return where what is cut is kept."""
        return self.file.with_name(f"{self.file.name}.cut-at-{self.readable_bytes}")

    @override
    def __str__(self) -> str:
        """Return what is wrong, what would be lost, and what to do."""
        if self.file.name.endswith(".manifest"):
            return (
                f"{self.file} is damaged: it no longer says which files the data consists of. Put a backup back: move "
                "DATA_DIR away and run `runwatch restore FILE`; without one start anew, with an empty DATA_DIR."
            )
        where = f"{self.file} is damaged: of {self.size:,} bytes the first {self.readable_bytes:,} can be read."
        if self.may_be_cut:
            return (
                f"{where} What was written after them ({self.lost_bytes:,} bytes) would be lost: "
                "`runwatch repair` cuts it off and keeps a copy. Or put a backup back: move DATA_DIR away and run "
                "`runwatch restore FILE`."
            )
        return (
            f"{where} It is the older part of the data, which nothing can be made from without it. Put a backup back: "
            "move DATA_DIR away and run `runwatch restore FILE`; without one start anew, with an empty DATA_DIR."
        )


def find_damage(directory: Path, binary: ServerBinary) -> LogDamage | None:
    """Return the first damage in a server's log, None where it is whole or there is none. Blocks while it reads."""
    parts = _parts(directory)
    if not parts:
        manifest = directory / _MANIFEST
        return LogDamage(manifest, manifest.stat().st_size, 0, is_torn_end=False, may_be_cut=False)
    for number, file in enumerate(parts, 1):
        if not file.is_file():
            return None
        size, readable_bytes = _check(file, binary)
        if readable_bytes < size:
            is_last = number == len(parts)
            is_base = file.suffix == ".rdb" or file.name.endswith(".base.aof")
            may_be_cut = is_last and not is_base
            is_torn = may_be_cut and _is_torn(file, readable_bytes)
            return LogDamage(file, size, readable_bytes, is_torn, may_be_cut)
    return None


def cut(damage: LogDamage) -> None:
    """Copy what cannot be read beside the log, then cut it off; raise OSError. Blocks."""
    with damage.file.open("r+b") as file:
        file.seek(damage.readable_bytes)
        handle = os.open(damage.copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as copy:
            while block := file.read(_BLOCK_BYTES):
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())
        # Only when the copy is on the disk: a power cut in between loses nothing.
        file.truncate(damage.readable_bytes)
        os.fsync(file.fileno())


def _parts(directory: Path) -> list[Path]:
    """Return the files that the log consists of, oldest first; none when the list of them is damaged."""
    manifest = directory / _MANIFEST
    if not manifest.is_file():
        return [directory / "appendonly.aof"]
    lines = _MANIFEST_LINE.finditer(manifest.read_text(encoding="utf-8", errors="replace"))
    in_use = [(line["type"], line["name"]) for line in lines if line["type"] != "h"]  # h: no longer in use
    return [manifest.parent / name for _, name in sorted(in_use, key=lambda part: part[0])]  # b before i, else in order


def _check(file: Path, binary: ServerBinary) -> tuple[int, int]:
    """Return a file's size and how many bytes of it can be read; both alike where the program cannot tell."""
    size = file.stat().st_size
    program = _CHECKER.replace("aof", "rdb") if file.suffix == ".rdb" else _CHECKER
    answer = subprocess.run(  # noqa: S603 — the server program that runs here anyway, under the name of its checker
        [program, str(file)],
        executable=str(binary.path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_CHECK_TIMEOUT_S,
        check=False,
    )
    said = answer.stdout.decode(errors="replace")
    if file.suffix == ".rdb":  # of which nothing can be read when a part cannot
        is_checker = "[offset " in said  # a script that starts the server, in its place, checks nothing
        return size, 0 if is_checker and answer.returncode else size
    if verdict := _VERDICT.search(said):
        return int(verdict[1]), int(verdict[2])
    return size, _readable_bytes(file, size)


def _readable_bytes(file: Path, size: int) -> int:
    """Return how many bytes of a log can be read, found out here: slower, for a program that is not the server itself.

    Records of a transaction count when it was written to its end. What begins with a snapshot is not looked through.
    """
    with file.open("rb") as log:
        if log.read(len("VALKEY")).startswith(_SNAPSHOT_BEGINS) or not size:
            return size
        with mmap(log.fileno(), 0, access=ACCESS_READ) as content:
            position, whole, in_transaction = 0, 0, False
            while position < size:
                end = _record_end(content, position, size)
                if end is None or end > size:
                    return whole
                word = content[position:end].upper() if end - position <= len(_MULTI) else b""
                in_transaction = (in_transaction or word == _MULTI) and word != _EXEC
                position = end
                whole = whole if in_transaction else position
            return whole


def _is_torn(file: Path, start: int) -> bool:
    """Return whether what follows a byte are records of which the last is incomplete, and zeros behind them."""
    with file.open("rb") as log, mmap(log.fileno(), 0, access=ACCESS_READ) as content:
        end = _end_without_zeros(content, start)
        position: int | None = start
        while position is not None and position < end:
            position = _record_end(content, position, end)
        return position is not None


def _end_without_zeros(content: mmap, start: int) -> int:
    """Return where the zeros at the end begin, not before `start`."""
    end = len(content)
    while end > start:
        first = max(start, end - _BLOCK_BYTES)
        if block := content[first:end].rstrip(b"\0"):
            return first + len(block)
        end = first
    return start


def _record_end(content: mmap, position: int, end: int) -> int | None:
    """Return where the record ends that begins at a position, `end` + 1 when `end` cuts it short; None for no record.

    A record of two words is five lines: `*2`, `$3`, `GET`, `$1`, `a`.
    """
    head = _head(content, position, end, b"*")
    if head is None:
        return None
    words, position = head
    for _ in range(words):
        if position >= end:
            return end + 1
        head = _head(content, position, end, b"$")
        if head is None:
            return None
        length, position = head
        position += length
        if not b"\r\n".startswith(content[position : min(position + 2, end)]):
            return None
        position += 2
    return min(position, end + 1)


def _head(content: mmap, position: int, end: int, sign: bytes) -> tuple[int, int] | None:
    """Return the number in a line such as `$3`, and where the next one begins; None when it is no such line.

    Of a line that is cut short by `end` the number is 0, and the next one begins behind `end`.
    """
    line_end = content.find(b"\r\n", position, min(end, position + _HEAD_MAX_BYTES))
    if line_end < 0:
        rest = content[position : min(end, position + _HEAD_MAX_BYTES)]
        is_cut = position + len(rest) == end and _CUT_HEAD.fullmatch(rest) and rest.startswith(sign)
        return (0, end + 1) if is_cut else None
    line = content[position:line_end]
    return (int(line[1:]), line_end + 2) if _HEAD.fullmatch(line) and line.startswith(sign) else None
