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
    *("decode", "stalls", "latency", "startup", "memory", "idle", "backtest", "how_early"),
    *("autocomplete", "question_storm", "charts"),
    *("fanout", "delivery_cpu", "urgency", "commands_while_sending", "places"),
)
"""Modules of this package, in the order in which they run."""
_TIMEOUT_S = 1800.0
"""After half an hour a benchmark hangs: the longest, a fan-out to 100,000 places, takes minutes."""
_MIN_TABLE_WIDTH = 112
"""Columns: where the output is no terminal, rich would assume 80 and break the names of figures over lines."""


def main() -> int:
    """Run the benchmarks that were named, else all; return 1 when one broke or, if strict, a target was missed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure what the documents promise.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(_BENCHMARKS)}; none: all of them")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON object there as well")
    parser.add_argument("--strict", action="store_true", help="exit 1 when a target is missed")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(_BENCHMARKS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    names = arguments.names or _BENCHMARKS
    results = {name: _result(name) for name in names}
    report = {"machine": _machine(), "benchmarks": results}
    text = json.dumps(report, ensure_ascii=False, indent=2)
    if arguments.json:
        arguments.json.write_text(text + "\n", encoding="utf-8")
    print(text)
    figures = [figure for result in results.values() for figure in result["figures"]]
    console = Console()
    console.width = max(console.width, _MIN_TABLE_WIDTH)
    console.print(_table(figures))
    has_failed = any("error" in result for result in results.values())
    has_missed_target = any(figure["met"] is False for figure in figures)
    return int(has_failed or (arguments.strict and has_missed_target))


def _result(name: str) -> Json:
    """Return what a benchmark printed; one that breaks or takes too long is an error among the results."""
    print(f"{name} …", file=sys.stderr)
    process = subprocess.Popen(  # noqa: S603 -- a module of our own
        [sys.executable, "-m", f"benchmarks.{name}"], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        output, _ = process.communicate(timeout=_TIMEOUT_S)
    except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
        os.killpg(process.pid, signal.SIGKILL)  # the group: a benchmark has started bots and servers of its own
        process.wait()
        if isinstance(error, KeyboardInterrupt):
            raise
        return {"error": f"took longer than {_TIMEOUT_S:.0f} s", "figures": []}
    if process.returncode:
        return {"error": f"ended with {process.returncode}", "figures": []}
    result: Json = json.loads(output)
    return result if "figures" in result else result | {"figures": [figure.json() for figure in _decoding(result)]}


def _decoding(result: Json) -> list[Figure]:
    """Return the figures of the decoding benchmark, which speaks of times faster where others speak of shares."""
    targets = result["targets"]
    figures = []
    for form in ("plain", "compressed"):
        ours, other = result[form]["ours"], result[form]["json"]
        name = f"Decoding {result['body_mb']:.0f} MB {form},"
        # Inflating takes both ways the same time, so the target for time is that of the plain body.
        time_target = 1 / targets["times_faster"] if form == "plain" else None
        memory_target = 1 / targets["times_less_memory"]
        figures += [
            Figure(f"{name} time", "s", ours["seconds"], other["seconds"], at_most_times=time_target),
            Figure(f"{name} peak memory", "MB", ours["peak_mb"], other["peak_mb"], at_most_times=memory_target),
            Figure(f"{name} longest stall", "ms", ours["stall_ms"], other["stall_ms"], at_most=targets["stall_ms"]),
        ]
    return figures


def _machine() -> Json:
    cores = os.cpu_count()
    return {"python": platform.python_version(), "system": platform.system(), "processor": _processor(), "cores": cores}


def _processor() -> str:
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
