"""Bybit: the data that its website shows for copying, a tree of sums with 20 to 50 assets.

A leaf is hashed as the user's hash and all amounts as they are written, a parent as both hashes, all sums with eight
digits and its height; nothing stands between them. Eight digits after each point make that readable in one way only.
https://github.com/bybit-exchange/merkle-proof (3f0e2da, July 2026)
"""

import re
from collections.abc import Mapping, Sequence

from bot.inclusion_proofs.amounts import Amounts, cut_to_eight_places, fixed_text, own_balances
from bot.inclusion_proofs.bybit_assets import ASSET_ORDER
from bot.inclusion_proofs.fields import ID, Fields
from bot.inclusion_proofs.numbered_nodes import are_heights_in_order, hash_of, hash_text, height, tree_path
from bot.inclusion_proofs.result import Fault, InclusionProof, Scheme
from bot.inclusion_proofs.strict_json import JsonValue
from bot.inclusion_proofs.sum_tree import TreePath

_EIGHT_PLACES = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]{8}", re.ASCII)


def is_bybit(value: Mapping[str, JsonValue]) -> bool:
    """Return whether a file has the shape of Bybit's."""
    own = value.get("self")
    return isinstance(own, Mapping) and "userHash" in own and "path" in value


def check_bybit(value: Mapping[str, JsonValue]) -> InclusionProof:
    """Check a file of Bybit's; raise UnreadableProof."""
    fields = Fields(value, Scheme.BYBIT)
    own, path = fields.part("self"), fields.path("path")
    tree = tree_path(own, path, "balance")
    audits = {node.optional_text("auditId", ID) for node in (own, *path)} - {""}
    return InclusionProof(
        scheme=Scheme.BYBIT,
        fault=_fault(own, tree, [height(node) for node in path], audits),
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
    if hash_of(hash_text(own, "userHash"), *(written[asset] for asset in order)) != tree.leaf.hash:
        return Fault.LEAF_HASH
    if len(audits) > 1:
        return Fault.AUDITS
    if not are_heights_in_order(height(own), heights):
        return Fault.ORDER

    def join(left: str, right: str, sums: Amounts, number: int) -> str:
        return hash_of(left, right, *(fixed_text(sums[asset]) for asset in order), str(number + 1))

    return tree.fault(join, rounded=cut_to_eight_places)
