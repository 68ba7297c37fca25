"""MEXC: `merkle_proof.json`, a tree of sums whose hashes are cut to 128 bits.

A leaf is hashed as `proof id,account id,BTC:1.5,ETH:2`, a parent as `left hash,right hash,BTC:1.5,…`, assets by name;
of SHA-256 the first 32 letters count. A neighbour that is not in the file, or has no hash, is an empty one. Beside a
neighbour on the right that has a hash, BTC, ETH, USDC and USDT are hashed even where they are zero.
https://github.com/mexcmerkle/mexc-proof-of-reserves (a1a4f49, September 2025)
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256

from bot.inclusion_proofs.amounts import Amounts, are_equal, has_negative, own_balances, short_text, total
from bot.inclusion_proofs.fields import ID, MAX_PATH, Fields
from bot.inclusion_proofs.result import Caution, Fault, InclusionProof, Scheme
from bot.inclusion_proofs.strict_json import JsonValue
from bot.inclusion_proofs.sum_tree import LEFT, RIGHT, ROOT, Node

_ALWAYS_HASHED = ("BTC", "ETH", "USDC", "USDT")
_HASH_LETTERS = 32
_HASH = re.compile(r"[0-9a-f]{32}", re.ASCII)
_HASH_OR_NONE = re.compile(r"([0-9a-f]{32})?", re.ASCII)
_PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)


def is_mexc(value: Mapping[str, JsonValue]) -> bool:
    """Return whether a file has the shape of MEXC's."""
    own = value.get("self")
    return isinstance(own, Mapping) and "proofId" in own and "pathList" in value


def check_mexc(value: Mapping[str, JsonValue]) -> InclusionProof:
    """Check a file of MEXC's; raise UnreadableProof."""
    fields = Fields(value, Scheme.MEXC)
    own, path = fields.part("self"), fields.path("pathList")
    leaf = Node(own.text("hash", _HASH), own.amounts("balances"), own.integer("type", least=LEFT, below=ROOT))
    root = Node(path[-1].text("hash", _HASH), path[-1].amounts("balances"), path[-1].integer("type", below=ROOT + 1))
    siblings = [(_level(node), _sibling(node)) for node in path[:-1]]
    height = _level(path[-1])
    negative = any(has_negative(sibling.amounts) for _, sibling in siblings)
    return InclusionProof(
        scheme=Scheme.MEXC,
        fault=_fault(own, leaf, siblings, root, height),
        root=root.hash,
        levels=height + 1,
        balances=tuple(own_balances(leaf.amounts.items())),
        cautions=(
            Caution.HASH_128_BIT,
            *([Caution.NEGATIVE_SIBLING] if negative else []),
            *([Caution.NEGATIVE_OWN] if has_negative(leaf.amounts) else []),
        ),
        audit=own.text("proofId", ID),
        is_audit_covered=True,
    )


def _fault(own: Fields, leaf: Node, siblings: Sequence[tuple[int, Node]], root: Node, height: int) -> Fault | None:
    written = own.amount_texts("balances", _PLAIN)
    balances = ",".join(f"{asset}:{written[asset]}" for asset in sorted(written))
    if _hash(f"{own.text('proofId', ID)},{own.text('accountId', ID)},{balances}") != leaf.hash:
        return Fault.LEAF_HASH
    levels = [level for level, _ in siblings]
    if _level(own) != 0 or levels != sorted({*levels}) or not height or (levels and levels[-1] >= height):
        return Fault.ORDER
    if root.role != ROOT:
        return Fault.ROLES
    by_level = dict(siblings)
    node = leaf
    for level in range(height):
        sibling = by_level.get(level) or Node("", {}, RIGHT if node.role == LEFT else LEFT)
        if sibling.role == node.role:
            return Fault.ROLES
        above = by_level.get(level + 1)
        node = _parent(node, sibling, RIGHT if above and above.role == LEFT else LEFT)
    if not are_equal(node.amounts, root.amounts):
        return Fault.SUMS
    return Fault.ROOT_HASH if node.hash != root.hash else None


def _parent(node: Node, sibling: Node, role: int) -> Node:
    left, right = (node, sibling) if node.role == LEFT else (sibling, node)
    amounts = dict(left.amounts)
    if right.hash:
        amounts = total(total(amounts, dict.fromkeys(_ALWAYS_HASHED, Decimal())), right.amounts)
    return Node(_hash(f"{left.hash},{right.hash},{_balances(amounts)}"), amounts, role)


def _sibling(fields: Fields) -> Node:
    """Return a neighbour; one without a hash is covered by nothing, so it may have no balances."""
    node = Node(
        fields.text("hash", _HASH_OR_NONE), fields.amounts("balances"), fields.integer("type", least=LEFT, below=ROOT)
    )
    if not node.hash and any(node.amounts.values()):
        raise fields.bad_field("balances")
    return node


def _level(fields: Fields) -> int:
    return fields.integer("level", below=MAX_PATH + 1)


def _balances(amounts: Amounts) -> str:
    return ",".join(f"{asset}:{short_text(amounts[asset])}" for asset in sorted(amounts))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_HASH_LETTERS]
