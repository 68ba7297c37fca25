from dataclasses import replace
from datetime import date

import pytest

from bot.domain.errors import SourceFault
from bot.domain.exchange import Exchange
from bot.domain.proof_of_reserves import (
    AssetRatio,
    Liabilities,
    ProofMethod,
    ProofOfReserves,
    ProofRemark,
    ProofState,
)
from bot.domain.reading import SourceHealth
from bot.messages.cards.proofs import no_proof_card, proof_card
from bot.messages.model import Tone
from tests.builders import BINANCE, DAY, HOUR, NOON
from tests.messages.cards.plain import plain, said

PROOF = ProofOfReserves(
    "binance",
    "Binance",
    as_of=date(2022, 12, 1),
    cadence_days=31,
    method=ProofMethod.ZK_SNARK,
    liabilities=Liabilities.INCLUDED,
    ratios=(AssetRatio("BTC", 1.0003, 619_136.126, 618_951.27), AssetRatio("ETH", 1.0, 4e6, 4e6)),
    url="https://www.binance.com/en/proof-of-reserves",
    read_at=NOON - 2 * HOUR,
)
CURATED = replace(PROOF, read_at=None, told_on=date(2022, 12, 5))


def said_of(proof: ProofOfReserves) -> str:
    return said(proof_card(BINANCE, proof, NOON))


def test_a_proof_is_told_from_its_liabilities_to_its_source() -> None:
    card = proof_card(BINANCE, PROOF, NOON)

    assert said(card).splitlines() == [
        "Binance · proof of reserves",
        "Liabilities included · proof of 2022-12-01, 12 days old",
        "Published every month; the next one is due in 19 days.",
        "Method: zk-SNARK; customers can check that their balance was counted.",
        "Reviewed by nobody outside the exchange.",
        "Not proven: debts elsewhere, borrowed coins, and whether withdrawals are open.",
        "https://www.binance.com/en/proof-of-reserves",
        "Asset | Ratio | Held | Owed",
        "BTC | 100.03 % | 619 K | 619 K",
        "ETH | 100.00 % | 4.00 M | 4.00 M",
        "Binance · read 2022-12-13 10:00 UTC (ago)",
        "Reserves",
        "Withdrawals",
        "Stress test",
    ]
    assert card.tone is Tone.INFO


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "Liabilities included · proof of 2022-12-01, 12 days old"),
        ({"liabilities": Liabilities.LEFT_OUT}, "Liabilities left out · proof of 2022-12-01, 12 days old"),
        ({"liabilities": Liabilities.UNKNOWN}, "Liabilities: unknown · proof of 2022-12-01, 12 days old"),
        ({"as_of": date(2022, 12, 12)}, "Liabilities included · proof of 2022-12-12, 1 day old"),
        ({"as_of": date(2022, 11, 30), "is_month": True}, "Liabilities included · proof of 2022-11, at least 13 days"),
        ({"as_of": None}, "Liabilities included · date of the newest proof unknown"),
    ],
)
def test_the_first_line_says_whether_liabilities_are_in_it_and_how_old_it_is(
    changed: dict[str, object], words: str
) -> None:
    card = proof_card(BINANCE, replace(PROOF, **changed), NOON)  # type: ignore[arg-type]

    assert plain(card.lines[0]).startswith(words)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (31, "Published every month; the next one is due in 0 days."),
        (32, "Published every month; the next one was due 1 day ago."),
        (41, "Published every month; the next one was due 10 days ago."),
        (42, "Published every month: 11 days late."),
    ],
)
def test_a_proof_is_called_late_ten_days_after_the_next_one_was_due(days: int, words: str) -> None:
    assert words in said_of(replace(PROOF, as_of=(NOON - days * DAY).date()))


@pytest.mark.parametrize(
    ("cadence_days", "words"),
    [
        (None, "Published at no fixed times."),
        (92, "Published every quarter;"),
        (4, "Published every 4 days;"),
        (1, "Published every 1 day"),
    ],
)
def test_how_often_proofs_come_is_told(cadence_days: int | None, words: str) -> None:
    assert words in said_of(replace(PROOF, cadence_days=cadence_days))


def test_a_proof_from_the_table_is_never_late_for_a_newer_one_may_exist() -> None:
    said_of_old = said_of(replace(CURATED, as_of=date(2021, 1, 1)))

    assert "Published every month. A newer one may exist: this bot cannot read them." in said_of_old
    assert "late" not in said_of_old
    assert "from a table in this bot, as published up to 2022-12-05" in said_of_old
    assert "from a table in this bot, undated" in said_of(replace(CURATED, told_on=None))


