"""The nodes of a tree of sums as Bybit and OKX write them: each with its side, its height and the sums below it.

Example: `{"type": 2, "hash": "…", "height": 3, "balance": {"BTC": "5"}}` stands on the right, two above the leaf.
"""

import re
from collections.abc import Sequence
from hashlib import sha256

from bot.inclusion_proofs.fields import Fields
from bot.inclusion_proofs.sum_tree import LEFT, RIGHT, Node, TreePath

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FILLER = 4  # a neighbour that fills up the tree stands on the right
_HIGHEST = 66


def tree_path(own: Fields, path: Sequence[Fields], amounts: str) -> TreePath:
    """Return the way from somebody's own leaf up to the root, last on `path`; `amounts` is what the sums are called."""
    return TreePath(_node(own, amounts), [_node(node, amounts) for node in path[:-1]], _node(path[-1], amounts))


def are_heights_in_order(own: int, path: Sequence[int]) -> bool:
    """Return whether the leaf and its neighbour have height 1, and each node above one more."""
    return own == 1 and list(path) == list(range(1, len(path) + 1))


def height(node: Fields) -> int:
    """Return the height of a node; raise UnreadableProof."""
    return node.integer("height", below=_HIGHEST)


def hash_text(fields: Fields, name: str) -> str:
    """Return a field that is the hexadecimal form of a SHA-256; raise UnreadableProof."""
    return fields.text(name, _HASH)


def hash_of(*parts: str) -> str:
    """Return the SHA-256 of texts with nothing between them, in hexadecimal form."""
    return sha256("".join(parts).encode()).hexdigest()


def _node(fields: Fields, amounts: str) -> Node:
    return Node(hash_text(fields, "hash"), fields.amounts(amounts), _role(fields))


def _role(fields: Fields) -> int:
    role = fields.integer("type", least=LEFT, below=_FILLER + 1)
    return RIGHT if role == _FILLER else role
