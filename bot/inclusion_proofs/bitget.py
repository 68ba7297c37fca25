"""Bitget: `merkel_tree_bg.json`, a tree of sums whose hashes are cut to 64 bits.

A leaf is hashed as `id,nonce,{"BTC":"0","ETH":"0.5"}`, a parent as `left hash + right hash,{sums},level`; of SHA-256
the first 16 letters count. Amounts are written without zeros at their end, between quotation marks. The rule of 2022
had none, and no public file confirms it, so files of that time do not hold here.
https://github.com/BitgetLimited/proof-of-reserves (86209a9, November 2025)
"""

import re
from collections.abc import Mapping
from hashlib import sha256

from bot.inclusion_proofs.amounts import Amounts, own_balances, short_text
from bot.inclusion_proofs.fields import ID, Fields
from bot.inclusion_proofs.result import Caution, Fault, InclusionProof, Scheme
from bot.inclusion_proofs.strict_json import JsonValue
from bot.inclusion_proofs.sum_tree import RIGHT, ROOT, Node, TreePath

_HASH = re.compile(r"[0-9a-f]{16}", re.ASCII)
_HASH_LETTERS = 16
_HIGHEST_LEVEL = 65
_EMPTY = 0  # a neighbour that fills up the tree stands on the right
_ROLES = 4


def is_bitget(value: Mapping[str, JsonValue]) -> bool:
    """Return whether a file has the shape of Bitget's."""
    own = value.get("self")
    return isinstance(own, Mapping) and "merkelLeaf" in own and "path" in value


def check_bitget(value: Mapping[str, JsonValue]) -> InclusionProof:
    """Check a file of Bitget's; raise UnreadableProof."""
    fields = Fields(value, Scheme.BITGET)
    own, path = fields.part("self"), fields.path("path")
    # The root has role 3 or, in files of 2025, none.
    tree = TreePath(_node(own), [_node(node) for node in path[:-1]], _node(path[-1], default_role=ROOT))
    audits = {node.optional_text("auditId", ID) for node in (own, *path)}
    return InclusionProof(
        scheme=Scheme.BITGET,
        fault=_fault(own, tree, [_level(node) for node in path], audits),
        root=tree.root.hash,
        levels=tree.levels,
        balances=tuple(own_balances(tree.leaf.amounts.items())),
        cautions=(Caution.HASH_64_BIT, *tree.cautions()),
        audit=min(audits),
    )


def _fault(own: Fields, tree: TreePath, levels: list[int], audits: set[str]) -> Fault | None:
    leaf = f"{own.text('encryptUid', ID)},{own.text('nonce', ID)},{_json(tree.leaf.amounts)}"
    if _hash(leaf) != tree.leaf.hash:
        return Fault.LEAF_HASH
    if len(audits) > 1:
        return Fault.AUDITS
    deepest = _level(own)
    # A leaf and its neighbour have the highest level, the root has 1.
    if levels != [*range(deepest, 1, -1), 1]:
        return Fault.ORDER

    def join(left: str, right: str, sums: Amounts, number: int) -> str:
        return _hash(f"{left}{right},{_json(sums)},{deepest - number}")

    return tree.fault(join)


def _node(fields: Fields, default_role: int | None = None) -> Node:
    role = fields.integer("role", below=_ROLES, default=default_role)
    return Node(fields.text("merkelLeaf", _HASH), fields.amounts("balances"), RIGHT if role == _EMPTY else role)


def _level(fields: Fields) -> int:
    return fields.integer("level", least=1, below=_HIGHEST_LEVEL)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_HASH_LETTERS]


def _json(amounts: Amounts) -> str:
    pairs = (f'"{asset}":"{short_text(amounts[asset])}"' for asset in in_order_of_java(amounts))
    return f"{{{','.join(pairs)}}}"


def in_order_of_java(names: Mapping[str, object]) -> list[str]:
    """Return names in the order in which a `HashMap` of Java goes through them, which is the order they are hashed in.

    Example: BTC, ETH, USDT and USDC of a table with 16 places. A table has the next power of two above 4/3 of its
    names; two names of one place keep the order in which they came.
    """
    places = 16
    while len(names) > places * 3 // 4:
        places *= 2
    return sorted(names, key=lambda name: _java_hash(name) & (places - 1))


def _java_hash(text: str) -> int:
    """Return what Java's `HashMap` makes of `String.hashCode()`."""
    code = 0
    for letter in text:
        code = (31 * code + ord(letter)) & 0xFFFFFFFF
    return code ^ code >> 16
