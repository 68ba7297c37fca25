"""No English word is left in an alert that is written in another language, whatever has happened."""

from dataclasses import replace

import pytest

from bot.alerting.lifecycle_policy import Policy
from bot.alerting.market_wide import advance_market
from bot.detection.outflow import grade
from bot.domain.flow import Flow, Hold, HoldReason, Window
from bot.domain.incident import Ending, Event, Incident, IncidentState, StepReason, WorstMoment
from bot.domain.jump import Verdict
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Note, NoteReason, Rule, Size, SourceFigure, Unit
from bot.domain.withdrawal_reading import WithdrawalState
from bot.language.translation import written_in
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.outflow import OutflowCard
from bot.messages.model import Message
from tests.builders import CHAIN_MISSING, HOUR, NOON, STALE, flow, incident, jump, majors, signal
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language
from tests.messages.cards.test_signal_card import closed

NAMES = {"binance": "Binance", "okx": "OKX", "kraken": "Kraken"}
KNOWN = (*NAMES, *NAMES.values(), "Tron", "Solana", "closings", "majors closed")
"""Names, and what an unknown source calls its rule and its measurement."""


def frozen(*flows: Flow) -> Incident:
    return replace(incident(), signal=signal(None, at=NOON + HOUR, flows=flows), held=True)


def bounded(low: float, high: float) -> Flow:
    day = flow((low + high) / 2, missing=("Tron",))
    return replace(day, lowest_usd=low * day.reserves_usd, highest_usd=high * day.reserves_usd)


def closed_majors(severity: Severity) -> Incident:
    seen = grade(replace(signal(), withdrawals=majors("BTC", "USDT", since=NOON - HOUR)), Sensitivity.NORMAL)
    return incident(severity, seen=seen)


def market(share: float) -> Incident:
    seen = signal(share, flows=[flow(-0.07, Window.WEEK)])
    singles = [incident(number=number, exchange=name, seen=seen) for number, name in enumerate(NAMES, 1)]
    found = advance_market(Policy(), None, singles, NOON).incident
    assert found
    return found


PAUSED = "since 2022-12-13 11:00 UTC by the operator of this bot"
STEPS = (Event(NOON - HOUR, StepReason.OPENED, Severity.WATCH), Event(NOON, StepReason.UPDATED, Severity.ELEVATED))
EASING = replace(incident(seen=signal(0.004)), easing_since=NOON, easing_seen=1)
STORIES = {
    "outflow": replace(incident(), events=STEPS),
    "first step": incident(confirmed=False),
    "no baseline": incident(Severity.WATCH, seen=signal(baseline=None)),
    "notes": incident(seen=replace(signal(), notes=(Note(NoteReason.WALLETS_CHANGED, "Tron", 9e9, NOON),))),
    "part of the market's": replace(incident(Severity.SEVERE), covered_by=7),
    "bleed": replace(incident(seen=signal(None, flows=[flow(-0.12, Window.FORTNIGHT)])), rule=Rule.BLEED),
    "critical": closed_majors(Severity.CRITICAL),
    "majors unknown": incident(seen=replace(signal(), withdrawals=majors("BTC", others=WithdrawalState.UNKNOWN))),
    "bounded": incident(seen=replace(signal(None, flows=[bounded(-0.6, -0.55)]), jumps=(jump(),))),
    "bounded inflow": incident(seen=signal(None, flows=[bounded(0.03, 0.05)])),
    "no direction": incident(seen=signal(None, flows=[bounded(-0.04, 0.01)])),
    "gone": incident(seen=signal(None, flows=[replace(flow(), gone_parts=("Tron",), lost_at_start=("Solana",))])),
    "no figure": incident(seen=signal(None)),
    "no figure yet": incident(seen=signal(None, flows=[flow(hold=STALE)])),
    "not judged": incident(seen=signal(flows=[flow(-0.1, Window.WEEK, hold=STALE)])),
    "late start": incident(seen=signal(None, flows=[replace(flow(), start=NOON - 12 * HOUR)])),
    "chain missing": frozen(flow(-0.1, hold=CHAIN_MISSING, missing=("Tron",))),
    "chains missing": frozen(flow(-0.1, hold=CHAIN_MISSING, missing=("Tron", "Solana"))),
    "size not known": frozen(bounded(-0.14, -0.1)),
    "frozen": frozen(flow(-0.1, hold=CHAIN_MISSING), flow(-0.1, Window.WEEK, hold=STALE)),
    "paused": frozen(flow(-0.1, hold=Hold(HoldReason.WITHHELD, PAUSED))),
    "nothing measured": frozen(),
    "easing": EASING,
    "easing, over a lower limit": replace(EASING, signal=signal(-0.02), announced=signal(-0.02)),
    "easing, withdrawals closed": replace(closed_majors(Severity.SEVERE), easing_since=NOON),
    "early": replace(incident(), sensitivity=Sensitivity.EARLY),
    "over": replace(incident(state=IncidentState.RESOLVED), ending=Ending.INTERNAL_MOVE),
    "over, old": incident(state=IncidentState.RESOLVED, peak=Severity.CRITICAL),
    "worst": replace(
        incident(state=IncidentState.RESOLVED),
        worst_moment=WorstMoment(NOON, Severity.SEVERE, Window.DAY, Size(-0.095, Unit.RESERVES, -6e9)),
    ),
    "market-wide": market(-0.036),
    "market-wide, an inflow": market(0.004),
    "market-wide, over": replace(market(-0.036), state=IncidentState.RESOLVED),
    "unknown source": closed(),
    "unknown source, easing": replace(closed(), easing_since=NOON),
}  # fmt: skip


