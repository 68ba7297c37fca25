"""A proof in which one thing was altered does not hold, and what is said names what was altered."""

import json
from typing import Any

import pytest

from bot.inclusion_proofs.recognition import check_proof
from bot.inclusion_proofs.result import Fault
from tests.inclusion_proofs.composed import binance_of_2024
from tests.inclusion_proofs.samples_read import GOOD, json_of
from tests.inclusion_proofs.tampering import file_of, value_at, with_value

HASH = "7a" * 32
NAMES = {
    "bitget": ("balances", "merkelLeaf", "role", "level", HASH[:16]),
    "bybit_2025": ("balance", "hash", "type", "height", HASH),
    "okx": ("balances", "hash", "type", "height", HASH),
    "mexc": ("balances", "hash", "type", "level", HASH[:32]),
}
"""What each tree of sums calls its balances, hash, role and level, and a hash of the right length."""


def path_of(name: str) -> str:
    return "pathList" if name == "mexc" else "path"


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def document(name: str) -> Any:
    return json_of(f"{name}.json")


@pytest.fixture
def words(name: str) -> tuple[str, str, str, str, str]:
    return NAMES[name]


Words = tuple[str, str, str, str, str]


def test_another_own_balance_is_not_in_the_leaf(document: Any, words: Words) -> None:
    asset = "ETH"

    assert check_proof(with_value(document, f"self.{words[0]}.{asset}", "12345.00000000")).fault is Fault.LEAF_HASH


def test_another_own_hash_is_not_the_leafs(document: Any, words: Words) -> None:
    assert check_proof(with_value(document, f"self.{words[1]}", words[4])).fault is Fault.LEAF_HASH


def test_another_balance_beside_the_path_does_not_add_up(name: str, document: Any, words: Words) -> None:
    place = f"{path_of(name)}.2.{words[0]}.ETH"

    assert check_proof(with_value(document, place, "1.00000000")).fault is Fault.SUMS


def test_another_balance_of_the_root_does_not_add_up(name: str, document: Any, words: Words) -> None:
    last = len(document[path_of(name)]) - 1

    assert check_proof(with_value(document, f"{path_of(name)}.{last}.{words[0]}.BTC", "1")).fault is Fault.SUMS


@pytest.mark.parametrize("number", [1, 2, -1])
def test_another_hash_leads_to_another_root(name: str, document: Any, words: Words, number: int) -> None:
    place = (path_of(name), number % len(document[path_of(name)]), words[1])

    assert check_proof(with_value(document, place, words[4])).fault is Fault.ROOT_HASH


def test_nodes_in_another_order_are_refused(name: str, document: Any) -> None:
    path = document[path_of(name)]
    path[0], path[1] = path[1], path[0]

    assert check_proof(file_of(document)).fault is Fault.ORDER


def test_a_node_that_is_left_out_is_missed(name: str, document: Any) -> None:
    del document[path_of(name)][1 if name != "mexc" else 2]

    # An empty neighbour that MEXC's file lacks is taken for one; its balances are missing in the sum then.
    assert check_proof(file_of(document)).fault is (Fault.SUMS if name == "mexc" else Fault.ORDER)


def test_two_nodes_on_one_side_are_refused(name: str, document: Any, words: Words) -> None:
    role = words[2]
    own = document["self"][role]
    # Of MEXC's first neighbours the second one stands in the file.
    place = "self." + role if name != "mexc" else f"{path_of(name)}.0.{role}"
    altered = 3 - (own if name != "mexc" else document[path_of(name)][0][role])

    assert check_proof(with_value(document, place, altered)).fault in (Fault.ROLES, Fault.ROOT_HASH)


def test_a_node_that_changes_its_side_leads_to_another_root(name: str, document: Any, words: Words) -> None:
    # The neighbours before it are copies that fill up Bybit's tree: a copy may stand on either side.
    number = 4 if name == "bybit_2025" else 2
    role = document[path_of(name)][number][words[2]]

    place = (path_of(name), number, words[2])

    assert check_proof(with_value(document, place, 3 - role)).fault is Fault.ROOT_HASH


def test_the_last_node_has_to_be_the_root(name: str, document: Any, words: Words) -> None:
    place = (path_of(name), len(document[path_of(name)]) - 1, words[2])

    assert check_proof(with_value(document, place, 2)).fault is Fault.ROLES


def test_levels_that_do_not_follow_each_other_are_refused(name: str, document: Any, words: Words) -> None:
    place = (path_of(name), 1, words[3])

    assert check_proof(with_value(document, place, 60)).fault is Fault.ORDER


