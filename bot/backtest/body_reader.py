"""Reads the bodies of a folder, in several processes where that is worth it.

Example: 380 MB of bodies on four cores are read by three processes; 90 MB are read here, without any.
"""

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

_BYTES_PER_WORKER = 100 << 20  # bytes: half a second of reading
_MAX_WORKERS = 8  # more would wait for the disk, and for the process that judges what they have read


def workers_for(paths: Sequence[Path]) -> int:
    """Return how many processes should read these bodies: one per 100 MB, at most one per core, at most eight."""
    total_bytes = sum(path.stat().st_size for path in paths)
    return min(total_bytes // _BYTES_PER_WORKER, os.cpu_count() or 1, _MAX_WORKERS)


def read_bodies(paths: Sequence[Path], *, workers: int) -> Iterator[ArchivedHistory | str]:
    """Yield what each body says, in the order of the paths, or in a few words why it cannot be read.

    With fewer than two workers they are read here, one when the next is asked for. Raise RunwatchError when a worker
    is ended from outside.
    """
    if workers < 2:  # noqa: PLR2004 — one helper would only be waited for
        yield from map(_read, paths)
        return
    try:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker) as pool:
            yield from pool.map(_read, paths)
    except BrokenProcessPool as error:
        raise RunwatchError("A process that read bodies was ended; is there enough memory?") from error


def _read(path: Path) -> ArchivedHistory | str:
    try:
        return read_past(path)
    except SourceError as error:
        return str(error)


def _start_worker() -> None:
    """Switch off garbage collection, as reading makes no cycles, and leave Ctrl-C to the process that started this."""
    gc.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
