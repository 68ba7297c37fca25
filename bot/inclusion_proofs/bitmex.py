"""BitMEX: a line `nonce:…` above the published tree, or above `root:…` and the customer's own lines of that tree.

BitMEX publishes one tree of all liabilities as text, root first: `hash,satoshis`. A leaf is hashed with the customer's
secret as HMAC-SHA256(nonce, satoshis, number of the leaf), so that only they find theirs; a parent as SHA-256(left
hash, left satoshis, right hash, right satoshis), numbers as eight bytes, the lowest first. Most published trees are too
large for a message; BitMEX's own program prints with `--print-proof-csv` the lines that are needed of it:
`number of the leaf,block,satoshis,neighbour's hash,its satoshis,…`.

The nonce of one snapshot opens that snapshot alone. An account's own nonce opens all of them, and is refused.
https://github.com/BitMEX/proof-of-reserves-liabilities (c0c9c71, April 2026)
"""

import hmac
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import NamedTuple

from bot.inclusion_proofs.amounts import own_balances
from bot.inclusion_proofs.fields import MAX_PATH
from bot.inclusion_proofs.result import Fault, InclusionProof, Scheme, Unreadable, UnreadableProof

_HEX_64 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)
_NUMBER_LIMIT = 1 << 64
_SATOSHI_PLACES = -8
_NAMES = ("account_nonce", "nonce", "root", "block_height")
_BEFORE_SIBLINGS = 3  # number of the leaf, block, satoshis


class SumNode(NamedTuple):
    """A node of the tree."""

    hash: str
    satoshis: int


@dataclass(frozen=True, slots=True)
class OwnLeaf:
    """One of the customer's leaves with the neighbours on its way up."""

    number: int
    satoshis: int
    siblings: Sequence[SumNode]


def is_bitmex(text: str) -> bool:
    """Return whether a text has the shape of BitMEX's."""
    return text.lstrip().startswith(("nonce:", "account_nonce:", "root:", "block_height:"))


def check_bitmex(text: str) -> InclusionProof:
    """Check a file with BitMEX's tree or lines of it; raise UnreadableProof."""
    named: dict[str, str] = {}
    lines: list[list[str]] = []
    for line in text.split():
        name, colon, value = line.partition(":")
        if not colon:
            lines.append(line.split(","))
        elif name in named or name not in _NAMES:
            raise _refusal("name")
        else:
            named[name] = value
    if "account_nonce" in named:
        raise UnreadableProof(Unreadable.MASTER_NONCE, scheme=Scheme.BITMEX)
    if "nonce" not in named:
        raise UnreadableProof(Unreadable.NO_NONCE, scheme=Scheme.BITMEX)
    nonce = bytes.fromhex(_hex(named["nonce"], "nonce"))
    if not lines:
        raise UnreadableProof(Unreadable.EMPTY_PATH, scheme=Scheme.BITMEX)
    if "block_height" in named:
        return _check_tree(nonce, [_node(line, "tree") for line in lines], named.get("root"))
    return _check_leaves(nonce, _hex(named.get("root", ""), "root"), [_own_leaf(line) for line in lines])


def _check_tree(nonce: bytes, nodes: Sequence[SumNode], root: str | None) -> InclusionProof:
    """Check a whole tree: each of its nodes, and which leaves are the customer's; its root, where one was copied."""
    leaf_count = (len(nodes) + 1) // 2
    if leaf_count & (leaf_count - 1) or len(nodes) % 2 == 0:
        raise _refusal("tree")
    leaves = nodes[leaf_count - 1 :]
    own = [leaf for number, leaf in enumerate(leaves) if _leaf_hash(nonce, leaf.satoshis, number) == leaf.hash]
    fault = _tree_fault(nodes) or (None if own else Fault.NO_LEAF)
    if root not in (None, nodes[0].hash):
        fault = Fault.ROOT_HASH
    return _proof(fault, nodes[0].hash, leaf_count.bit_length(), sum(leaf.satoshis for leaf in own))