def test_nodes_with_other_assets_are_refused(name: str, document: Any, words: Words) -> None:
    altered = with_value(document, f"{path_of(name)}.1.{words[0]}.XYZ", "1")

    if name == "mexc":  # whose nodes need not have the same, but a node without a hash has no balances
        altered = with_value(document, f"{path_of(name)}.2.{words[0]}.XYZ", "1")
        assert check_proof(altered).fault is Fault.SUMS
    else:
        assert check_proof(altered).fault is Fault.ASSETS


@pytest.mark.parametrize("name", ["bitget", "bybit_2025", "okx"])
def test_a_node_of_another_audit_is_refused(document: Any) -> None:
    assert check_proof(with_value(document, "path.1.auditId", "another")).fault is Fault.AUDITS


ZK_PLACES = {
    "gate": (
        ("Arrangement", 1),
        ("UniqueIdentification", "00" * 32),
        ("TotalAssetEquity", 1),
        ("TotalAssetDebt", 1),
        ("AssetDetails.0.Index", 111),
        ("AssetDetails.0.Equity", 29775),
        ("AssetDetails.0.Debt", 1),
        ("MerkleProofEncode.27", "LN2fKcxuPCEoBqhvOT3MexiPChF6GmVo/PmYd6NQL68="),
        ("TreeRootHash", "0e" * 32),
    ),
    "binance_sample": (
        ("AccountIndex", 8),
        ("AccountIdHash", f"{0x6E:064x}"),
        ("TotalEquity", 107595993240612342000001),
        ("TotalDebt", 0),
        ("TotalCollateral", 0),
        ("Assets.3.Index", 4),
        ("Assets.0.PortfolioMargin", 0),
        ("Proof.0", "LN2fKcxuPCEoBqhvOT3MexiPChF6GmVo/PmYd6NQL68="),
        ("Root", "0e" * 32),
    ),
}


@pytest.mark.parametrize(
    ("name", "place", "value"), [(name, *altered) for name, places in ZK_PLACES.items() for altered in places]
)
def test_each_value_of_a_leaf_of_poseidon_leads_to_the_root(name: str, place: str, value: object) -> None:
    document = json_of(f"{name}.json")
    assert value_at(document, tuple(int(step) if step.isdigit() else step for step in place.split("."))) != value

    assert check_proof(with_value(document, place, value)).fault is Fault.ROOT_HASH


def test_an_asset_beyond_350_is_checked_by_the_newer_rule_alone() -> None:
    document = binance_of_2024({400: (1, 0, 0, 0, 0)})

    assert check_proof(with_value(document, "Assets.0.Equity", 2)).fault is Fault.ROOT_HASH


def test_mexcs_first_neighbour_stands_on_the_other_side() -> None:
    document = json.loads(with_value(json_of("mexc.json"), "pathList.0.level", 0))

    assert check_proof(with_value(document, "pathList.0.type", 1)).fault is Fault.ROLES


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("bitmex_tree", "nonce:1f", "nonce:2f", Fault.NO_LEAF),
        ("bitmex_tree", ",1294\n", ",1295\n", Fault.SUMS),
        ("bitmex_tree", "block_height:100", "root:" + HASH + "\nblock_height:100", Fault.ROOT_HASH),
        ("bitmex_lines", "nonce:1f", "nonce:2f", Fault.ROOT_HASH),
        ("bitmex_lines", "\n3,100,1294,", "\n3,100,1295,", Fault.ROOT_HASH),
        ("bitmex_lines", "\n3,100,", "\n2,100,", Fault.ROOT_HASH),
        ("bitmex_lines", "\n5,100,", "\n3,100,", Fault.ORDER),
        ("bitmex_lines", "1294,", "18446744073709551615,", Fault.ROOT_HASH),
    ],
)
def test_a_tree_of_bitmex_that_was_altered_is_refused(name: str, old: str, new: str, fault: Fault) -> None:
    text = GOOD[name].decode()
    assert old in text

    assert check_proof(text.replace(old, new, 1).encode()).fault is fault


def test_another_hash_in_a_tree_of_bitmex_is_refused() -> None:
    lines = GOOD["bitmex_tree"].decode().splitlines()
    hash_, satoshis = lines[-1].split(",")
    lines[-1] = f"{hash_[:-1]}{'0' if hash_[-1] != '0' else '1'},{satoshis}"

    assert check_proof("\n".join(lines).encode()).fault is Fault.ROOT_HASH
