"""Answers and incidents about proofs of reserves are in the language in force."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import pytest

from bot.detection.proofs import LATE, LOST, LOWEST_RATIO
from bot.domain.errors import SourceFault
from bot.domain.incident import StepReason
from bot.domain.proof_of_reserves import Liabilities, ProofMethod, ProofRemark, ProofState
from bot.domain.reading import SourceHealth
from bot.domain.severity import Sensitivity, Severity
from bot.domain.signal import Reason, Size, Unit
from bot.language.translation import written_in
from bot.messages.cards.alert import incident_card, resolved_card
from bot.messages.cards.proof_incident import ProofCard
from bot.messages.cards.proofs import no_proof_card, proof_card
from bot.messages.cards.why import why_card
from bot.messages.model import Message, line, lines
from tests.builders import BINANCE, DAY, HOUR, NOON
from tests.language.pseudo import PSEUDO, leftover_words, pseudo_language
from tests.messages.cards.plain import said
from tests.messages.cards.test_proof_incident import CALM, GONE, LATE_ONE, SHORT, incident_of
from tests.messages.cards.test_proofs import CURATED, PROOF

NAMED = {"Binance", "Mazars"}
HEALTH = SourceHealth("proofs/binance", failing_since=NOON - 9 * HOUR, fault=SourceFault.BLOCKED)


def answers() -> Iterator[Message]:
    bare = replace(PROOF, url="")
    for state, liabilities in product(ProofState, Liabilities):
        yield proof_card(BINANCE, replace(bare, state=state, liabilities=liabilities, reviewer="Mazars"), NOON)
    for method in ProofMethod:
        yield proof_card(BINANCE, replace(bare, method=method), NOON)
    for remark in ProofRemark:
        yield proof_card(BINANCE, replace(bare, remarks=(remark,)), NOON)
    for cadence_days, days in product((None, 1, 4, 31, 92), (1, 30, 40, 99)):
        aged = replace(bare, as_of=(NOON - days * DAY).date(), cadence_days=cadence_days)
        yield proof_card(BINANCE, aged, NOON, HEALTH)
        yield proof_card(BINANCE, replace(aged, read_at=None), NOON)
    short = tuple(replace(ratio, asset=f"USDT{number}", ratio=0.9) for number, ratio in enumerate(PROOF.ratios * 3))
    yield proof_card(BINANCE, replace(bare, ratios=short, total_ratio=1.86, ratio_range=(1.05, 1.15)), NOON)
    yield proof_card(BINANCE, replace(bare, as_of=None), NOON)
    yield proof_card(BINANCE, replace(bare, ratios_of="2022-06"), NOON)
    yield proof_card(BINANCE, replace(bare, is_month=True), NOON)
    yield proof_card(BINANCE, replace(CURATED, url="", told_on=None), NOON)
    yield no_proof_card(BINANCE, HEALTH)


def incident_words() -> Iterator[Message]:
    card = ProofCard()
    for signal in (LATE_ONE, SHORT, GONE, CALM):
        found = replace(incident_of(signal, Severity.ELEVATED), raised_by=signal)
        yield incident_card(found, "Binance", StepReason.OPENED)
        yield resolved_card(found, "Binance")
        yield why_card(found, "Binance")
    sizes = (Size(-9.0, Unit.DAYS), Size(-0.1, Unit.OWED), Size(-2.0, Unit.COUNT), None)
    reasons = (Reason(None, measure, 9.0, 10.0) for measure in (LATE, LOST, LOWEST_RATIO))
    texts = (*map(card.size, sizes), *map(card.reason, reasons), card.nothing_measured(), card.footnote())
    names = map(card.measurement, (LATE, LOST, LOWEST_RATIO))
    yield Message("", lines=lines(*texts, *names, *map(card.thresholds, Sensitivity)), footer=line(card.method()))


@pytest.mark.parametrize("messages", [answers, incident_words])
def test_no_word_is_left_in_english(monkeypatch: pytest.MonkeyPatch, messages: Callable[[], Iterator[Message]]) -> None:
    pseudo_language(monkeypatch)
    with written_in(PSEUDO):
        left_over = {said(message): leftover_words(message, NAMED) for message in messages()}

    assert {text: words for text, words in left_over.items() if words} == {}
