"""Every episode as a reader of its bodies has it: written in the upstream's format and read back, once a session."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.backtest.archive import ArchivedHistory, bodies_in, read_past
from bot.domain.reading import Reading
from bot.replay.episodes.catalogue import find_episode
from bot.replay.export import write_bodies


@cache
def histories(name: str) -> dict[str, ArchivedHistory]:
    """Return what every exchange's body says, hourly in the live phase, by our ids."""
    with TemporaryDirectory(prefix="rw-") as folder:
        write_bodies(find_episode(name), Path(folder), hourly=True)
        return {history.exchange.id: history for history in map(read_past, bodies_in(Path(folder)))}


def readings(name: str, exchange: str, *, hourly: bool) -> list[Reading]:
    """Return an exchange's readings, oldest first; those of a daily body are its midnights and its newest run."""
    all_readings = list(histories(name)[exchange].readings())
    if hourly:
        return all_readings
    *earlier, newest = all_readings
    return [
        *(reading for reading in earlier if reading.as_of.replace(hour=0, minute=0, second=0) == reading.as_of),
        newest,
    ]
