"""What can be judged now, and from when on the rest: two lines while not everything can, none after that.

Example: "Judged now: 24 h, 72 h. Judged later: 7 d from 2022-12-17 00:00 UTC on." and "How unusual an outflow is: known
after 14 days; until then the share alone decides, from elevated on."
"""

from bot.detection.flow.baseline import MIN_DAYS
from bot.detection.window_coverage import LaterWindow, WindowCoverage
from bot.messages.cards.common import WINDOW_NAMES
from bot.messages.model import Line, Span, line, lines, moment


def coverage_lines(coverage: WindowCoverage) -> tuple[Line, ...]:
    """Return what can be judged of these exchanges by now, nothing when everything can."""
    if not coverage.exchanges:
        return lines("Nothing has been read lately. Each exchange is judged from its next reading on.")
    return lines(later_windows_line(coverage), _baseline_line(coverage))


def later_windows_line(coverage: WindowCoverage) -> Line | None:
    """Return which windows are judged now and from when on the others are, None when all are."""
    if not coverage.later:
        return None
    of_all = f" for all {coverage.exchanges} exchanges" if coverage.exchanges > 1 else ""
    names = ", ".join(WINDOW_NAMES[window] for window in coverage.judged)
    pieces: list[str | Span] = [f"Judged now{of_all}: {names}. " if names else "", "Judged later: "]
    for later in coverage.later:
        pieces += [*_later_window(later, coverage.exchanges), ", "]
    return line(*pieces[:-1], ".")


def _later_window(later: LaterWindow, exchanges: int) -> Line:
    judged_now = exchanges - later.exchanges
    already = f" ({judged_now} of {exchanges} exchanges already)" if judged_now else ""
    return line(f"{WINDOW_NAMES[later.window]} from ", moment(later.judged_from), f" on{already}")


def _baseline_line(coverage: WindowCoverage) -> str | None:
    count, exchanges = coverage.without_baseline, coverage.exchanges
    if not count:
        return None
    if exchanges == 1:
        known = f"known after {MIN_DAYS} days; until then the share alone decides"
    else:
        known = f"known after {MIN_DAYS} days; for {count} of {exchanges} exchanges the share alone decides until then"
    return f"How unusual an outflow is: {known}, from elevated on."
