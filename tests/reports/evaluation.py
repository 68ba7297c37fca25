"""Says in plain sentences what a backtest over a folder does not tell as the folder's `expect.json` demands.

Example of a sentence: "northex: INC-1 is severe at 2026-02-15T12:00:00Z, and nothing may open."
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from msgspec import UNSET

from bot.domain.severity import Severity
from tests.reports.backtest_lines import BacktestLines, Record, backtest_lines, gained, severity_rank, time_of
from tests.reports.expectation import Expectation, WindowRange

_MARKET = "market"
_AT_ONCE = timedelta(hours=1)
_ROUNDING = 1e-9
# An outflow takes everything at most. An inflow of three times the reserves is what no reading may show.
_LOWEST_SHARE, _HIGHEST_SHARE = -1.0001, 3.0


def evaluate(directory: Path, expectation: Expectation) -> list[str]:
    """Return what does not hold of a folder, nothing where all is as expected."""
    return list(complaints(backtest_lines(directory), expectation))


def complaints(printed: BacktestLines, expected: Expectation) -> Iterator[str]:
    """Yield what does not hold of printed lines."""
    for check in _CHECKS:
        yield from check(printed, expected)


def _disorder(printed: BacktestLines, _: Expectation) -> Iterator[str]:
    for before, after in pairwise(printed.lines):
        if time_of(before) > time_of(after):
            yield f"A line of {after['at']} stands behind one of {before['at']}."


def _absurd_figures(printed: BacktestLines, _: Expectation) -> Iterator[str]:
    """Yield of each window the first figure that cannot be, and how many readings show one."""
    absurd: dict[tuple[str, str], list[str]] = {}
    for line in printed.measured:
        for name, window in line["windows"].items():
            share = window["share"]
            if not window["low"] - _ROUNDING <= share <= window["high"] + _ROUNDING:
                words = f"{_percent(share)} at {line['at']}, not between its bounds"
            elif not _LOWEST_SHARE <= share <= _HIGHEST_SHARE:
                words = f"{_percent(share)} at {line['at']}, which cannot be"
            else:
                continue
            absurd.setdefault((line["exchange"], name), []).append(words)
    for (exchange, name), words_found in absurd.items():
        yield f"{exchange}: {name} is {words_found[0]}; readings with such a figure: {len(words_found)}."


def _too_severe(printed: BacktestLines, expected: Expectation) -> Iterator[str]:
    at_most = expected.at_most
    if at_most is UNSET:
        return
    worst: dict[str, Record] = {}
    for line in printed.outflows:
        known = worst.get(line["incident"])
        if severity_rank(line["severity"]) > severity_rank(known["severity"] if known else at_most):
            worst[line["incident"]] = line
    allowed = f"at most {at_most} is allowed" if at_most else "nothing may open"
    for line in worst.values():
        yield f"{_named(line)} is {line['severity']} at {line['at']}, and {allowed}."


def _too_many_at_once(printed: BacktestLines, expected: Expectation) -> Iterator[str]:
    at_most = expected.at_most_at_once
    if at_most is None:
        return
    severe = [line for line in printed.outflows if gained(line, Severity.SEVERE) and line["exchange"] != _MARKET]
    for first in severe:
        end = time_of(first) + _AT_ONCE
        together = sorted({line["exchange"] for line in severe if time_of(first) <= time_of(line) <= end})
        if len(together) > at_most:
            yield f"{', '.join(together)} are severe within an hour of {first['at']}, at most {at_most} may be."
            return


def _too_many_incidents(printed: BacktestLines, expected: Expectation) -> Iterator[str]:
    at_most = expected.incidents_at_most
    if at_most is None:
        return
    incidents = {line["incident"] for line in printed.outflows}
    notices = {line["incident"] for line in printed.told} - incidents
    for kind, labels in (("incidents", incidents), ("data notices", notices)):
        if len(labels) > at_most:
            yield f"There are {len(labels)} {kind}, at most {at_most} may be."


def _left_open(printed: BacktestLines, expected: Expectation) -> Iterator[str]:
    if expected.closed_by is None:
        return
    by = _time(expected.closed_by)
    # What opens later only is as open then as what never ends.
    last = {line["incident"]: line for line in printed.told if time_of(line) <= by or line["event"] == "opened"}
    for line in last.values():
        if line["event"] != "resolved":
            yield f"{_named(line)} ({line['rule']}, {line['severity']}) is not resolved by {_iso(by)}."


def _not_opened(printed: BacktestLines, expected: Expectation) -> Iterator[str]:
    opens = expected.opens
    if opens is None:
        return
    since, by = _time(opens.not_before), _time(opens.by)
    found = [line for line in printed.told if line["exchange"] == opens.exchange and gained(line, opens.at_least)]
    if not any(since <= time_of(line) <= by for line in found):
        otherwise = ", ".join(f"{line['severity']} at {line['at']}" for line in found) or "never"
        yield f"{opens.exchange} is not {opens.at_least} between {_iso(since)} and {_iso(by)}, but {otherwise}."


def _resolved_early(printed: BacktestLines, expected: Expectation) -> Iterator[str]:
    """Yield the incidents that end too early; what ended before `opens` begins was another matter."""
    if expected.open_until is None:
        return
    since, until = expected.opens.not_before if expected.opens else 0, _time(expected.open_until)
    for line in printed.outflows:
        if line["event"] == "resolved" and _time(since) <= time_of(line) < until:
            yield f"{_named(line)} is resolved at {line['at']}, before {_iso(until)}."


def _confirmed_early(printed: BacktestLines, expected: Expectation) -> Iterator[str]:
    if expected.confirmed_not_before is None:
        return
    not_before = _time(expected.confirmed_not_before)
    for line in printed.outflows:
        is_severe = severity_rank(line["severity"]) >= Severity.SEVERE.rank
        if line["confirmed"] and is_severe and time_of(line) < not_before:
            yield f"{_named(line)} is {line['severity']} and confirmed at {line['at']}, before {_iso(not_before)}."


def _windows_out_of_range(printed: BacktestLines, expected: Expectation) -> Iterator[str]:
    for window_range in expected.windows:
        yield from _out_of_range(printed, window_range)


def _out_of_range(printed: BacktestLines, expected: WindowRange) -> Iterator[str]:
    at = _time(expected.at)
    lines = [line for line in printed.measured if line["exchange"] == expected.exchange and time_of(line) <= at]
    if not lines:
        yield f"{expected.exchange}: there is no reading up to {_iso(at)}."
        return
    where = f"{expected.exchange}: {expected.window} at {lines[-1]['at']}"
    window = lines[-1]["windows"].get(expected.window)
    if window is None:
        yield f"{where} is not computed."
    elif not expected.low <= window["share"] <= expected.high:
        figure = _percent(window["share"]) + (f" (held: {window['held']})" if window["held"] else "")
        yield f"{where} is {figure}, not between {_percent(expected.low)} and {_percent(expected.high)}."


_CHECKS: tuple[Callable[[BacktestLines, Expectation], Iterator[str]], ...] = (
    _disorder, _absurd_figures, _too_severe, _too_many_at_once, _too_many_incidents, _left_open, _not_opened,
    _resolved_early, _confirmed_early, _windows_out_of_range,
)  # fmt: skip


def _named(line: Record) -> str:
    return f"{line['exchange']}: {line['incident']}"


def _time(unix_s: int) -> datetime:
    return datetime.fromtimestamp(unix_s, UTC)


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _percent(share: float) -> str:
    return f"{100 * share:+.1f} %"