def test_where_less_is_held_than_owed_it_is_said_first_and_its_rows_lead() -> None:
    short = (*PROOF.ratios, AssetRatio("USDT", 0.982, 982.0, 1000.0))

    card = proof_card(BINANCE, replace(PROOF, ratios=short), NOON)

    assert plain(card.lines[1]) == "Less held than owed: USDT 98.20 %."
    assert card.table
    assert [row[0] for row in card.table.rows] == ["USDT", "BTC", "ETH"]


def test_a_ratio_that_shows_as_100_percent_is_not_below_it() -> None:
    assert "Less held" not in said_of(replace(PROOF, ratios=(AssetRatio("BTC", 0.99996),)))
    assert "Less held than owed: BTC 99.99 %." in said_of(replace(PROOF, ratios=(AssetRatio("BTC", 0.99994),)))


def test_without_amounts_the_table_has_ratios_alone() -> None:
    assert "Asset | Ratio\nBTC | 102.00 %\n" in said_of(replace(CURATED, ratios=(AssetRatio("BTC", 1.02),)))


def test_without_liabilities_it_is_said_what_that_means() -> None:
    words = said_of(replace(PROOF, liabilities=Liabilities.LEFT_OUT))

    assert "Without liabilities it does not show whether the exchange can pay everybody." in words
    assert "Not proven" not in words


def test_one_ratio_of_all_assets_and_a_range_of_single_ones_are_told() -> None:
    words = said_of(replace(CURATED, ratios=(), total_ratio=1.86, ratio_range=(1.05, 1.15)))

    assert "All assets together: 186.00 % of what is owed." in words
    assert "Single assets: 105.00 % to 115.00 % of what is owed." in words


def test_ratios_of_an_earlier_proof_are_called_so() -> None:
    assert "The ratios are of an earlier proof: 2022-06." in said_of(replace(CURATED, ratios_of="2022-06"))
    assert "earlier proof" not in said_of(CURATED)


def test_who_reviews_it_is_told_as_far_as_it_is_known() -> None:
    assert "Reviewed by Hacken." in said_of(replace(PROOF, reviewer="Hacken"))
    unnamed = said_of(replace(PROOF, remarks=(ProofRemark.REVIEWER_UNNAMED,)))
    assert "Reviewed by a firm that is not named here." in unnamed
    assert "nobody outside" not in unnamed


def test_an_exchange_that_publishes_none_is_answered_in_a_sentence() -> None:
    none = ProofOfReserves("coinbase", "Coinbase", state=ProofState.NONE)

    card = proof_card(Exchange("coinbase", "Coinbase"), none, NOON)

    assert [plain(line) for line in card.lines] == ["Coinbase publishes no proof of reserves."]
    listed = said(proof_card(BINANCE, replace(none, state=ProofState.NONE_PUBLIC_COMPANY), NOON))
    assert "It is a listed company, whose accounts are audited and filed." in listed


def test_a_proof_that_was_withdrawn_is_no_proof() -> None:
    withdrawn = replace(
        CURATED,
        state=ProofState.WITHDRAWN,
        method=ProofMethod.ATTESTATION,
        reviewer="Mazars",
        liabilities=Liabilities.UNKNOWN,
    )

    first, second, *_ = [plain(line) for line in proof_card(BINANCE, withdrawn, NOON).lines]

    assert first == "No proof of reserves is in force. Its only one was withdrawn by Mazars, who had reviewed it."
    assert second.startswith("Liabilities: unknown · proof of 2022-12-01")
    assert "Published" not in said_of(withdrawn)


def test_an_exchange_of_which_nothing_is_known_is_answered_in_a_sentence() -> None:
    card = no_proof_card(Exchange("nexo", "NEXO"), None)

    assert [plain(line) for line in card.lines] == ["No proof of reserves of NEXO is known to this bot."]


def test_a_source_that_fails_is_told_and_what_it_said_before_is_shown() -> None:
    health = SourceHealth("proofs/binance", failing_since=NOON - 9 * HOUR, fault=SourceFault.BLOCKED)

    card = proof_card(BINANCE, PROOF, NOON, health)

    assert "⚠️ The source has not answered for 9 h (blocked); shown is what it said before." in said(card)
    assert card.tone is Tone.TROUBLE


def test_a_source_that_was_never_read_leaves_the_table_and_is_told() -> None:
    health = SourceHealth("proofs/binance", failing_since=NOON - 9 * HOUR, fault=SourceFault.BLOCKED)
    words = "⚠️ Binance's own interface cannot be read (blocked); this bot asks again every hour."

    for card in (proof_card(BINANCE, CURATED, NOON, health), no_proof_card(BINANCE, health)):
        assert words in said(card)
        assert "what it said before" not in said(card)
        assert card.tone is Tone.TROUBLE
