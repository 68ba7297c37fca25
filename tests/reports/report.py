"""A report: bodies of one exchange or several, and what has to come out of a backtest over them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.reports.exchange_history import ExchangeHistory
from tests.reports.expectation import Expectation, write_expectation


@dataclass(frozen=True)
class Report:
    """One seed's example of a kind of trouble."""

    histories: Sequence[ExchangeHistory]
    expectation: Expectation

    def write(self, directory: Path) -> None:
        """Write the bodies and `expect.json`; the folder is made where it is missing."""
        directory.mkdir(parents=True, exist_ok=True)
        for history in self.histories:
            history.write(directory)
        write_expectation(directory, self.expectation)


ReportKind = Callable[[int], Report]
"""Returns the report of a seed. The docstring says what happens, and why that outcome is right."""
