"""What is said of windows that cannot be judged yet, and that nothing is said once all can."""

from dataclasses import replace

import pytest

from bot.detection.window_coverage import GRADED_WINDOWS, LaterWindow, WindowCoverage
from bot.domain.flow import Window
from bot.messages.cards.coverage import coverage_lines
from bot.messages.cards.ranking import RankBy, top_card
from bot.messages.cards.subscriptions import subscribed_card
from tests.builders import DAY, NOON, flow, quiet_days, signal, subscription
from tests.messages.cards.plain import plain, said
from tests.messages.cards.test_others import SNAPSHOTS

LATER = (LaterWindow(Window.FORTNIGHT, 1, NOON + 2 * DAY), LaterWindow(Window.MONTH, 1, NOON + 10 * DAY))
YOUNG = WindowCoverage(1, (Window.DAY, Window.THREE_DAYS, Window.WEEK), LATER, 1)


@pytest.mark.parametrize(
    ("coverage", "words"),
    [
        (WindowCoverage(1, GRADED_WINDOWS), ""),
        (WindowCoverage(80, GRADED_WINDOWS), ""),
        (
            YOUNG,
            (
                "Alerts work over 24 h, 72 h and 7 d now, "
                "over 14 d from 2022-12-15 12:00 UTC, over 30 d from 2022-12-23 12:00 UTC.\n"
                "What is normal here is known after 14 days of readings. "
                "Until then only large outflows (elevated or worse) raise alerts there."
            ),
        ),
        (
            replace(YOUNG, exchanges=80, without_baseline=3),
            (
                "Alerts work over 24 h, 72 h and 7 d now, "
                "over 14 d from 2022-12-15 12:00 UTC (at 79 of 80 exchanges already), "
                "over 30 d from 2022-12-23 12:00 UTC (at 79 of 80 exchanges already).\n"
                "What is normal at 3 of 80 exchanges is known after 14 days of readings. "
                "Until then only large outflows (elevated or worse) raise alerts there."
            ),
        ),
        (WindowCoverage(1, (), LATER[:1]), "Alerts work over 14 d from 2022-12-15 12:00 UTC."),
        (
            WindowCoverage(0),
            "Nothing has been read lately. Alerts work again from the next reading of each exchange.",
        ),
    ],
)
def test_it_is_said_what_is_judged_now_and_from_when_on_the_rest(coverage: WindowCoverage, words: str) -> None:
    assert "\n".join(map(plain, coverage_lines(coverage))) == words


def test_a_confirmation_says_what_can_be_judged_unless_there_is_nothing_to_watch() -> None:
    assert "Alerts work over 24 h, 72 h and 7 d now" in said(
        subscribed_card(subscription(), "Binance", (), coverage=YOUNG)
    )
    untracked = subscribed_card(subscription(), "NEXO", (), is_tracked=False, coverage=WindowCoverage(0))
    assert "has been read" not in said(untracked)


def test_a_ranking_says_from_when_on_its_window_is_judged() -> None:
    # The newest readings are of noon, and days are known since midnight of the eleventh.
    known = [replace(snapshot, days=quiet_days(2)) for snapshot in SNAPSHOTS]
    weeks = replace(known[0], signal=signal(-0.01, flows=[flow(-0.02, Window.WEEK)]))

    nothing = said(top_card(known, RankBy.OUTFLOW, Window.WEEK, NOON))
    ranked = said(top_card([weeks, *known[1:]], RankBy.OUTFLOW, Window.WEEK, NOON))

    assert "7 d works from 2022-12-14 12:00 UTC." in nothing
    assert "Alerts work over 7 d from 2022-12-14 12:00 UTC (at 1 of 3 exchanges already)." in ranked
    assert "Alerts work" not in said(top_card(known, RankBy.OUTFLOW, Window.DAY, NOON))
    hour = replace(known[0], signal=signal(None, flows=[flow(-0.01, Window.HOUR)]))
    assert "Alerts work" not in said(top_card([hour], RankBy.OUTFLOW, Window.HOUR, NOON))
