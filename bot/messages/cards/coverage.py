"""What can be judged now, and from when on the rest: two lines while not everything can, none after that.

Example: "Alerts work over 24 h and 72 h now, over 7 d from 2022-12-17 00:00 UTC." and "What is normal here is known
after 14 days of readings. Until then only large outflows (elevated or worse) raise alerts there."
"""

from bot.detection.flow.baseline import MIN_DAYS
from bot.detection.window_coverage import LaterWindow, WindowCoverage
from bot.messages.cards.common import window_name
from bot.messages.model import Line, Span, line, lines, moment


def coverage_lines(coverage: WindowCoverage) -> tuple[Line, ...]:
    """Return what can be judged of these exchanges by now, nothing when everything can."""
    if not coverage.exchanges:
        return lines("Nothing has been read lately. Alerts work again from the next reading of each exchange.")
    return lines(later_windows_line(coverage), _baseline_line(coverage))


def later_windows_line(coverage: WindowCoverage) -> Line | None:
    """Return which windows are judged now and from when on the others are, None when all are."""
    if not coverage.later:
        return None
    names = [window_name(window) for window in coverage.judged]
    now = " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
    pieces: list[str | Span] = ["Alerts work ", f"over {now} now, " if names else ""]
    for later in coverage.later:
        pieces += [*_later_window(later, coverage.exchanges), ", "]
    return line(*pieces[:-1], ".")


def _later_window(later: LaterWindow, exchanges: int) -> Line:
    judged_now = exchanges - later.exchanges
    already = f" (at {judged_now} of {exchanges} exchanges already)" if judged_now else ""
    return line(f"over {window_name(later.window)} from ", moment(later.judged_from), already)


def _baseline_line(coverage: WindowCoverage) -> str | None:
    count, exchanges = coverage.without_baseline, coverage.exchanges
    if not count:
        return None
    where = "here" if exchanges == 1 else f"at {count} of {exchanges} exchanges"
    return (
        f"What is normal {where} is known after {MIN_DAYS} days of readings. Until then only large outflows (elevated "
        "or worse) raise alerts there."
    )
