"""Whatever single thing of a genuine proof is altered: the proof does not hold, or it says the very same.

The same is said where what was altered means nothing: a space, or `1.50` in place of `1.5`. One thing that is told may
be altered unnoticed: the name of the audit in Bybit's file, where it stands once and no hash covers it. That it is not
covered is told (`is_audit_covered`). In the files of Bitget and OKX, where no hash covers it either, each node has it.
"""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.inclusion_proofs.recognition import check_proof
from bot.inclusion_proofs.result import InclusionProof, Scheme, UnreadableProof
from tests.inclusion_proofs.samples_read import GOOD
from tests.inclusion_proofs.tampering import places, value_at, with_value

CHECKED = {name: check_proof(content) for name, content in GOOD.items()}
OF_JSON = [name for name in GOOD if not name.startswith("bitmex")]
# Hashing with Poseidon takes a fifth of a second.
QUICK = [name for name in GOOD if not name.startswith(("gate", "binance"))]
amounts = st.sampled_from(["0", "1", "-1", "1.5", "0.00000001", "1" * 60])
other_values = (
    st.none()
    | st.booleans()
    | st.integers(-2, 70)
    | st.integers()
    | amounts
    | st.text("0123456789abcdef", min_size=16, max_size=64)
    | st.text(max_size=20)
)


def checked(content: bytes) -> InclusionProof | None:
    try:
        return check_proof(content)
    except UnreadableProof:
        return None


def assert_refused_or_unchanged(name: str, content: bytes) -> None:
    proof, genuine = checked(content), CHECKED[name]
    if proof and proof.scheme is Scheme.BYBIT and not proof.is_audit_covered:
        genuine = replace(genuine, audit=proof.audit)

    assert proof is None or not proof.holds or proof == genuine


@given(st.data())
@settings(max_examples=150)
@pytest.mark.parametrize("name", [name for name in QUICK if name in OF_JSON])
def test_another_value_is_noticed(name: str, data: st.DataObject) -> None:
    assert_noticed(name, data)


@given(st.data())
@settings(max_examples=12)
@pytest.mark.parametrize("name", [name for name in OF_JSON if name not in QUICK])
def test_another_value_is_noticed_below_poseidon(name: str, data: st.DataObject) -> None:
    assert_noticed(name, data)


def assert_noticed(name: str, data: st.DataObject) -> None:
    document = json.loads(GOOD[name])
    place = data.draw(st.sampled_from(list(places(document))))
    near = alike(value_at(document, place))
    value = data.draw(near | other_values)
    assert_refused_or_unchanged(name, with_value(document, place, value))


def alike(value: Any) -> st.SearchStrategy[Any]:
    """Return values that look like this one: the next number, a text with one letter changed, left out or doubled."""
    if isinstance(value, int):
        return st.sampled_from([value + 1, value - 1, -value, str(value)])
    number = st.integers(0, max(len(value) - 1, 0))
    return number.flatmap(
        lambda at: st.sampled_from(
            [f"{value[:at]}{new}{value[at + 1 :]}" for new in ("0", "1", "a", "f", "", "00", "A")]
        )
    )


@given(st.data())
@settings(max_examples=150)
@pytest.mark.parametrize("name", QUICK)
def test_another_byte_is_noticed(name: str, data: st.DataObject) -> None:
    content = GOOD[name]
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255) | st.sampled_from(list(b'0123456789abcdef.,:-"{}[]eE\n')))
    assert_refused_or_unchanged(name, content[:at] + bytes([byte]) + content[at + 1 :])


@given(st.data())
@settings(max_examples=12)
@pytest.mark.parametrize("name", [name for name in GOOD if name not in QUICK])
def test_another_byte_is_noticed_below_poseidon(name: str, data: st.DataObject) -> None:
    content = GOOD[name]
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.sampled_from(list(b'0123456789abcdefAZ+/.,:-"')))
    assert_refused_or_unchanged(name, content[:at] + bytes([byte]) + content[at + 1 :])


@given(st.data())
@settings(max_examples=60)
@pytest.mark.parametrize("name", ["bitget", "bybit_2025", "okx", "mexc"])
def test_a_node_that_moves_doubles_or_goes_is_noticed(name: str, data: st.DataObject) -> None:
    document = json.loads(GOOD[name])
    path = document.get("path") or document["pathList"]
    number = data.draw(st.integers(0, len(path) - 1))
    node = path.pop(number)
    for at in data.draw(st.lists(st.integers(0, len(path)), max_size=2)):
        path.insert(at, node)
    assert_refused_or_unchanged(name, json.dumps(document).encode())
