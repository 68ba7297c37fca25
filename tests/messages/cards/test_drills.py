from dataclasses import replace
from datetime import timedelta

import pytest

from bot.chat.telegram.buttons import alert_text
from bot.domain.drill import Drill, DrillFigures, DrillOutcome, DrillSummary, PressResult
from bot.domain.exchange import Exchange
from bot.messages.cards.drills import (
    drill_card,
    drill_line,
    finished_card,
    forgotten_drills_card,
    refused_press,
    requested_card,
)
from tests.builders import BINANCE, HOUR, NOON
from tests.messages.cards.plain import plain, said

MINUTE = timedelta(minutes=1)
FIGURES = DrillFigures(14, 11 * MINUTE, 1, 0)
UNDER_WAY = Drill("ann", "traders", NOON, "USDT", "TRON")
ARRIVED = replace(UNDER_WAY, outcome=DrillOutcome.ARRIVED, finished_at=NOON + 11 * MINUTE)


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (DrillSummary((FIGURES,), 3), "14 in 24 h, median 11 min, 1 refused"),
        (DrillSummary((FIGURES,), 1), "14 in 24 h, median 11 min, 1 refused, all in one community"),
        (
            DrillSummary((DrillFigures(3, None, 0, 2),), 2),
            "3 in 24 h, none refused, 2 without outcome yet",
        ),
        (
            DrillSummary((DrillFigures(50, 16 * HOUR, 0, 0), FIGURES), 2),
            "50 in 24 h, median 16 h, none refused; in another community 14 in 24 h, median 11 min, 1 refused",
        ),
    ],
)
def test_the_line_that_other_cards_show(summary: DrillSummary, words: str) -> None:
    line = drill_line(summary)
    assert line
    assert plain(line) == f"Members' drills, unverified: {words}"


def test_without_enough_people_there_is_no_line() -> None:
    assert drill_line(None) is None


def test_the_card_has_the_four_buttons_and_no_person() -> None:
    card = drill_card(BINANCE, "USDT", "TRON", None)
    assert card.title == "Binance · withdrawal drill · USDT over Tron"
    assert [action.command for action in card.actions] == [
        "drill binance USDT TRON requested",
        "drill binance arrived",
        "drill binance refused",
        "drill binance cancelled",
    ]
    assert "Results are shown from 3 people on." in said(card)
    assert not card.private


def test_the_card_shows_what_was_found_and_over_which_routes() -> None:
    summary = DrillSummary((FIGURES,), 3, (("USDT", "TRON", DrillFigures(6, 4 * MINUTE, 0, 0)),))
    answer = said(drill_card(BINANCE, "", "", summary))
    assert answer.startswith("Binance · withdrawal drill\n")
    assert "Members' drills, unverified: 14 in 24 h" in answer
    assert "USDT over Tron: 6 in 24 h, median 4 min, none refused" in answer


def test_a_network_alone_is_named_too() -> None:
    assert drill_card(BINANCE, "", "TRON", None).title.endswith(" · Tron")


@pytest.mark.parametrize(
    ("drill", "words"),
    [
        (ARRIVED, "Binance · arrived after 11 min"),
        (replace(ARRIVED, outcome=DrillOutcome.REFUSED), "Binance · refused"),
        (replace(ARRIVED, outcome=DrillOutcome.CANCELLED), "Binance · cancelled"),
    ],
)
def test_an_ended_drill_says_how_it_ended(drill: Drill, words: str) -> None:
    card = finished_card("Binance", drill)
    assert card.title == words
    assert ("It does not count" in said(card)) is (drill.outcome is DrillOutcome.CANCELLED)


@pytest.mark.parametrize(
    ("result", "drill", "words"),
    [
        (PressResult.TOO_SOON, replace(UNDER_WAY, requested_at=NOON - timedelta(seconds=3)), "only 3 s ago"),
        (PressResult.HAD_ONE, ARRIVED, "The next one may begin at 00:00 UTC"),
        (PressResult.OVER, ARRIVED, "is over: the money arrived, as you said"),
        (PressResult.FULL, None, "Try again after 00:00 UTC"),
        (PressResult.NONE, None, "Press Requested when"),
    ],
)
def test_a_press_that_is_not_taken_says_why(result: PressResult, drill: Drill | None, words: str) -> None:
    assert words in refused_press("Binance", result, drill, NOON)


def test_what_was_forgotten_is_counted() -> None:
    assert [said(forgotten_drills_card(count)).splitlines()[1].partition(".")[0] for count in (0, 1, 2)] == [
        "There were no drills of yours",
        "Your drill is deleted",
        "All 2 drills of yours are deleted",
    ]


def test_every_answer_to_a_press_fits_the_window_over_a_telegram_chat() -> None:
    long = Exchange("a-long-name", "The Exchange With a Rather Long Name")
    answers = [
        requested_card(long, UNDER_WAY),
        *(finished_card(long.name, replace(ARRIVED, outcome=outcome)) for outcome in DrillOutcome),
        forgotten_drills_card(12),
    ]
    texts = [alert_text(answer) for answer in answers]
    assert all(text and not text.endswith("…") for text in texts)
    for result in PressResult:
        assert len(refused_press(long.name, result, ARRIVED, NOON)) <= 200
