"""What people read of a step of reserves that is held or not counted."""

from dataclasses import replace

import pytest

from bot.alerting.data_notice import notice_steps
from bot.domain.incident import Ending, Incident, IncidentState, StepReason
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.signal import UNREPORTED, Reason
from bot.messages.cards.alert import incident_card
from bot.messages.cards.data_notice import DataNoticeCard
from bot.messages.cards.incident_list import incidents_card
from bot.messages.cards.why import why_card
from bot.messages.model import Tone
from tests.builders import HOUR, NOON, signal
from tests.messages.cards.plain import said


def notice(share: float = -0.12, verdict: Verdict = Verdict.WAITING) -> Incident:
    """Return the notice of a step of noon."""
    jump = Jump("BTC", NOON, share * 1e10, share, JumpReason.ALONE, Verdict.WAITING, ())
    [(_, _, step, _)] = notice_steps([], replace(signal(-0.001), jumps=(jump,)), NOON)
    assert step.incident
    shown = replace(step.incident.signal, jumps=(replace(jump, verdict=verdict),))
    return replace(step.incident, number=7, signal=shown, announced=shown)


def test_it_says_what_moved_and_both_readings_of_it() -> None:
    card = incident_card(notice(), "Binance", StepReason.OPENED)

    assert said(card).splitlines() == [
        "INC-7 · Binance · BTC moved in one step",
        "BTC −$1.20 B · −12.0 % of reserves at 2022-12-13 12:00 UTC",
        "Could be a changed wallet list or one large transfer.",
        "Not counted as an outflow yet: waiting for the next reading.",
        "Reserves only. What the exchange owes its customers is not included.",
        "DefiLlama · as of 2022-12-13 12:00 UTC (live)",
        "Why",
        "Flows",
    ]
    assert (card.tone, card.silent, card.mention) == (Tone.WATCH, True, None)
    assert incident_card(notice(0.2), "Binance", StepReason.OPENED).tone is Tone.ELEVATED


def test_a_second_step_says_that_the_source_is_unsteady() -> None:
    first = Jump("BTC", NOON - HOUR, -1e9, -0.1, JumpReason.ALONE, Verdict.RETURNED, ())
    again = replace(first, at=NOON, verdict=Verdict.WAITING)
    [(_, _, step, _)] = notice_steps([], replace(signal(-0.001), jumps=(first, again)), NOON)
    assert step.incident

    card = incident_card(step.incident, "Binance", StepReason.OPENED)

    assert "This is step number 2 within 72 h: the source's figures are unsteady here." in said(card).splitlines()


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.NOT_COUNTED, "It stayed: not counted as an outflow. If more leaves within three days,"),
        (Verdict.COUNTED, "It counts now, as part of the outflow."),
        (Verdict.RETURNED, "It came back, so it was no outflow."),
    ],
)
def test_it_is_edited_with_its_outcome(verdict: Verdict, words: str) -> None:
    assert f"\n{words}" in said(incident_card(notice(verdict=verdict), "Binance", StepReason.UPDATED))


@pytest.mark.parametrize(
    ("ending", "words", "tone"),
    [
        (Ending.RETURNED, "It came back, so it was no outflow.", Tone.GOOD),
        (Ending.NOT_COUNTED, "It stayed for three days and is not counted as an outflow.", Tone.GOOD),
        (Ending.COUNTED, "It counts now, as part of the outflow.", Tone.WATCH),
    ],
)
def test_it_ends_with_its_outcome(ending: Ending, words: str, tone: Tone) -> None:
    over = replace(notice(), state=IncidentState.RESOLVED, ending=ending)
    card = incident_card(over, "Binance", StepReason.RESOLVED)

    assert words in said(card).splitlines()
    assert card.tone is tone


def test_it_is_among_the_incidents_and_why_explains_it() -> None:
    listed, why = said(incidents_card([notice()], {"binance": "Binance"})), said(why_card(notice(), "Binance"))

    assert "🟡 Binance · −12.0 % in one step, waiting · watch (its peak) · INC-7 · opened" in listed
    for words in (
        "Open · watch (its peak) · data rule, normal sensitivity",
        "Peak: watch, 12.0 % ($1.20 B) in one step, 2022-12-13 12:00 UTC",
        "BTC −$1.20 B · −12.0 % of reserves at 2022-12-13 12:00 UTC",
        "Over the limit: 12.0 % of reserves in one step (limit 3.0 %)",
        "Posted: from 3.0 % of reserves on where elevated alerts are posted, from 15.0 % on",
        "/settings notices off",
    ):
        assert words in why


def test_at_its_end_no_limit_is_exceeded_any_more() -> None:
    begun, later = notice(), replace(notice(verdict=Verdict.RETURNED).signal, as_of=NOON + 36 * HOUR)
    over = replace(
        begun,
        state=IncidentState.RESOLVED,
        ending=Ending.RETURNED,
        raised_by=begun.signal,
        signal=later,
        announced=later,
    )
    at_its_end = next(row for row in said(why_card(over, "Binance")).splitlines() if row.startswith("At its end"))
    assert at_its_end == "At its end: −12.0 % in one step, returned"


def test_its_figure_is_the_step_and_what_became_of_it() -> None:
    """What `/why` says of its newest reading and the list of incidents beside its number."""
    card = DataNoticeCard()

    assert card.brief(notice().signal) == "−12.0 % in one step, waiting"
    assert [span.text for span in card.figure(notice(verdict=Verdict.RETURNED).signal)] == [
        "−12.0 % in one step, returned"
    ]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason(None, "step", -0.12, 0.03), "−12.0 % of clean reserves in one step, told from 3.0 % on"),
        (Reason(None, UNREPORTED, -0.12, 0.03), "12.0 % of clean reserves not reported any more, told from 3.0 % on"),
    ],
)
def test_a_backtest_reports_limits_of_notices_in_the_terms_of_the_method(reason: Reason, words: str) -> None:
    assert DataNoticeCard().reason(reason) == words
