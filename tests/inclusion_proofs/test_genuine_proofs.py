"""Proofs that exchanges published hold, and what is said of them is what stands in them."""

from decimal import Decimal

import pytest

from bot.inclusion_proofs.bitget import in_order_of_java
from bot.inclusion_proofs.bybit_assets import ASSET_LISTS
from bot.inclusion_proofs.recognition import check_proof
from bot.inclusion_proofs.result import Balance, Caution, Fault, Scheme
from tests.inclusion_proofs.composed import binance_of_2024, bybit_with
from tests.inclusion_proofs.samples_read import GOOD, content_of
from tests.inclusion_proofs.tampering import file_of


@pytest.mark.parametrize(
    ("name", "scheme", "root", "levels"),
    [
        ("bitget", Scheme.BITGET, "8eac815c495e6a67", 27),
        ("bybit_2024", Scheme.BYBIT, "8837e3a9", 4),
        ("bybit_2025", Scheme.BYBIT, "c91d5de0", 15),
        ("okx", Scheme.OKX, "ac6b39d2", 24),
        ("mexc", Scheme.MEXC, "35d01ffef2beec3ff0166c03f3d9b0cc", 5),
        ("gate", Scheme.GATE, "2e7e01ad", 29),
        ("binance_sample", Scheme.BINANCE_SAMPLE, "1a4940fe", 29),
        ("binance_2023", Scheme.BINANCE_2023, "", 29),
        ("binance_2024", Scheme.BINANCE_2024, "", 29),
        ("bitmex_tree", Scheme.BITMEX, "", 4),
        ("bitmex_lines", Scheme.BITMEX, "", 4),
    ],
)
def test_a_genuine_proof_holds(name: str, scheme: Scheme, root: str, levels: int) -> None:
    proof = check_proof(GOOD[name])

    assert proof.holds
    assert (proof.scheme, proof.levels) == (scheme, levels)
    assert proof.root.startswith(root)


def test_a_scheme_names_its_exchange() -> None:
    assert {scheme.exchange for scheme in Scheme} == {"Bitget", "Bybit", "OKX", "MEXC", "BitMEX", "Gate", "Binance"}


def test_the_balances_of_the_leaf_are_told() -> None:
    assert check_proof(GOOD["bitget"]).balances == (Balance("USDT", Decimal("0.00012635")),)
    assert check_proof(GOOD["gate"]).balances == (Balance("#110", Decimal(29774)),)
    assert check_proof(GOOD["bitmex_tree"]).balances == (Balance("BTC", Decimal("0.00003")),)
    assert check_proof(GOOD["bitmex_lines"]) == check_proof(GOOD["bitmex_tree"])


def test_totals_in_dollars_are_told_where_the_format_has_them() -> None:
    gate, binance, bitget = (check_proof(GOOD[name]) for name in ("gate", "binance_sample", "bitget"))

    assert (gate.equity_usd, gate.debt_usd) == (Decimal("0.17373129"), Decimal())
    assert (binance.equity_usd, binance.debt_usd) == (Decimal("10759599.3240612342"), Decimal("481254.1145779934"))
    assert bitget.equity_usd is None


def test_negative_balances_beside_the_path_are_told() -> None:
    """In Bitget's file two neighbours have less than no USDC, which lowers what the tree says is owed."""
    assert Caution.NEGATIVE_SIBLING in check_proof(GOOD["bitget"]).cautions
    assert Caution.NEGATIVE_SIBLING not in check_proof(GOOD["okx"]).cautions


def test_short_hashes_and_an_unconfirmed_rule_are_told() -> None:
    assert Caution.HASH_64_BIT in check_proof(GOOD["bitget"]).cautions
    assert check_proof(GOOD["mexc"]).cautions == (Caution.HASH_128_BIT,)
    assert check_proof(GOOD["binance_2023"]).cautions == (Caution.EXPERIMENTAL,)
    assert check_proof(GOOD["binance_2024"]).cautions == (Caution.EXPERIMENTAL,)
    assert check_proof(GOOD["binance_sample"]).cautions == ()


def test_the_name_of_the_audit_is_told_with_whether_a_hash_covers_it() -> None:
    bitget, mexc = check_proof(GOOD["bitget"]), check_proof(GOOD["mexc"])

    assert (bitget.audit, bitget.is_audit_covered) == ("Au2025111815", False)
    assert (mexc.audit, mexc.is_audit_covered) == ("PR-2025-01-22", True)


@pytest.mark.parametrize("assets", ASSET_LISTS, ids=lambda assets: f"{len(assets)}-{assets[11]}-{assets[-1]}")
def test_each_list_of_bybits_assets_is_known(assets: tuple[str, ...]) -> None:
    proof = check_proof(file_of(bybit_with(assets)))

    assert proof.holds
    assert len(proof.balances) == len(assets)


def test_an_asset_that_bybit_never_had_is_refused() -> None:
    assert check_proof(file_of(bybit_with(("BTC", "FTT")))).fault is Fault.ASSETS


@pytest.mark.parametrize("indexes", [(), (0,), (49,), (60, 61), (0, 1, 2, 48), tuple(range(50)), tuple(range(60, 111))])
def test_places_that_are_left_over_take_the_smallest_numbers(indexes: tuple[int, ...]) -> None:
    assets = {index: (index, 1, 2, 3, 4) for index in indexes}

    proof = check_proof(file_of(binance_of_2024(assets)))

    assert proof.holds
    assert proof.scheme is Scheme.BINANCE_2024


def test_the_illustration_of_bitgets_readme_does_not_hold() -> None:
    assert check_proof(content_of("bitget_2022.json")).fault is Fault.LEAF_HASH


def test_the_tree_of_bitmexs_readme_has_no_leaf_of_another_nonce() -> None:
    proof = check_proof(b"nonce:" + b"00" * 32 + b"\n" + content_of("bitmex.csv"))

    assert proof.fault is Fault.NO_LEAF
    assert proof.root.startswith("ceb08dfd")


def test_a_mark_of_the_byte_order_is_no_part_of_a_file() -> None:
    """Notepad writes one before what is pasted into it."""
    assert check_proof(b"\xef\xbb\xbf" + GOOD["okx"]).holds


def test_names_stand_in_the_order_of_a_hash_map_of_java() -> None:
    four = {"USDT": 0, "BTC": 0, "USDC": 0, "ETH": 0}

    assert in_order_of_java(four) == ["BTC", "ETH", "USDT", "USDC"]
    # 13 names have a table of 32 places.
    assert in_order_of_java({chr(code): 0 for code in range(ord("a"), ord("n"))})[0] == "a"
