"""The words that fit any signal source, and the table that finds each source's own."""

from dataclasses import replace

import pytest

from bot.domain.flow import Window
from bot.domain.incident import Incident, StepReason, WorstMoment
from bot.domain.rehearsal import Rehearsal
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import CLOSED_WITHDRAWALS, Measurement, Reason, Rule, Signal, Size, Unit
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.incident_list import incidents_card
from bot.messages.cards.outflow import MarketWideCard, OutflowCard
from bot.messages.cards.rehearsal import rehearsal_card
from bot.messages.cards.signal_card import SignalCard
from bot.messages.cards.signal_kinds import SIGNAL_KINDS, card_of
from bot.messages.cards.why import why_card
from tests.builders import DAY, HOUR, NOON, STALE, incident
from tests.messages.cards.plain import plain, said

CLOSED = Measurement("majors closed", Size(-2, Unit.COUNT))
SIGNAL = Signal(
    "okx",
    "closings",
    NOON,
    NOON,
    "okx",
    severity=Severity.ELEVATED,
    easing=Severity.ELEVATED,
    reasons=(Reason(None, "majors closed", 2, 2),),
    leading=CLOSED.name,
    figures=(CLOSED, Measurement("USDC", hold=STALE)),
)


def closed(now: Signal = SIGNAL) -> Incident:
    """Return an incident of a source that is in no table."""
    return replace(incident(seen=now), rule=SIGNAL.rule, subject="okx", raised_by=SIGNAL)


def test_an_incident_of_a_source_that_is_not_in_the_table_is_told_in_plain_words() -> None:
    assert said(incident_card(closed(), "OKX", StepReason.OPENED)).splitlines() == [
        "INC-42 · OKX · elevated closings",
        "majors closed: 2",
        "USDC: unknown",
        "USDC can't be judged for now: data too old (newest reading is 5 h old).",
        "okx · as of 2022-12-13 12:00 UTC (live)",
        "Why",
        "Mute 4 h",
        "Mute 24 h",
        "Until it gets worse",
    ]
    assert "Back below the alert limits.\nPeak: elevated, 2. Lasted" in said(resolved_card(closed(), "OKX"))
    assert "2 · elevated (its peak) · INC-42 · opened" in said(incidents_card([closed()], {}))


def test_without_any_figure_a_frozen_one_says_so_in_plain_words() -> None:
    nothing = replace(closed(), signal=replace(SIGNAL, figures=(), as_of=NOON + HOUR), held=True)

    assert "Figures frozen: nothing could be measured. They are those of" in said(
        incident_card(nothing, "OKX", StepReason.HELD)
    )


def test_it_is_explained_in_plain_words() -> None:
    later = replace(SIGNAL, as_of=NOON + HOUR, figures=(CLOSED,), reasons=(), severity=None)
    text = said(why_card(closed(later), "OKX")).splitlines()

    assert "Over the limit: majors closed: 2, limit 2" in text
    assert "Newest reading: 2 · no limit is exceeded" in text
    assert not [line for line in text if line.startswith(("Limits", "Normal days"))]


def test_it_is_rehearsed_in_plain_words() -> None:
    rehearsal = Rehearsal(NOON - 90 * DAY, NOON, (), {"okx": NOON - 90 * DAY}, "okx", NOON)

    assert "elevated (peak), 2" in said(rehearsal_card("normal sensitivity", rehearsal, [closed()], {}))


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (None, "unknown"),
        (Size(-3, Unit.COUNT), "3"),
        (Size(-0.03, Unit.PRICE), "−3.0 %"),
        (Size(-0.018, Unit.RESERVES, -1.1e9), "−1.8 %"),
    ],
)
def test_a_size_is_a_figure_in_its_unit(size: Size | None, words: str) -> None:
    assert SignalCard().size(size) == words


def test_what_has_no_size_is_listed_without_one() -> None:
    unknown = replace(SIGNAL, leading=None)

    assert "okx · elevated (its peak) · INC-42 · opened" in said(incidents_card([closed(unknown)], {}))
    assert SignalCard().actions(closed()) == ()


def test_the_worst_moment_is_told_in_plain_words() -> None:
    worst = WorstMoment(NOON, Severity.SEVERE, CLOSED.name, Size(-3, Unit.COUNT))
    text = said(why_card(replace(closed(), worst_moment=worst), "OKX"))

    assert "Peak: elevated, majors closed 3, 2022-12-13 12:00 UTC" in text


def test_figures_that_are_all_whole_need_no_word_of_caution() -> None:
    whole = replace(SIGNAL, figures=(CLOSED,))

    [only] = incident_card(closed(whole), "OKX", StepReason.OPENED).lines
    assert plain(only) == "majors closed: 2"


@pytest.mark.parametrize(
    ("rule", "card"),
    [(Rule.OUTFLOW, OutflowCard), (Rule.BLEED, OutflowCard), (Rule.MARKET_WIDE, MarketWideCard), ("new", SignalCard)],
)
def test_a_rule_finds_its_card(rule: str, card: type[SignalCard]) -> None:
    assert type(card_of(rule)) is card


def test_every_source_is_found_by_its_rule_and_says_what_its_thresholds_are() -> None:
    for rule, kind in SIGNAL_KINDS.items():
        assert kind.source.rule == rule
        assert kind.card.thresholds(Sensitivity.NORMAL)


def test_an_outflow_of_which_no_window_is_known_has_no_brief_figure() -> None:
    assert OutflowCard().brief(replace(SIGNAL, flows=())) == ""


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Reason(Window.DAY, "share", -0.042, -0.03), "24 h: −4.2 % of clean reserves ≤ −3.0 %"),
        (Reason(Window.DAY, "z", -9.0, -3.5), "24 h: robust z −9.0 ≤ −3.5"),
        (Reason(None, CLOSED_WITHDRAWALS, 2, 2), "Withdrawals of 2 major assets are closed; 2 make it critical"),
    ],
)
def test_a_backtest_reports_limits_of_the_outflow_in_the_terms_of_the_method(reason: Reason, words: str) -> None:
    assert OutflowCard().reason(reason) == words


def test_a_title_says_that_it_eases_where_the_source_has_no_words_of_its_own() -> None:
    easing = replace(closed(), easing_since=NOON)

    assert incident_card(easing, "OKX", StepReason.UPDATED).title == "INC-42 · OKX · elevated closings, easing"
