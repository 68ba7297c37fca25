"""Whatever a file holds, it is refused with a reason: nothing is raised but UnreadableProof, and nothing takes long."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.inclusion_proofs.recognition import check_proof
from bot.inclusion_proofs.result import Unreadable, UnreadableProof
from tests.inclusion_proofs.composed import binance_of_2024
from tests.inclusion_proofs.samples_read import GOOD, content_of, json_of
from tests.inclusion_proofs.tampering import file_of, with_value, without

BITGET = json_of("bitget.json")
OKX = json_of("okx.json")
GATE = json_of("gate.json")
HEX = b"1f" * 32


def refusal_of(content: bytes) -> UnreadableProof:
    with pytest.raises(UnreadableProof) as caught:
        check_proof(content)
    return caught.value


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", Unreadable.NOT_JSON),
        (b" " * (256 * 1024 + 1), Unreadable.TOO_LARGE),
        (b"\xff\xfe{\x00}\x00", Unreadable.NOT_TEXT),
        (GOOD["okx"].decode().encode("utf-16"), Unreadable.NOT_TEXT),
        (b"\x89PNG\r\n\x1a\n", Unreadable.NOT_TEXT),
        (GOOD["okx"][:-1], Unreadable.NOT_JSON),
        (GOOD["okx"] + b"{}", Unreadable.NOT_JSON),
        (b"%PDF-1.7", Unreadable.NOT_JSON),
        (b'{"a": "\n"}', Unreadable.NOT_JSON),
        (b"[" * 100_000, Unreadable.TOO_DEEP),
        (b'{"a":' * 50_000, Unreadable.TOO_DEEP),
        (b'"' + b'\\"' * 130_000, Unreadable.NOT_JSON),
        (b'{"self": {}, "self": {}}', Unreadable.DUPLICATE_NAME),
        (b"{}", Unreadable.UNKNOWN_FORMAT),
        (b"[]", Unreadable.UNKNOWN_FORMAT),
        (b"7", Unreadable.UNKNOWN_FORMAT),
        (b'"text"', Unreadable.UNKNOWN_FORMAT),
        (b"null", Unreadable.UNKNOWN_FORMAT),
        (b'{"self": [], "path": {}}', Unreadable.UNKNOWN_FORMAT),
        (b'{"a": 1e9}', Unreadable.BAD_NUMBER),
        (b'{"a": 1E-999999999}', Unreadable.BAD_NUMBER),
        (b'{"a": NaN}', Unreadable.BAD_NUMBER),
        (b'{"a": -Infinity}', Unreadable.BAD_NUMBER),
        (b'{"a": ' + b"9" * 61 + b"}", Unreadable.BAD_NUMBER),
        (b'{"a": ' + b"9" * 200_000 + b"}", Unreadable.BAD_NUMBER),
        (b'{"a": 0.' + b"9" * 60 + b"}", Unreadable.BAD_NUMBER),
        (content_of("okx_2023.json"), Unreadable.OKX_2023),
        (with_value(BITGET, "path", []), Unreadable.EMPTY_PATH),
        (with_value(BITGET, "path", BITGET["path"][-1:]), Unreadable.EMPTY_PATH),
        (with_value(BITGET, "path", BITGET["path"][:1] * 65), Unreadable.LONG_PATH),
        (b"account_nonce:" + HEX + b"\nblock_height:1\n", Unreadable.MASTER_NONCE),
        (b"nonce:" + HEX + b"\nblock_height:1\n", Unreadable.EMPTY_PATH),
        (content_of("bitmex.csv"), Unreadable.NO_NONCE),
        (b"nonce:%b\nroot:%b\n0,1,1" % (HEX, HEX) + b",%b,1" % HEX * 65, Unreadable.LONG_PATH),
    ],
)  # fmt: skip
def test_a_file_that_is_no_proof_is_refused_with_its_reason(content: bytes, reason: Unreadable) -> None:
    assert refusal_of(content).reason is reason


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (with_value(BITGET, "path", {}), "path"),
        (with_value(BITGET, "path", "path"), "path"),
        (with_value(BITGET, "path.1", 7), "path"),
        (with_value(BITGET, "path.1.balances", []), "path.balances"),
        (with_value(BITGET, "path.1.balances", {}), "path.balances"),
        (with_value(BITGET, "path.1.balances", {f"A{n}": "0" for n in range(201)}), "path.balances"),
        (with_value(BITGET, "path.1.balances", {'"': "0"}), "path.balances"),
        (with_value(BITGET, "path.1.balances.BTC", value=True), "path.balances"),
        (with_value(BITGET, "path.1.balances.BTC", None), "path.balances"),
        (with_value(BITGET, "path.1.balances.BTC", "1e5"), "path.balances"),
        (with_value(BITGET, "path.1.balances.BTC", "NaN"), "path.balances"),
        (with_value(BITGET, "path.1.balances.BTC", "٣"), "path.balances"),
        (with_value(BITGET, "path.1.balances.BTC", "1_000"), "path.balances"),
        (with_value(BITGET, "path.1.balances.BTC", ["1"]), "path.balances"),
        (with_value(BITGET, "path.1.merkelLeaf", "7AED7ABE4FC5294B"), "path.merkelLeaf"),
        (with_value(BITGET, "path.1.level", "26"), "path.level"),
        (with_value(BITGET, "path.1.level", 26.0), "path.level"),
        (with_value(BITGET, "path.1.level", value=True), "path.level"),
        (with_value(BITGET, "path.1.role", -1), "path.role"),
        (with_value(BITGET, "path.1.role", 4), "path.role"),
        (with_value(BITGET, "self.nonce", "a,b"), "self.nonce"),
        (with_value(BITGET, "self.encryptUid", "\ud800"), "self.encryptUid"),
        (without(BITGET, "self.encryptUid"), "self.encryptUid"),
        (without(OKX, "self.balances.BTC"), None),
        (with_value(OKX, "self.balances.BTC", 1), "self.balances"),
        (with_value(json_of("bybit_2025.json"), "self.balance.BTC", "6.6936526"), "self.balance"),
        (with_value(json_of("mexc.json"), "pathList.0.balances.BTC", "1"), "pathList.balances"),
        (with_value(GATE, "AssetDetails.0.Equity", 2**64), "AssetDetails.Equity"),
        (with_value(GATE, "AssetDetails.0.Equity", -1), "AssetDetails.Equity"),
        (with_value(GATE, "AssetDetails.0.Index", 800), "AssetDetails.Index"),
        (with_value(GATE, "AssetDetails", GATE["AssetDetails"] * 2), "AssetDetails.Index"),
        (with_value(GATE, "AssetDetails", GATE["AssetDetails"] * 801), "AssetDetails"),
        (with_value(GATE, "UniqueIdentification", "f" * 64), "UniqueIdentification"),
        (with_value(GATE, "MerkleProofEncode", GATE["MerkleProofEncode"][1:]), "MerkleProofEncode"),
        (with_value(GATE, "MerkleProofEncode", GATE["MerkleProofEncode"] * 2), "MerkleProofEncode"),
        (with_value(GATE, "MerkleProofEncode.0", "KFOq270G3rXWoTidI6if9HZYqvSkWyh+z9Yt8ZK9kaR="), "MerkleProofEncode"),
        (with_value(GATE, "MerkleProofEncode.0", "////" * 10 + "//8="), "MerkleProofEncode"),
        (with_value(GATE, "MerkleProofEncode.0", "é"), "MerkleProofEncode"),
        (with_value(GATE, "MerkleProofEncode.0", "A==="), "MerkleProofEncode"),
        (with_value(GATE, "MerkleProofEncode.0", 7), "MerkleProofEncode"),
        (with_value(GATE, "Arrangement", 2**28), "Arrangement"),
        (with_value(json_of("binance_sample.json"), "Assets.1.Index", 0), "Assets.Index"),
        (without(binance_of_2024({400: (1, 0, 0, 0, 0)}), "TotalCollateral"), "Assets.Index"),
        (b"nonce:7\nblock_height:1\n", "nonce"),
        (b"nonce:" + HEX + b"\n0,1,1\n", "root"),
        (GOOD["bitmex_lines"].replace(b"\n3,100", b"\n9,100"), "leaf"),
        (GOOD["bitmex_lines"].replace(b"\n3,100,", b"\n3,"), "leaf"),
        (GOOD["bitmex_lines"] + b"7,100,5\n", "leaf"),
        (GOOD["bitmex_lines"] + b"name:value\n", "name"),
        (GOOD["bitmex_lines"] + b"nonce:" + HEX, "name"),
        (GOOD["bitmex_tree"] + b"00" * 32 + b",1\n", "tree"),
        (GOOD["bitmex_tree"] + b"00" * 32 + b",1,1\n", "tree"),
        (GOOD["bitmex_tree"].replace(b",1294\n", b",18446744073709551616\n"), "tree"),
        (GOOD["bitmex_tree"].replace(b",1294\n", b",-1\n"), "tree"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_what_it_should_be_is_named(content: bytes, field: str | None) -> None:
    if field is None:
        assert not check_proof(content).holds
        return
    refusal = refusal_of(content)

    assert refusal.reason is Unreadable.BAD_FIELD
    assert refusal.field == field


def test_an_amount_of_too_many_digits_is_refused_though_it_is_a_text() -> None:
    assert refusal_of(with_value(BITGET, "path.1.balances.BTC", "9" * 61)).reason is Unreadable.BAD_NUMBER


def test_the_largest_amounts_add_up_exactly() -> None:
    """Sixty digits before or behind the point are computed with, and none is rounded away."""
    altered = with_value(BITGET, "path.1.balances.BTC", "9" * 60)
    again = with_value(json.loads(altered), "path.2.balances.BTC", "0." + "0" * 57 + "1")

    assert not check_proof(again).holds


def test_a_refusal_holds_nothing_of_the_file() -> None:
    secret = "5up3r53cr3t"  # noqa: S105 -- it stands for what nobody else may read
    for content in (
        with_value(BITGET, "self.nonce", f"{secret},"),
        with_value(BITGET, "path.1.balances", {secret: "x"}),
        f'{{"{secret}": 1'.encode(),
        f"nonce:{secret}".encode(),
    ):
        refusal = refusal_of(content)
        assert secret not in str(refusal)
        assert refusal.__cause__ is None


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
forms: list[Callable[[Any, Any], Any]] = [
    lambda own, path: {"self": own, "path": path},
    lambda own, path: {"self": {"merkelLeaf": own}, "path": path},
    lambda own, path: {"self": {"userHash": own, "balance": path}, "path": [own, path]},
    lambda own, path: {"self": {"proofId": own, "balances": path}, "pathList": [own, path]},
    lambda own, path: {"self": {"nonce": own, "hash": "", "balances": own, "height": own}, "path": [path, own]},
    lambda own, path: {"MerkleProofEncode": own, "AssetDetails": path},
    lambda own, path: {"AccountIdHash": own, "Assets": path, "Proof": own},
]


@given(st.sampled_from(forms), values, values)
def test_whatever_stands_in_a_known_form_is_refused(form: Callable[[Any, Any], Any], own: Any, path: Any) -> None:
    refusal_of(file_of(form(own, path)))


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(content: bytes) -> None:
    refusal_of(content)
