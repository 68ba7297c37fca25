"""What digests, `/incidents`, `/why` and data notices say has no English word left but names."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import pytest

from bot.alerting.data_notice import notice_steps
from bot.detection.guards.suspected_steps import EVERYTHING
from bot.detection.withdrawals.closed_networks import NETWORK_RULE
from bot.detection.withdrawals.closed_withdrawals import WITHDRAWALS_RULE
from bot.domain.digest import BlindSpan, Digest
from bot.domain.flow import Window
from bot.domain.incident import Ending, Event, Incident, IncidentState, StepReason, WorstMoment
from bot.domain.jump import Jump, JumpReason, Verdict
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Rule, Size, Unit
from bot.language.translation import written_in
from bot.messages.cards.alert import incident_card
from bot.messages.cards.digest import digest_card
from bot.messages.cards.incident_list import incidents_card
from bot.messages.cards.why import why_card
from bot.messages.model import Message
from tests.builders import CHAIN_MISSING, DAY, HOUR, NOON, STALE, flow, signal
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language
from tests.messages.cards.plain import said
from tests.messages.cards.test_one_screen import (
    CHAINS,
    EXCHANGE,
    HELD,
    INCIDENT,
    LONG_NAME,
    MAJORS,
    NAMES,
    SIGNAL,
    longest_flow,
)

ALLOWED = {LONG_NAME, *NAMES.values(), *CHAINS, "LONGASSET", "binance", "Solana"}

STEP = Jump(EVERYTHING, NOON, -1e9, -0.12, JumpReason.EVENLY, Verdict.WAITING, ())
STEPS = (replace(STEP, group="BTC on Tron", at=NOON - HOUR, verdict=Verdict.RETURNED), STEP)
GONE = Jump("Tron", NOON - 6 * HOUR, -1.2e9, -0.12, JumpReason.UNREPORTED, Verdict.WAITING, ())
GAPS = (replace(GONE, at=NOON - 30 * HOUR, verdict=Verdict.RETURNED, back_usd=1e9), GONE)
BACK = replace(GONE, verdict=Verdict.RETURNED, turned_at=NOON, back_usd=1e9)
WORST = WorstMoment(NOON, Severity.SEVERE, Window.DAY, Size(-0.081, Unit.RESERVES, -6.4e8))
SHARE = Size(-0.036, Unit.RESERVES, -2.3e9)


def step_notice(*steps: Jump) -> Incident:
    """Return the notice of the last of these steps."""
    *_, (_, _, step, _) = notice_steps([], replace(signal(-0.001), jumps=steps), NOON)
    assert step.incident
    return replace(step.incident, number=7)


def gap_notice(*parts: Jump) -> Incident:
    """Return the notice of the last of these parts that were not reported."""
    *_, (_, _, step, _) = notice_steps([], replace(signal(-0.001), unreported=parts), NOON)
    assert step.incident
    return replace(step.incident, number=7)


def known_as(notice: Incident, *jumps: Jump, ending: Ending | None = None) -> Incident:
    """Return a notice with what is known of its jumps later; resolved where it has an ending."""
    shown = replace(notice.announced, jumps=jumps)
    state = IncidentState.RESOLVED if ending else IncidentState.OPEN
    return replace(notice, signal=shown, announced=shown, state=state, ending=ending)


NOTICES: Mapping[str, Incident] = {
    "second step": step_notice(*STEPS),
    **{f"step {verdict}": known_as(step_notice(STEP), replace(STEP, verdict=verdict))
       for verdict in Verdict if verdict is not Verdict.DOUBTED},
    **{f"step that is {ending}": known_as(step_notice(STEP), STEP, ending=ending)
       for ending in (Ending.RETURNED, Ending.COUNTED, Ending.NOT_COUNTED)},
    "gap": gap_notice(GONE),
    "second gap": gap_notice(*GAPS),
    "two gaps": gap_notice(GONE, replace(GONE, group="BTC on Solana")),
    "gap that is half over": known_as(gap_notice(GONE, replace(GONE, group="Solana")), GONE, BACK),
    "gap that is over": known_as(gap_notice(GONE), BACK, ending=Ending.RETURNED),
    "gap that is over, who knows how": known_as(
        gap_notice(GONE), replace(BACK, turned_at=None, back_usd=None), ending=Ending.RETURNED
    ),
    "two gaps that are over": known_as(gap_notice(GONE), BACK, BACK, ending=Ending.RETURNED),
    "gap that stays": known_as(gap_notice(GONE), GONE, ending=Ending.UNREPORTED),
}  # fmt: skip
EVENTS = tuple(
    Event(NOON + number * HOUR, reason, Severity.SEVERE, SHARE, holds)
    for number, (reason, holds) in enumerate([
        (StepReason.OPENED, ()), (StepReason.HELD, (CHAIN_MISSING,)), (StepReason.ESCALATED, ()),
        (StepReason.HELD, (CHAIN_MISSING, STALE)), (StepReason.DEESCALATED, ()), (StepReason.HELD, ()),
        (StepReason.RESOLVED, ()), (StepReason.HELD, ()),
    ])
)  # fmt: skip
LATER = replace(SIGNAL, as_of=NOON + HOUR)
RAISED = replace(INCIDENT, raised_by=SIGNAL, signal=LATER, announced=LATER, worst_moment=WORST, events=EVENTS)
EASED = replace(RAISED, severity=Severity.WATCH, raised_by=HELD, sensitivity=Sensitivity.EARLY, events=())
CALM_NOW = replace(LATER, flows=(), reasons=(), severity=None)
INCIDENTS: Mapping[str, Incident] = {
    "raised": RAISED,
    "eased": EASED,
    "calm now": replace(EASED, announced=CALM_NOW, signal=CALM_NOW, sensitivity=Sensitivity.CALM),
    "incomplete": replace(RAISED, signal=replace(HELD, as_of=NOON + 2 * HOUR), last_complete=LATER),
    "resolved": replace(RAISED, state=IncidentState.RESOLVED),
    "a bleed": replace(RAISED, rule=Rule.BLEED, events=EVENTS[:1]),
    **NOTICES,
}
DIGEST = Digest(
    NOON - DAY,
    NOON,
    DAY,
    incidents=[RAISED, *NOTICES.values()],
    movers=[(EXCHANGE, longest_flow(Window.DAY)), (EXCHANGE, flow(0.03))],
    incomparable=2,
    closed=[(EXCHANGE, (*MAJORS, replace(MAJORS[0], began_unseen=False)))] * 7,
    blind=[BlindSpan(NOON - 2 * HOUR, NOON)] * 5,
    left_out=NOON - DAY,
    source="defillama",
    as_of=NOON,
)
MOVED = replace(DIGEST, incidents=(), closed=(), blind=(), left_out=None, incomparable=1)
CARDS: Mapping[str, Callable[[], Message]] = {
    **{f"why {name}": partial(why_card, about, LONG_NAME, NAMES) for name, about in INCIDENTS.items()},
    **{f"notice {name}": partial(incident_card, about, LONG_NAME, StepReason.UPDATED)
       for name, about in NOTICES.items()},
    "incidents": partial(incidents_card, list(INCIDENTS.values()), NAMES),
    "incidents of an exchange": partial(incidents_card, [RAISED], NAMES, about=LONG_NAME),
    "no incidents": partial(incidents_card, [], NAMES),
    "digest": partial(digest_card, DIGEST, NAMES),
    "digest of a week": partial(digest_card, replace(MOVED, period=7 * DAY, incomparable=0), NAMES),
    "digest of nothing": partial(digest_card, replace(MOVED, movers=()), NAMES),
    "digest for nobody": partial(digest_card, replace(MOVED, subscribed=False), NAMES),
}  # fmt: skip


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS)
def test_no_english_word_is_left_of_an_incident(card: Callable[[], Message], monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        assert leftover_words(card(), ALLOWED) == []


@pytest.mark.parametrize("rule", [WITHDRAWALS_RULE, NETWORK_RULE])
def test_every_rule_has_a_word(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        status = why_card(replace(RAISED, rule=rule), LONG_NAME).lines[1]
        assert leftover_words(Message("", lines=(status,))) == []


def test_no_english_word_is_left_of_why_the_market_is_in_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        why = why_card(replace(RAISED, rule=Rule.MARKET_WIDE), LONG_NAME).lines[0]
        assert leftover_words(Message("", lines=(why,))) == []


def test_a_part_that_came_back_unseen_has_no_end_of_its_gap() -> None:
    text = said(incident_card(NOTICES["gap that is over, who knows how"], "Binance", StepReason.RESOLVED))

    assert "Tron $1.20 B · 12.0 % of reserves, missing from 2022-12-13 06:00 UTC" in text.splitlines()
    assert "It is back." in text.splitlines()


def test_a_digest_counts_what_it_does_not_list() -> None:
    text = said(digest_card(DIGEST, NAMES))

    assert "⚠️ Nothing was seen 2 more times." in text
    assert f"{len(DIGEST.incidents) - 5} more: /incidents" in text
    assert "Withdrawals closed at 2 more exchanges: /withdrawals names all." in text
    assert "2 exchanges could not be compared; /status says why." in text
    assert "1 exchange could not be compared; /status says why." in said(digest_card(MOVED, NAMES))
