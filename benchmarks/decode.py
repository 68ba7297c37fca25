"""Measures decoding a large exchange's history: our way against `json.loads` and the same extraction.

    python -m benchmarks.decode [--mb 60]

Both ways start with the spooled body in a file and end with one `Reading` for each of the last 400 days: every chain,
token, amount and value of it, about 220,000 holdings out of 1,470 days. Each way runs in a process of its own that has
imported the same modules; memory is the largest sum over that process and its children (proportional set size, so that
shared pages count once), looked at every two milliseconds; the stall is the longest time the event loop could do
nothing else. Times are the best of five rounds in turn. Afterwards both say what they hold, and that must be equal.
The process apart is a modest one (nice 10): on a busy machine it waits where `json.loads` does not. Linux only.
"""

import argparse
import asyncio
import gzip
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp  # noqa: F401 -- part of the bot's memory in both ways

from bot.domain.reading import Holding, Reading, Slot
from bot.sources.defillama.decode_process import ReadingFactory, decode_body
from tests.fakes.defillama import big_protocol_body

FIRST_DAY = 1668297600
SINCE = datetime.fromtimestamp(FIRST_DAY + 1070 * 86400, UTC)
FETCHED = datetime(2026, 11, 22, tzinfo=UTC)
TARGETS = {"times_faster": 5.0, "times_less_memory": 4.0, "stall_ms": 20.0}
ROUNDS = 5
MEMORY = ("idle_mb", "peak_mb", "left_mb")
"""Memory before the work, at most during it, and after its readings were dropped."""


def run(mb: int = 60) -> dict[str, Any]:
    """Return figures and ratios for a plain and for a compressed body of so many MB."""
    body = big_protocol_body(mb, first_day=FIRST_DAY)
    with tempfile.TemporaryDirectory() as folder:
        plain, packed = Path(folder, "body.json"), Path(folder, "body.json.gz")
        plain.write_bytes(body)
        packed.write_bytes(gzip.compress(body, 6))
        return {
            "body_mb": round(len(body) / 1e6, 1),
            "compressed_mb": round(packed.stat().st_size / 1e6, 1),
            "days": 400,
            "targets": TARGETS,
            "plain": _compared(plain),
            "compressed": _compared(packed),
        }


def _compared(path: Path) -> dict[str, Any]:
    # By turns, so that a minute in which the machine is busy strikes both ways.
    pairs = [(_measured("ours", path), _measured("json", path)) for _ in range(ROUNDS)]
    watched = _measured("ours", path, watch=True), _measured("json", path, watch=True)
    if len({run["holds"] for pair in (*pairs, watched) for run in pair}) != 1:
        raise AssertionError("the two ways do not hold the same")
    ours, other = (_best([pair[way] for pair in pairs], watched[way]) for way in range(2))
    return {
        "ours": ours,
        "json": other,
        "times_faster": round(other["seconds"] / ours["seconds"], 1),
        "times_less_memory": round(other["peak_mb"] / ours["peak_mb"], 1),
        "times_less_memory_above_idle": round(
            (other["peak_mb"] - other["idle_mb"]) / (ours["peak_mb"] - ours["idle_mb"]), 1
        ),
    }


def _best(runs: Sequence[dict[str, Any]], watched: dict[str, Any]) -> dict[str, float]:
    """Return the best times of the runs, and the memory of the run that was watched."""
    times = {key: min(run[key] for run in runs) for key in ("seconds", "stall_ms")}
    return {key: round(value, 3) for key, value in (times | {key: watched[key] for key in MEMORY}).items()}


