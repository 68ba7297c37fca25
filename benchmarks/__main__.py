"""Measure what the documents promise: every benchmark in a process of its own, as one JSON object and a table.

`python -m benchmarks [NAME …] [--json FILE] [--strict]`
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure

Json = dict[str, Any]

_BENCHMARKS = (
    *("decode", "stalls", "latency", "startup", "memory", "backtest"),
    *("fanout", "effort", "urgency", "rush", "places"),
)
_LONGEST = 1800.0
_NARROWEST = 112


def main() -> int:
    """Run the benchmarks that were named, else all; return 1 when one broke or, if strict, a target was missed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure what the documents promise.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_BENCHMARKS)}; none: all of them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON object there as well")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(_BENCHMARKS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    names = asked.names or _BENCHMARKS
    results = {name: _result(name) for name in names}
    found = {"machine": _machine(), "benchmarks": results}
    text = json.dumps(found, ensure_ascii=False, indent=2)
    if asked.json:
        asked.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    figures = [one for result in results.values() for one in result["figures"]]
    console = Console()
    console.width = max(console.width, _NARROWEST)
    console.print(_table(figures))
    broken = any("error" in result for result in results.values())
    missed = any(figure["met"] is False for figure in figures)
    return int(broken or (asked.strict and missed))


def _result(name: str) -> Json:
    """Return what a benchmark printed; one that breaks or takes too long is an error among the results."""
    print(f"{name} …", file=sys.stderr)
    process = subprocess.Popen(  # noqa: S603 -- a module of our own
        [sys.executable, "-m", f"benchmarks.{name}"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        told, _ = process.communicate(timeout=_LONGEST)
    except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(error, KeyboardInterrupt):
            raise
        return {"error": f"took longer than {_LONGEST:.0f} s", "figures": []}
    if process.returncode:
        return {"error": f"ended with {process.returncode}", "figures": []}
    found: Json = json.loads(told)
    return found if "figures" in found else found | {"figures": [figure.json() for figure in _of_decoding(found)]}


def _of_decoding(found: Json) -> list[Figure]:
    """Return the figures of the decoding benchmark, which speaks of times faster where others speak of shares."""
    targets = found["targets"]
    figures = []
    for form in ("plain", "compressed"):
        ours, other = found[form]["ours"], found[form]["json"]
        name = f"Decoding {found['body_mb']:.0f} MB {form},"
        # Inflating takes both ways the same time, so the target for time is that of the plain body.
        faster = 1 / targets["times_faster"] if form == "plain" else None
        smaller = 1 / targets["times_less_memory"]
        figures += [
            Figure(f"{name} time", "s", ours["seconds"], other["seconds"], at_most_times=faster),
            Figure(f"{name} peak memory", "MB", ours["peak_mb"], other["peak_mb"], at_most_times=smaller),
            Figure(f"{name} longest stall", "ms", ours["stall_ms"], other["stall_ms"], at_most=targets["stall_ms"]),
        ]
    return figures


def _machine() -> Json:
    cores = os.cpu_count()
    return {"python": platform.python_version(), "system": platform.system(), "processor": _model(), "cores": cores}


def _model() -> str:
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _table(figures: list[Json]) -> Table:
    table = Table("figure", title="Smaller is better; the ratio is ours to the other way")
    for heading in ("ours", "other way", "", "ratio", "target"):
        table.add_column(heading, justify="left" if not heading else "right")
    table.add_column("", justify="center")
    for figure in figures:
        table.add_row(
            figure["name"],
            _number(figure["ours"]),
            _number(figure["other"]),
            figure["unit"],
            _number(figure["ratio"]),
            figure["target"],
            {True: "[green]✔", False: "[red]✘", None: ""}[figure["met"]],
        )
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:,.0f}"


if __name__ == "__main__":
    sys.exit(main())
