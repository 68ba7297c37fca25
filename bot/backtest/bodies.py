"""Reads the bodies of a folder: several at once where that is worth the start of a process."""

import gc
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from bot.backtest.archive import ArchivedHistory, read_past
from bot.domain.errors import RunwatchError, SourceError

_WORTH_A_PROCESS = 100 << 20  # bytes: half a second of reading
_MOST = 8


def workers_for(paths: Sequence[Path]) -> int:
    """Return how many processes should read these bodies: one per 100 MB, at most one per core, at most eight."""
    weight = sum(path.stat().st_size for path in paths)
    return min(weight // _WORTH_A_PROCESS, os.cpu_count() or 1, _MOST)


def read_bodies(paths: Sequence[Path], *, workers: int) -> Iterator[ArchivedHistory | str]:
    """Yield what each body says, in the order of the paths, or in a few words why it cannot be read.

    With fewer than two workers they are read here, one when the next is asked for. Raise RunwatchError when a worker
    is ended from outside.
    """
    if workers < 2:  # noqa: PLR2004 — one helper would only be waited for
        yield from map(_read, paths)
        return
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin) as pool:
            yield from pool.map(_read, paths)
    except BrokenProcessPool as error:
        raise RunwatchError("A process that read bodies was ended; is there enough memory?") from error


def _read(path: Path) -> ArchivedHistory | str:
    try:
        return read_past(path)
    except SourceError as error:
        return str(error)


def _begin() -> None:
    """Look for no garbage, as none is made; an interrupt is for who gave the order."""
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
