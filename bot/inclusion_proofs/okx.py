"""OKX, November 2022 to March 2023: `merkle_proof_file.json`, a tree of sums of BTC, ETH and USDT.

A leaf is hashed as `nonce{"BTC":"1.5","ETH":"0","USDT":"7"}` with the amounts as they are written, a parent as both
hashes, the three sums cut to eight digits and its height, nothing between them. What OKX publishes since March 2023 is
another scheme: the leaf has to be looked up in a file of all leaves, which a chat cannot take.
https://github.com/okx/proof-of-reserves (2962a89), `common/merkle.go`
"""

import re
from collections.abc import Mapping, Sequence

from bot.inclusion_proofs.amounts import Amounts, cut_to_eight_places, own_balances, short_text
from bot.inclusion_proofs.fields import ID, Fields
from bot.inclusion_proofs.numbered_nodes import are_heights_in_order, hash_of, height, tree_path
from bot.inclusion_proofs.result import Fault, InclusionProof, Scheme
from bot.inclusion_proofs.strict_json import JsonValue
from bot.inclusion_proofs.sum_tree import TreePath

_ASSETS = ("BTC", "ETH", "USDT")
_PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)


def is_okx(value: Mapping[str, JsonValue]) -> bool:
    """Return whether a file has the shape of OKX's until March 2023."""
    own = value.get("self")
    return isinstance(own, Mapping) and {"nonce", "hash", "balances", "height"} <= set(own) and "path" in value


def is_okx_2023(value: Mapping[str, JsonValue]) -> bool:
    """Return whether a file has the shape of OKX's since then: leaves, to be looked up in the file of all leaves."""
    return {"nodes", "nonce", "totalBalances"} <= set(value)


def check_okx(value: Mapping[str, JsonValue]) -> InclusionProof:
    """Check a file of OKX's; raise UnreadableProof."""
    fields = Fields(value, Scheme.OKX)
    own, path = fields.part("self"), fields.path("path")
    tree = tree_path(own, path, "balances")
    audits = {node.optional_text("auditId", ID) for node in (own, *path)}
    return InclusionProof(
        scheme=Scheme.OKX,
        fault=_fault(own, tree, [height(node) for node in path], audits),
        root=tree.root.hash,
        levels=tree.levels,
        balances=tuple(own_balances(tree.leaf.amounts.items())),
        cautions=tuple(tree.cautions()),
        audit=min(audits),
    )


def _fault(own: Fields, tree: TreePath, heights: Sequence[int], audits: set[str]) -> Fault | None:
    written = own.amount_texts("balances", _PLAIN)
    if set(written) != set(_ASSETS):
        return Fault.ASSETS
    quoted = ",".join(f'"{asset}":"{written[asset]}"' for asset in _ASSETS)
    if hash_of(f"{own.text('nonce', ID)}{{{quoted}}}") != tree.leaf.hash:
        return Fault.LEAF_HASH
    if len(audits) > 1:
        return Fault.AUDITS
    if not are_heights_in_order(height(own), heights):
        return Fault.ORDER
    return tree.fault(_join, rounded=cut_to_eight_places)


def _join(left: str, right: str, sums: Amounts, number: int) -> str:
    return hash_of(f"{left}{right}{''.join(short_text(sums[asset]) for asset in _ASSETS)}{number + 1}")