def _measured(way: str, path: Path, *, watch: bool = False) -> dict[str, Any]:
    """Run one worker; `watch` samples its memory, which slows it down: such a run says nothing about time."""
    command = [sys.executable, "-m", "benchmarks.decode", "--worker", way, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:  # noqa: S603
        memory_watch = _MemoryWatch(worker.pid)
        figures: dict[str, Any] = _next_figures(worker)
        if watch:
            memory_watch.start()
        figures |= _next_figures(worker)
        if watch:
            figures["peak_mb"] = memory_watch.stop()
        return figures | _next_figures(worker)


def _next_figures(worker: "subprocess.Popen[str]") -> dict[str, Any]:
    """Let the worker do its next step and return the figures that it prints after it."""
    if worker.stdin is None or worker.stdout is None:
        raise AssertionError("both were asked for")
    worker.stdin.write("go on\n")
    worker.stdin.flush()
    figures: dict[str, Any] = json.loads(worker.stdout.readline())
    return figures


class _MemoryWatch(threading.Thread):
    """Samples the memory of a process and its children every two milliseconds until stopped."""

    def __init__(self, pid: int) -> None:
        super().__init__()
        self._pid = pid
        self._peak = 0.0
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(0.002):
            with suppress(OSError):
                children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text().split()
                self._peak = max(self._peak, sum(map(_memory_mb, [str(self._pid), *children])))

    def stop(self) -> float:
        """Return the largest sum seen, in MB."""
        self._stopped.set()
        self.join()
        return self._peak


def _memory_mb(pid: str) -> float:
    with suppress(OSError):  # it may be gone by now
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))
    return 0.0


def _work(way: str, path: Path) -> None:
    """Be the process that is measured; every step waits for a line on standard input."""
    sys.stdin.readline()
    print(json.dumps({"idle_mb": _memory_mb("self")}), flush=True)
    sys.stdin.readline()
    readings, figures = asyncio.run(_timed(way, path))
    print(json.dumps(figures), flush=True)
    sys.stdin.readline()
    holds = repr(
        sorted((reading.as_of.isoformat(), len(reading.holdings), reading.total_usd()) for reading in readings)
    )
    del readings
    print(json.dumps({"holds": holds, "left_mb": _memory_mb("self")}), flush=True)


async def _timed(way: str, path: Path) -> tuple[Sequence[Reading], dict[str, float]]:
    gaps: list[float] = []
    heartbeat = asyncio.create_task(_beat(gaps))
    await asyncio.sleep(0.01)
    start = time.perf_counter()
    if way == "json":
        readings: Sequence[Reading] = _with_json(path)
    else:
        with path.open("rb") as file:
            making = ReadingFactory("binance", "defillama", FETCHED)
            minute = timedelta(minutes=1)
            readings = (await decode_body(file, making, since=SINCE, limit=400 << 20, time_limit=minute)).readings
    seconds = time.perf_counter() - start
    await asyncio.sleep(0.002)
    heartbeat.cancel()
    return readings, {"seconds": seconds, "stall_ms": max(gaps) * 1000}


async def _beat(gaps: list[float]) -> None:
    """Sleep a millisecond again and again, and record by how much longer it took: for so long the loop was blocked."""
    last = time.perf_counter()
    while True:
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        gaps.append(now - last - 0.001)
        last = now


def _with_json(path: Path) -> list[Reading]:
    """Do the same in the plain way: everything decoded, then what is needed picked out."""
    content = path.read_bytes()
    body = json.loads(gzip.decompress(content) if path.suffix == ".gz" else content)
    since, holdings_at = SINCE.timestamp(), dict[float, dict[Slot, Holding]]()
    for chain, sections in body["chainTvls"].items():
        values = {point["date"]: point["tokens"] for point in sections["tokensInUsd"] if point["date"] >= since}
        for point in sections["tokens"]:
            usd = values.get(point["date"])
            if usd is None:
                continue
            slots = holdings_at.setdefault(point["date"], {})
            for asset, amount in point["tokens"].items():
                if amount > 0 and asset in usd:
                    slots[Slot(chain, asset)] = Holding(amount, usd[asset])
    return [
        Reading("binance", "defillama", datetime.fromtimestamp(time, UTC), FETCHED, slots)
        for time, slots in sorted(holdings_at.items())
    ]


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mb", type=int, default=60)
    parser.add_argument("--worker", nargs=2, metavar=("WAY", "PATH"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        _work(arguments.worker[0], Path(arguments.worker[1]))
        return
    print(json.dumps(run(arguments.mb), indent=2))


if __name__ == "__main__":
    main()
