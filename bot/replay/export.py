"""An episode as files: what `runwatch backtest --data DIR` reads, in the upstream's own format."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from bot.domain.errors import RunwatchError
from bot.replay.episode import Episode, ExchangeHoldings, WithdrawalWindow
from bot.replay.observations import upstream_runs
from bot.replay.protocol_body import history_body
from bot.replay.recorder import StoredRecord, record


def write_bodies(episode: Episode, directory: Path, *, hourly: bool = False) -> tuple[Path, ...]:
    """Write `<slug>.json` for every exchange, and `<slug>.withdrawals.jsonl` where doors closed; return the paths.

    The directory is made where it is missing, files of these names are replaced. Slugs are in lower case. Raise
    RunwatchError where the directory cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return tuple(_written(episode, directory, hourly=hourly))
    except OSError as error:
        raise RunwatchError(f"The episode cannot be written to {directory}: {error.strerror}") from error


def bodies(episode: Episode, *, hourly: bool = False) -> Iterator[tuple[ExchangeHoldings, dict[str, Any]]]:
    """Yield the body of `GET /protocol/{slug}` of each exchange as of the episode's end.

    Daily points stand at midnight and hold the day's first run; the newest run follows. With `hourly` every run of the
    live phase is a point of its own as well, at its odd second: no upstream keeps those, but one who read it every
    hour has them.
    """
    points: dict[str, list[StoredRecord]] = {book.id: [] for book in episode.books}
    newest: dict[str, StoredRecord] = {}
    for visit in upstream_runs(episode):
        midnight = visit.at.replace(hour=0, minute=0, second=0)
        for exchange, sight in visit.sights.items():
            made = record(visit.at, sight.amounts, sight.prices)
            if exchange not in newest or newest[exchange].at < midnight:
                points[exchange].append(replace(made, at=midnight))
            if hourly and visit.at >= episode.live_start:
                points[exchange].append(made)
            newest[exchange] = made
    for book in episode.books:
        series = points[book.id]
        last = [] if series[-1] is newest[book.id] else [newest[book.id]]
        yield book, history_body(book, episode.label, [*series, *last])


def _written(episode: Episode, directory: Path, *, hourly: bool) -> Iterator[Path]:
    for book, body in bodies(episode, hourly=hourly):
        yield _file(directory / f"{book.slug.lower()}.json", msgspec.json.encode(body))
        doors = [door for door in episode.doors if door.exchange == book.id]
        if doors:
            yield _file(directory / f"{book.slug.lower()}.withdrawals.jsonl", b"".join(map(_line, doors)))


def _line(door: WithdrawalWindow) -> bytes:
    at = int(door.at.timestamp())
    line = {"at": at, "asset": door.asset, "network": door.network, "open": door.is_open}
    return msgspec.json.encode(line) + b"\n"


def _file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
