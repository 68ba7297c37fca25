"""What can be judged now, and from when on the rest: two lines while not everything can, none after that.

Example: "Alerts work over 24 h and 72 h now, over 7 d from 2022-12-17 00:00 UTC." and "What is normal here is known
after 14 days of readings. Until then only large outflows (elevated or worse) raise alerts there."
"""

from bot.detection.flow.baseline import MIN_DAYS
from bot.detection.window_coverage import LaterWindow, WindowCoverage
from bot.language.name_lists import joined
from bot.language.translation import language, tr, tr_count
from bot.messages.cards.common import window_name
from bot.messages.model import Line, Span, line, lines, moment
from bot.messages.translated_lines import tr_count_line, tr_line


def coverage_lines(coverage: WindowCoverage) -> tuple[Line, ...]:
    """Return what can be judged of these exchanges by now, nothing when everything can."""
    if not coverage.exchanges:
        return lines(tr("Nothing has been read lately. Alerts work again from the next reading of each exchange."))
    return lines(later_windows_line(coverage), _baseline_line(coverage))


def later_windows_line(coverage: WindowCoverage) -> Line | None:
    """Return which windows are judged now and from when on the others are, None when all are."""
    if not coverage.later:
        return None
    from_then_on: list[Span] = []
    for later in coverage.later:
        from_then_on += [*line(language().comma if from_then_on else ""), *_later_window(later, coverage.exchanges)]
    if not coverage.judged:
        # Translators: {later} is "over 7 d from 2022-12-17 00:00 UTC, over 14 d from 2022-12-24 00:00 UTC".
        return tr_line("Alerts work {later}.", later=tuple(from_then_on))
    # Translators: {windows} is "24 h and 72 h", {later} "over 7 d from 2022-12-17 00:00 UTC".
    return tr_line(
        "Alerts work over {windows} now, {later}.",
        windows=joined([window_name(window) for window in coverage.judged]),
        later=tuple(from_then_on),
    )


def _later_window(later: LaterWindow, exchanges: int) -> Line:
    judged_now, window, start = exchanges - later.exchanges, window_name(later.window), moment(later.judged_from)
    if not judged_now:
        return tr_line("over {window} from {time}", window=window, time=start)
    return tr_count_line(
        "over {window} from {time} (at {judged} of {count} exchange already)",
        "over {window} from {time} (at {judged} of {count} exchanges already)",
        exchanges,
        window=window,
        time=start,
        judged=judged_now,
    )


def _baseline_line(coverage: WindowCoverage) -> str | None:
    count, exchanges = coverage.without_baseline, coverage.exchanges
    if not count:
        return None
    if exchanges == 1:
        # Translators: 14 is what {days} stands for.
        return tr(
            "What is normal here is known after {days} days of readings. Until then only large outflows (elevated or "
            "worse) raise alerts there.",
            days=MIN_DAYS,
        )
    return tr_count(
        "What is normal at {young} of {count} exchange is known after {days} days of readings. Until then only large "
        "outflows (elevated or worse) raise alerts there.",
        "What is normal at {young} of {count} exchanges is known after {days} days of readings. Until then only large "
        "outflows (elevated or worse) raise alerts there.",
        exchanges,
        young=count,
        days=MIN_DAYS,
    )
