"""Bybit: the data that its website shows for copying, a tree of sums with 20 to 50 assets.

A leaf is hashed as the user's hash and all amounts as they are written, a parent as both hashes, all sums with eight
digits and its height; nothing stands between them. Eight digits after each point make that readable in one way only.
https://github.com/bybit-exchange/merkle-proof (3f0e2da, July 2026)
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256

from bot.inclusion_proofs.amounts import Amounts, cut_to_eight_places, fixed_text, own_balances
from bot.inclusion_proofs.bybit_assets import ASSET_ORDER
from bot.inclusion_proofs.fields import ID, Fields
from bot.inclusion_proofs.result import Fault, InclusionProof, Scheme
from bot.inclusion_proofs.strict_json import JsonValue
from bot.inclusion_proofs.sum_tree import LEFT, RIGHT, Node, TreePath

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_EIGHT_PLACES = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]{8}", re.ASCII)
_FILLER = 4  # a neighbour that fills up the tree stands on the right
_HIGHEST = 66


def is_bybit(value: Mapping[str, JsonValue]) -> bool:
    """Return whether a file has the shape of Bybit's."""
    own = value.get("self")
    return isinstance(own, Mapping) and "userHash" in own and "path" in value


def check_bybit(value: Mapping[str, JsonValue]) -> InclusionProof:
    """Check a file of Bybit's; raise UnreadableProof."""
    fields = Fields(value, Scheme.BYBIT)
    own, path = fields.part("self"), fields.path("path")
    tree = TreePath(_node(own), [_node(node) for node in path[:-1]], _node(path[-1]))
    audits = {node.optional_text("auditId", ID) for node in (own, *path)} - {""}
    return InclusionProof(
        scheme=Scheme.BYBIT,
        fault=_fault(own, tree, [_height(node) for node in path], audits),
        root=tree.root.hash,
        levels=tree.levels,
        balances=tuple(own_balances(tree.leaf.amounts.items())),
        cautions=tuple(tree.cautions()),
        audit=min(audits, default=""),
    )


def _fault(own: Fields, tree: TreePath, heights: Sequence[int], audits: set[str]) -> Fault | None:
    written = own.amount_texts("balance", _EIGHT_PLACES)
    order = ASSET_ORDER.get(frozenset(written))
    if order is None:
        return Fault.ASSETS
    if _hash(own.text("userHash", _HASH), *(written[asset] for asset in order)) != tree.leaf.hash:
        return Fault.LEAF_HASH
    if len(audits) > 1:
        return Fault.AUDITS
    # The leaf and its neighbour have height 1, and each node above one more.
    if _height(own) != 1 or list(heights) != list(range(1, len(heights) + 1)):
        return Fault.ORDER

    def join(left: str, right: str, sums: Amounts, number: int) -> str:
        return _hash(left, right, *(fixed_text(sums[asset]) for asset in order), str(number + 1))

    return tree.fault(join, rounded=cut_to_eight_places)


def _node(fields: Fields) -> Node:
    return Node(fields.text("hash", _HASH), fields.amounts("balance"), _role(fields))


def _role(fields: Fields) -> int:
    role = fields.integer("type", least=LEFT, below=_FILLER + 1)
    return RIGHT if role == _FILLER else role


def _height(fields: Fields) -> int:
    return fields.integer("height", below=_HIGHEST)


def _hash(*parts: str) -> str:
    return sha256("".join(parts).encode()).hexdigest()
