"""What is said of stablecoins is in the language in force, whatever is measured of them."""

from collections.abc import Iterator

import pytest

from bot.domain.incident import Incident, StepReason, WorstMoment
from bot.domain.peg import CoinSupply
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Signal
from bot.language.translation import written_in
from bot.messages.cards.alert import incident_card
from bot.messages.cards.hold_details import hold_detail
from bot.messages.cards.peg import PegCard
from bot.messages.cards.why import why_card
from bot.messages.model import Message, line, lines
from tests.builders import NOON
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language
from tests.messages.cards.plain import said
from tests.messages.cards.test_peg import seen, story

CARD = PegCard()
SHRINKING, INCOMPLETE = CoinSupply(3.8e10, 4.1e10), CoinSupply(3.8e10, 4.1e10, "Tron")
SIGNALS = (
    seen(0.905, 0.914),
    seen(0.94),
    seen(0.94, 0.999),
    seen(1.0, 0.9, 0.91),
    seen(None, 0.9, 0.91),
    seen(1.0, 1.0, supply=SHRINKING),
    seen(0.94, supply=INCOMPLETE),
)
NAMED = {"DefiLlama", "Kraken", "Coinbase", "USDC", "Tron"}


def _peg_answers(signal: Signal) -> Iterator[Message]:
    incident: Incident = story(signal)
    yield incident_card(incident, "USDC", StepReason.OPENED)
    yield why_card(incident, "USDC", unfolded=True)
    if signal.size and signal.leading:
        worst = WorstMoment(NOON, Severity.WATCH, signal.leading, signal.size)
        yield Message(CARD.brief(signal), lines=lines(CARD.worst_moment(worst), *map(CARD.reason, signal.reasons)))


@pytest.mark.parametrize("signal", SIGNALS)
def test_no_word_about_a_coin_is_left_in_english(monkeypatch: pytest.MonkeyPatch, signal: Signal) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        left_over = {said(message): leftover_words(message, NAMED) for message in _peg_answers(signal)}

    assert {text: words for text, words in left_over.items() if words} == {}


def test_nor_in_what_is_said_of_any_coin(monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        texts = (CARD.footnote(), CARD.method(), CARD.nothing_measured())
        held = [hold_detail(text) for text in ("newest price is 40 min old", "no second price")]
        message = Message("", lines=lines(*texts, *map(CARD.thresholds, Sensitivity)), footer=line(*held))

        assert not leftover_words(message, NAMED)