def leftovers(message: Message) -> list[str]:
    """Return the English words of a message beside the buttons that mute, which other cards have as well."""
    others = tuple(action for action in message.actions if not action.command.startswith("mute"))
    return leftover_words(replace(message, actions=others), KNOWN)


@pytest.mark.parametrize("reason", StepReason)
def test_an_alert_is_whole_in_another_language(reason: StepReason, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        found = {
            f"{story}, {normal}": leftovers(incident_card(told, NAMES["binance"], reason, NAMES, normal=normal))
            for story, told in STORIES.items()
            for normal in (None, Severity.WATCH, Severity.SEVERE)
        }

    assert {story: words for story, words in found.items() if words} == {}


def test_the_reply_that_closes_an_incident_is_whole_in_another_language(monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        found = {story: leftovers(resolved_card(told, "Binance")) for story, told in STORIES.items()}

    assert {story: words for story, words in found.items() if words} == {}


@pytest.mark.parametrize("share", [-0.2, -0.015, -0.001, 0.004, 0.03])
def test_what_why_tells_of_an_outflow_is_whole_in_another_language(
    share: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    card, day = OutflowCard(), flow(share)
    many = replace(day, assets=tuple(replace(day.assets[0], asset=f"A{number}") for number in range(7)))
    figures = tuple(SourceFigure(window, usd) for window in (Window.DAY, Window.WEEK) for usd in (day.usd, 9e9))
    seen = replace(
        signal(None, flows=[many]),
        source_figures=figures,
        withdrawals=majors("BTC", "USDT"),
        jumps=(jump(verdict=Verdict.COUNTED),),
    )
    plain = signal(share)
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        messages = [
            Message(
                card.exceeded_limits(told),
                lines=(
                    *card.inputs(told),
                    card.thresholds(sensitivity),
                    *card.background(told),
                    card.figure(told),
                    card.normal(told),
                ),
                table=card.table(told),
            )
            for told in (seen, plain)
            for sensitivity in Sensitivity
        ]
        assert [leftover_words(message) for message in messages] == [[]] * 6
        assert leftover_words(Message(card.method() or "")) == []
