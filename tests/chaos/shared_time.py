"""The time of a simulation that several processes live in, and the clocks of its machines, in a file they all map.

    time = SharedTime.create(path, start)       # in the process that moves time
    time.advance(timedelta(minutes=15))         # now it is a quarter of an hour later for everybody
    time.set_ahead(3, timedelta(hours=-12))     # the clock of the machine with number 3 goes wrong, and stays so

    SharedTime(path).machine(3).now()           # in a worker on that machine: 12 h before the true time

Each number in the file has 8 bytes and is written in one piece, so a reader never sees half of it.
"""

import mmap
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typing_extensions import override

from bot.ports.sources import Clock

MACHINES_MAX = 500
_NUMBER_BYTES = 8


class SharedTime(Clock):
    """The true time of the simulation."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._numbers = memoryview(mmap.mmap(file.fileno(), 0)).cast("d")

    @classmethod
    def create(cls, path: Path, start: datetime) -> "SharedTime":
        """Return the time in a new file; it stands at `start`, and every machine's clock is right."""
        path.write_bytes(bytes((1 + MACHINES_MAX) * _NUMBER_BYTES))
        time = cls(path)
        time._numbers[0] = start.timestamp()
        return time

    @override
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds(), UTC)

    def seconds(self) -> float:
        """Return the seconds since 1970."""
        return self._numbers[0]

    def advance(self, by: timedelta) -> None:
        """Move time on, for everybody at once."""
        self._numbers[0] += by.total_seconds()

    def ahead(self, machine: int) -> timedelta:
        """Return how far a machine's clock is ahead of the true time, negative when it is behind."""
        return timedelta(seconds=self._numbers[1 + machine])

    def set_ahead(self, machine: int, ahead: timedelta) -> None:
        """Set a machine's clock."""
        self._numbers[1 + machine] = ahead.total_seconds()

    def machine(self, number: int) -> Clock:
        """Return the clock of a machine."""
        return _MachineClock(self, number)


class _MachineClock(Clock):
    def __init__(self, true: SharedTime, number: int) -> None:
        self._true = true
        self._number = number

    @override
    def now(self) -> datetime:
        return self._true.now() + self._true.ahead(self._number)
