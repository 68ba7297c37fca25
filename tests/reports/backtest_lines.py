"""What `runwatch backtest --json --windows` prints of a folder, read as any script would read it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from bot.backtest.command import Backtest, BacktestOptions
from bot.domain.severity import Severity

_DATA = "data"
_GAINED_SEVERITY = frozenset({"opened", "escalated"})

Record = Mapping[str, Any]


@dataclass(frozen=True)
class BacktestLines:
    """Everything that was printed, in its order."""

    lines: Sequence[Record]

    @property
    def told(self) -> list[Record]:
        """Return the lines of incidents, data notices among them; what is only held has no label."""
        return [line for line in self.lines if line.get("incident")]

    @property
    def outflows(self) -> list[Record]:
        """Return the lines of incidents that are no data notices."""
        return [line for line in self.told if line["rule"] != _DATA]

    @property
    def measured(self) -> list[Record]:
        """Return the lines of windows."""
        return [line for line in self.lines if "windows" in line]


def backtest_lines(directory: Path) -> BacktestLines:
    """Return what a backtest of a folder prints; raise ValueError where a line is no strict JSON."""
    printed: list[str] = []
    Backtest(BacktestOptions(directory, as_json=True, windows=True), out=printed.append, err=lambda _: None).run()
    return BacktestLines([json.loads(line, parse_constant=_refuse_constant) for line in printed])


def time_of(line: Record) -> datetime:
    """Return the time that a line is about."""
    return datetime.fromisoformat(line["at"])


def severity_rank(severity: str | None) -> int:
    """Return the rank of a severity, 0 for none."""
    return 0 if severity is None else Severity(severity).rank


def gained(line: Record, severity: str) -> bool:
    """Return whether an incident became that severe with this line, or worse."""
    return line["event"] in _GAINED_SEVERITY and severity_rank(line["severity"]) >= severity_rank(severity)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