def _tree_fault(nodes: Sequence[SumNode]) -> Fault | None:
    for number, node in enumerate(nodes[: len(nodes) // 2]):
        left, right = nodes[2 * number + 1], nodes[2 * number + 2]
        if left.satoshis + right.satoshis != node.satoshis:
            return Fault.SUMS
        if _parent_hash(left, right) != node.hash:
            return Fault.ROOT_HASH
    return None


def _check_leaves(nonce: bytes, root: str, leaves: Sequence[OwnLeaf]) -> InclusionProof:
    """Check the customer's own leaves, each of which leads to the root that they copied."""
    levels = {len(leaf.siblings) + 1 for leaf in leaves}
    fault = None
    if len(levels) > 1 or len({leaf.number for leaf in leaves}) < len(leaves):
        fault = Fault.ORDER
    elif any(_root_hash(nonce, leaf) != root for leaf in leaves):
        fault = Fault.ROOT_HASH
    return _proof(fault, root, max(levels), sum(leaf.satoshis for leaf in leaves))


def _root_hash(nonce: bytes, leaf: OwnLeaf) -> str:
    """Return the hash that a leaf leads to, "" where the satoshis of all are more than eight bytes hold."""
    node = SumNode(_leaf_hash(nonce, leaf.satoshis, leaf.number), leaf.satoshis)
    for level, sibling in enumerate(leaf.siblings):
        left, right = (sibling, node) if leaf.number >> level & 1 else (node, sibling)
        if left.satoshis + right.satoshis >= _NUMBER_LIMIT:
            return ""
        node = SumNode(_parent_hash(left, right), left.satoshis + right.satoshis)
    return node.hash


def _proof(fault: Fault | None, root: str, levels: int, satoshis: int) -> InclusionProof:
    balance = Decimal(satoshis).scaleb(_SATOSHI_PLACES)
    return InclusionProof(Scheme.BITMEX, fault, root, levels, tuple(own_balances([("BTC", balance)])))


def _leaf_hash(nonce: bytes, satoshis: int, number: int) -> str:
    return hmac.new(nonce, struct.pack("<QQ", satoshis, number), sha256).hexdigest()


def _parent_hash(left: SumNode, right: SumNode) -> str:
    parts = (bytes.fromhex(left.hash), left.satoshis, bytes.fromhex(right.hash), right.satoshis)
    return sha256(struct.pack("<32sQ32sQ", *parts)).hexdigest()


def _own_leaf(parts: Sequence[str]) -> OwnLeaf:
    siblings = parts[_BEFORE_SIBLINGS:]
    if len(parts) <= _BEFORE_SIBLINGS or len(siblings) % 2:
        raise _refusal("leaf")
    if len(siblings) > 2 * MAX_PATH:
        raise UnreadableProof(Unreadable.LONG_PATH, scheme=Scheme.BITMEX)
    number, _, satoshis = (_number(part, "leaf") for part in parts[:_BEFORE_SIBLINGS])
    nodes = [_node(siblings[i : i + 2], "leaf") for i in range(0, len(siblings), 2)]
    if number >> len(nodes):
        raise _refusal("leaf")
    return OwnLeaf(number, satoshis, nodes)


def _node(parts: Sequence[str], field: str) -> SumNode:
    if len(parts) != len(SumNode._fields):
        raise _refusal(field)
    return SumNode(_hex(parts[0], field), _number(parts[1], field))


def _hex(text: str, field: str) -> str:
    if not _HEX_64.fullmatch(text):
        raise _refusal(field)
    return text


def _number(text: str, field: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) >= _NUMBER_LIMIT:
        raise _refusal(field)
    return int(text)


def _refusal(field: str) -> UnreadableProof:
    return UnreadableProof(Unreadable.BAD_FIELD, scheme=Scheme.BITMEX, field=field)
