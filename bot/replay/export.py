"""Write an episode as files in the upstream's own format, for `runwatch backtest --data DIR`.

Example: `binance-2022` becomes seven files, `binance-cex.json` and `binance-cex.withdrawals.jsonl` among them.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from bot.domain.errors import RunwatchError
from bot.replay.episode import Episode, ExchangeHoldings, WithdrawalStatusChange
from bot.replay.observations import upstream_runs
from bot.replay.protocol_body import history_body
from bot.replay.recorder import StoredRecord, record


def write_bodies(episode: Episode, directory: Path, *, hourly: bool = False) -> tuple[Path, ...]:
    """Write `<slug>.json` for every exchange, and `<slug>.withdrawals.jsonl` where they were opened or closed.

    Return the paths.

    The directory is made where it is missing, files of these names are replaced. Slugs are in lower case. Raise
    RunwatchError where the directory cannot be written.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return tuple(_write_files(episode, directory, hourly=hourly))
    except OSError as error:
        raise RunwatchError(f"The episode cannot be written to {directory}: {error.strerror}") from error


def bodies(episode: Episode, *, hourly: bool = False) -> Iterator[tuple[ExchangeHoldings, dict[str, Any]]]:
    """Yield the body of `GET /protocol/{slug}` of each exchange as of the episode's end.

    Daily points stand at midnight and hold the day's first run; the newest run follows. With `hourly` every run of the
    live phase is a point of its own as well, at its odd second: no upstream keeps those, but one who read it every
    hour has them.
    """
    points: dict[str, list[StoredRecord]] = {exchange.id: [] for exchange in episode.exchanges}
    newest: dict[str, StoredRecord] = {}
    for run in upstream_runs(episode):
        midnight = run.at.replace(hour=0, minute=0, second=0)
        for exchange_id, observation in run.observations.items():
            stored = record(run.at, observation.amounts, observation.prices)
            if exchange_id not in newest or newest[exchange_id].at < midnight:
                points[exchange_id].append(replace(stored, at=midnight))
            if hourly and run.at >= episode.live_start:
                points[exchange_id].append(stored)
            newest[exchange_id] = stored
    for exchange in episode.exchanges:
        series = points[exchange.id]
        last = [] if series[-1] is newest[exchange.id] else [newest[exchange.id]]
        yield exchange, history_body(exchange, episode.label, [*series, *last])


def _write_files(episode: Episode, directory: Path, *, hourly: bool) -> Iterator[Path]:
    for exchange, body in bodies(episode, hourly=hourly):
        yield _write_file(directory / f"{exchange.slug.lower()}.json", msgspec.json.encode(body))
        changes = [change for change in episode.withdrawal_changes if change.exchange == exchange.id]
        if changes:
            path = directory / f"{exchange.slug.lower()}.withdrawals.jsonl"
            yield _write_file(path, b"".join(map(_json_line, changes)))


def _json_line(change: WithdrawalStatusChange) -> bytes:
    at = int(change.at.timestamp())
    line = {"at": at, "asset": change.asset, "network": change.network, "open": change.is_open}
    return msgspec.json.encode(line) + b"\n"


def _write_file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
