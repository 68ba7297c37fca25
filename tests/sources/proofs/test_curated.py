"""The table of proofs of reserves that people keep."""

from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from bot.cli.proof_check import proof_findings
from bot.config.settings import Settings
from bot.domain.exchange import exchange_id
from bot.domain.proof_of_reserves import CURATED_MAX_AGE, Liabilities, ProofMethod, ProofOfReserves, ProofState
from bot.service.exchange_interfaces import asked_for_proofs
from bot.sources.proofs.curated import curated_proofs, outdated, parse_table

TABLE = curated_proofs()
ROW = {"exchange": "okx", "name": "OKX", "sources": ["its page"]}
FIRST_DAY = date(2026, 9, 9)
"""On which the row of Binance was looked up."""


def parse(**row: object) -> None:
    parse_table(msgspec.json.encode([ROW | row]))


def test_binances_row_is_what_was_published() -> None:
    binance = TABLE["binance"]

    assert (binance.as_of, binance.told_on, binance.liabilities) == (date(2026, 9, 1), FIRST_DAY, Liabilities.INCLUDED)
    assert binance.ratios_of == "2026-04-01"
    assert [(ratio.asset, ratio.ratio, ratio.reserves) for ratio in binance.ratios] == [("BTC", 1.0003, 619136)]
    assert not binance.is_live


@pytest.mark.parametrize("proof", TABLE.values(), ids=TABLE)
def test_a_row_says_nothing_that_contradicts_itself(proof: ProofOfReserves) -> None:
    assert proof.exchange == exchange_id(proof.name).replace(".", "-")
    assert proof.url == "" or proof.url.startswith("https://")
    assert proof.as_of is None or proof.told_on is None or proof.as_of <= proof.told_on
    for ratio in proof.ratios:
        if ratio.reserves and ratio.liabilities:
            assert ratio.reserves / ratio.liabilities == pytest.approx(ratio.ratio, abs=0.0005)
    if proof.state is ProofState.PUBLISHED:
        assert proof.method is not ProofMethod.UNKNOWN


def test_what_is_not_published_is_a_row_too() -> None:
    assert TABLE["coinbase"].state is ProofState.NONE_PUBLIC_COMPANY
    assert TABLE["gemini"].state is ProofState.NONE
    assert TABLE["crypto-com"].state is ProofState.WITHDRAWN


def test_of_a_month_its_last_day_counts() -> None:
    gate = TABLE["gate"]

    assert (gate.as_of, gate.is_month) == (date(2025, 5, 31), True)


def test_a_row_is_old_when_nothing_in_it_is_newer_than_a_quarter() -> None:
    binance = TABLE["binance"]

    assert outdated([binance], FIRST_DAY + CURATED_MAX_AGE) == []
    assert outdated([binance], FIRST_DAY + CURATED_MAX_AGE + timedelta(days=1)) == [binance]


def test_a_row_without_any_day_is_to_be_looked_up() -> None:
    assert outdated([TABLE["kucoin"]], FIRST_DAY) == [TABLE["kucoin"]]


def test_check_names_what_is_old_and_calls_it_no_problem() -> None:
    (finding,) = proof_findings(FIRST_DAY)

    assert "nothing newer than a quarter is known of Bybit, Kraken, Bitget and " in finding.sentence
    assert not finding.is_problem


def test_check_is_silent_while_nothing_is_old() -> None:
    assert proof_findings(FIRST_DAY, read=TABLE.keys()) == []


def test_check_says_nothing_of_an_exchange_that_is_read() -> None:
    (with_binance,) = proof_findings(date(2027, 1, 1))
    (without,) = proof_findings(date(2027, 1, 1), read=["binance"])

    assert "known of Binance, OKX, Bybit and 10 more" in with_binance.sentence
    assert "known of OKX, Bybit, Kraken and 9 more" in without.sentence
    assert list(asked_for_proofs(Settings(data_dir=Path("/nowhere")))) == ["binance", "bitmex"]
    assert list(asked_for_proofs(Settings(data_dir=Path("/nowhere"), binance_proofs_url=None))) == ["bitmex"]
    assert list(asked_for_proofs(Settings(data_dir=Path("/nowhere"), proofs=False))) == []


@pytest.mark.parametrize(
    "row",
    [
        {"as_of": "01/04/26"},
        {"as_of": "2026-4-1"},
        {"ratios": [{"asset": "BTC", "ratio": 0}]},
        {"ratios": [{"asset": "BTC", "ratio": 1.0, "reserves": -1}]},
        {"method": "trust"},
        {"cadence_days": 0},
        {"sources": []},
        {"reviewed": "Hacken"},
    ],
)
def test_a_row_of_another_shape_is_refused(row: dict[str, object]) -> None:
    parse()
    with pytest.raises(msgspec.ValidationError):
        parse(**row)


def test_a_month_or_day_that_there_is_not_is_refused() -> None:
    for as_of in ("2025-13", "2025-02-30"):
        with pytest.raises(ValueError, match=r"month|day"):
            parse(as_of=as_of)


def test_two_rows_of_one_exchange_are_refused() -> None:
    with pytest.raises(ValueError, match="two rows"):
        parse_table(msgspec.json.encode([ROW, ROW]))
