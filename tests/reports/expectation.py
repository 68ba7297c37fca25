"""What has to come out of a report world: the fields of its `expect.json`.

Example: `Expectation(at_most="watch", windows=quiet_windows(hour(80)))`: nothing worse than a watch may open, and at
hour 80 every window from a day to a month lies within 2 % of zero. Times are unix seconds, shares negative where money
left. A data notice (rule `data` with an incident's label) counts for `opens`, and not against `at_most`.
"""

from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from tests.reports.exchange_history import ExchangeHistory
from tests.reports.generated_exchanges import NORTHEX

EXPECTATION_FILE = "expect.json"
DAYS_AND_LONGER = ("24h", "72h", "7d", "14d", "30d")
_HOURS = {"24h": 24, "72h": 72, "7d": 168, "14d": 336, "30d": 720}
_NEAR = 0.01  # as a share; a base may lie some readings before the window's start
_QUIET = 0.02  # as a share; the noise of amounts makes up to 0.006 over a month


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An incident of the exchange reaches `at_least` between the two times."""

    exchange: str
    at_least: str
    not_before: int
    by: int


class WindowRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The share of a window at the last reading up to `at` lies between `low` and `high`."""

    exchange: str
    at: int
    window: str
    low: float
    high: float


class Expectation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """What has to hold; a field that is not set demands nothing.

    `at_most`: the worst severity allowed, null where nothing may open. `at_most_at_once`: so many exchanges at most
    open at severe or worse within one hour. `incidents_at_most`: so many incidents, and so many data notices.
    `closed_by`: every incident is resolved by then. `open_until`: no incident is resolved before (since `opens` begins,
    where that is set). `confirmed_not_before`, which the generator alone uses: nothing is told as confirmed and severe
    before.
    """

    at_most: str | UnsetType | None = UNSET
    at_most_at_once: int | None = None
    incidents_at_most: int | None = None
    closed_by: int | None = None
    opens: Opening | None = None
    open_until: int | None = None
    confirmed_not_before: int | None = None
    windows: tuple[WindowRange, ...] = ()


def quiet_windows(*times: int, windows: tuple[str, ...] = DAYS_AND_LONGER) -> tuple[WindowRange, ...]:
    """Return that these windows of northex are near zero at these times."""
    return tuple(WindowRange(NORTHEX, at, window, -_QUIET, _QUIET) for at in times for window in windows)


def raw_windows(
    history: ExchangeHistory, *times: int, windows: tuple[str, ...] = DAYS_AND_LONGER
) -> tuple[WindowRange, ...]:
    """Return that these windows are near to what the amounts say, all of it counted."""
    return tuple(
        WindowRange(history.slug, at, window, raw - _NEAR, raw + _NEAR)
        for at in times
        for window in windows
        for raw in [history.raw_flow(at, _HOURS[window])]
    )


def read_expectation(directory: Path) -> Expectation:
    """Return what a folder expects; raise msgspec.DecodeError where it asks for what is not known here."""
    return msgspec.json.decode((directory / EXPECTATION_FILE).read_bytes(), type=Expectation)


def write_expectation(directory: Path, expectation: Expectation) -> None:
    """Write `expect.json`."""
    (directory / EXPECTATION_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(expectation)))
