"""What `/verify` says: plainly whether it holds, the root to compare, the own balances, and what it does not show."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.inclusion_proofs.recognition import check_proof
from bot.inclusion_proofs.result import Balance, Caution, Fault, InclusionProof, Scheme, Unreadable, UnreadableProof
from bot.messages.cards.inclusion_proof import how_to_verify_card, inclusion_proof_card, unreadable_sentence
from bot.messages.model import Message, Tone
from tests.inclusion_proofs.samples_read import GOOD

PROOF = InclusionProof(Scheme.OKX, None, "ab" * 32, 24, (Balance("BTC", Decimal("1.50")),), audit="7")


def words(message: Message) -> str:
    return "\n".join("".join(span.text for span in line) for line in message.lines)


def test_a_proof_that_holds_says_so_first() -> None:
    card = inclusion_proof_card(PROOF)

    assert (card.title, card.tone, card.private) == ("Your balance is in the tree: 24 levels", Tone.GOOD, True)
    assert words(card).splitlines() == [
        "OKX · audit 7 (covered by no hash)",
        "Root: abababababababab…abababab",
        "Compare it with the root on OKX's proof-of-reserves page. If they differ, this shows nothing.",
        "In your leaf: 1.5 BTC.",
        "It shows that this balance was counted in the tree with this root.",
        "It does not show that everybody's was counted, nor that the exchange can pay.",
    ]


def test_what_weakens_a_proof_stands_below() -> None:
    lines = words(inclusion_proof_card(check_proof(GOOD["bitget"]))).splitlines()

    assert lines[1] == "Root: 8eac815c495e6a67"
    assert "64 bits" in lines[-2]
    assert "a negative balance" in lines[-1]


def test_a_format_without_names_has_numbers_and_totals() -> None:
    text = words(inclusion_proof_card(check_proof(GOOD["binance_sample"])))

    assert "#0: 14571647457, #1: 25424316291 and 2 more" in text
    assert "At the exchange's own prices: $10.8 M, of which $481 K is borrowed." in text


def test_an_amount_that_nobody_has_does_not_fill_the_screen() -> None:
    """A composed file may have sixty digits, and hold."""
    text = words(inclusion_proof_card(replace(PROOF, balances=(Balance("BTC", Decimal("1" * 60)),), audit="7" * 128)))

    assert max(map(len, text.splitlines())) < 110
    assert "BTC." in text


def test_an_unconfirmed_rule_is_called_experimental_whether_it_holds_or_not() -> None:
    proof = check_proof(GOOD["binance_2024"])

    for card in (inclusion_proof_card(proof), inclusion_proof_card(replace(proof, fault=Fault.ROOT_HASH))):
        assert "Experimental: no public sample confirms this rule of Binance's." in words(card)


def test_an_empty_leaf_and_an_audit_that_a_hash_covers_are_told() -> None:
    text = words(inclusion_proof_card(replace(PROOF, balances=(), is_audit_covered=True)))

    assert "In your leaf: no balance above zero." in text
    assert "OKX · audit 7\n" in text


def test_each_way_not_to_hold_has_its_own_sentence() -> None:
    cards = [inclusion_proof_card(replace(PROOF, fault=fault)) for fault in Fault]

    assert {card.title for card in cards} == {"This proof does not hold"}
    assert all(card.tone is Tone.TROUBLE for card in cards)
    assert len({words(card).splitlines()[0] for card in cards}) == len(Fault)
    assert not any("BTC" in words(card) for card in cards)


@pytest.mark.parametrize("caution", Caution)
def test_each_caution_has_a_sentence(caution: Caution) -> None:
    card = inclusion_proof_card(replace(PROOF, cautions=(caution,)))

    assert words(card).splitlines()[-1].startswith("⚠️ ")


def test_each_reason_not_to_check_has_its_own_sentence() -> None:
    sentences = [
        unreadable_sentence(UnreadableProof(reason, scheme=Scheme.MEXC, field="self.hash")) for reason in Unreadable
    ]

    assert len(set(sentences)) == len(Unreadable)
    assert not any("{" in sentence for sentence in sentences)
    assert "The file looks like MEXC's, but “self.hash” is missing" in "\n".join(sentences)


def test_who_sends_no_file_reads_how_to_and_which_are_known() -> None:
    text = words(how_to_verify_card())

    assert "the file with the caption /verify" in text
    assert "Bitget, Bybit, OKX (2022–2023), MEXC, BitMEX, Gate, Binance." in text
    assert "I store and log nothing of the file." in text
