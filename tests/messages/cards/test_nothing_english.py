"""Nothing English is left in messages about mutes, approvals, tests and places that are in another language."""

from collections.abc import Callable
from functools import partial
from itertools import product

import pytest

from bot.domain.alert_tests import AlertTestMention, AlertTestOutcome, AlertTestResult
from bot.domain.approval import Approval, ApprovalDecision
from bot.domain.exchange import Exchange
from bot.domain.incident import IncidentState
from bot.domain.mute import MissedIncident, Mute, UntilWorse
from bot.domain.place import Obstacle
from bot.domain.severity import Severity
from bot.language.languages import LANGUAGES
from bot.language.translation import written_in
from bot.messages.cards.alert_tests import (
    alert_test_card,
    alert_test_end_card,
    alert_test_result_card,
    alert_test_update_card,
)
from bot.messages.cards.approval import (
    asked_here_card,
    asked_privately_card,
    decided_card,
    not_released_card,
    nothing_waits_card,
)
from bot.messages.cards.deliveries import followed_card, topic_notice
from bot.messages.cards.mutes import missed_card, muted_card, mutes_card, unmuted_card, which_span_card
from bot.messages.cards.places import ClosedPlace, closed_card, closed_words
from bot.messages.cards.start import proposal_card, start_card
from bot.messages.cards.welcome import private_answer_card, unknown_command_card, welcome_card, what_to_type_card
from bot.messages.model import Message
from tests.builders import BINANCE, HERE, HOUR, NOON, incident
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language

NAMES = {"binance": "Binance"}
PLACES = ("", "#traders")
MISSED = MissedIncident("INC-42:normal", "binance", Severity.SEVERE)


def mute(exchange: str | None = "binance", worse: UntilWorse | None = None) -> Mute:
    return Mute(HERE, exchange, NOON, NOON + HOUR, worse=worse)


def of_mutes(exchange: str | None, worse: UntilWorse | None, where: str) -> list[Message]:
    muted, subject = mute(exchange, worse), Exchange("binance", "Binance") if exchange else None
    return [
        muted_card(muted, NOON, NAMES, muted, where),
        mutes_card([muted], NAMES, where),
        mutes_card([], NAMES, where),
        unmuted_card([muted], 2, [muted], NAMES, where),
        unmuted_card([], 0, [], NAMES, where),
        which_span_card(subject, where),
    ]


def of_summaries() -> list[Message]:
    closed = incident(Severity.SEVERE, number=42, state=IncidentState.RESOLVED)
    missed = [(MISSED, now) for now in (incident(Severity.SEVERE, number=42), closed, None)]
    return [missed_card([mute()], missed * 5, NAMES, held=2)]


def of_tests(outcome: AlertTestOutcome, mention: AlertTestMention, where: str) -> list[Message]:
    result = AlertTestResult(outcome, 1.5, Obstacle.REMOVED, "kicked")
    return [
        alert_test_result_card(
            result, mutes=[mute()], names=NAMES, has_subscriptions=False, lacks=["?"], mention=mention, where=where
        )
    ]


def of_approvals(decision: ApprovalDecision, by: str) -> list[Message]:
    approval = Approval(Severity.SEVERE, NOON, decision=decision, by=by)
    return [decided_card("INC-8", approval, is_late=is_late) for is_late in (False, True)]


def others() -> list[Message]:
    return [
        alert_test_card(), alert_test_update_card(), alert_test_end_card(),
        asked_privately_card(Message("INC-8"), "INC-8", "-100"), asked_here_card("INC-8"),
        not_released_card("INC-8"), nothing_waits_card("INC-8"),
        followed_card(Message("INC-8"), Severity.SEVERE, NOON),
        topic_notice(Obstacle.TOPIC_CLOSED), topic_notice(Obstacle.TOPIC_DELETED),
        closed_card([ClosedPlace("-100", obstacle) for obstacle in Obstacle if obstacle is not Obstacle.REFUSED] * 2),
        Message(closed_words(dict.fromkeys(Obstacle, 2)) or ""),
        welcome_card(), private_answer_card("-"), what_to_type_card(),
        unknown_command_card("x", []), unknown_command_card("x", ["flows", "top", "why"]),
        start_card(BINANCE), proposal_card("top"),
    ]  # fmt: skip


WORSE = UntilWorse(3, Severity.SEVERE)
CARDS: dict[str, Callable[[], list[Message]]] = {
    **{f"mutes {terms}": partial(of_mutes, *terms) for terms in product((None, "binance"), (None, WORSE), PLACES)},
    **{f"test {terms}": partial(of_tests, *terms) for terms in product(AlertTestOutcome, AlertTestMention, PLACES)},
    **{f"approval {terms}": partial(of_approvals, *terms) for terms in product(ApprovalDecision, ("", "ann"))},
    "summaries": of_summaries,
    "others": others,
}


@pytest.mark.parametrize("cards", CARDS.values(), ids=CARDS)
def test_nothing_english_is_left(cards: Callable[[], list[Message]], monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        written = cards()

    names = {"Binance", "traders", "ann", "binance", "worse", "until", "all", LANGUAGES[PSEUDO].name}
    left = [leftover_words(card, names) for card in written]
    assert not any(left), left
