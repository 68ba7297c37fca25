"""Gate: `user_config.json`, a leaf of Poseidon hashes in a tree of 28 levels.

A leaf is hashed from the customer's id, total equity, total debt and the hash of what they have and owe in each of 800
assets. Assets have numbers; which coin a number is changes from audit to audit. The totals are in no way compared with
the amounts: for that the exchange's own proof has to be checked, which takes its whole data.
https://github.com/gateio/proof-of-reserves (87db18d, June 2026)
"""

from collections.abc import Mapping
from decimal import Decimal

from bot.inclusion_proofs.amounts import own_balances
from bot.inclusion_proofs.fields import Fields
from bot.inclusion_proofs.poseidon import poseidon
from bot.inclusion_proofs.poseidon_constants import FIELD
from bot.inclusion_proofs.result import Fault, InclusionProof, Scheme
from bot.inclusion_proofs.strict_json import JsonValue
from bot.inclusion_proofs.zk_accounts import (
    HEX_64,
    LEVELS,
    NUMBER_LIMIT,
    PLACES,
    assets_hash,
    dollars,
    field_number,
    root_of,
    siblings_of,
)

_ASSETS = 800


def is_gate(value: Mapping[str, JsonValue]) -> bool:
    """Return whether a file has the shape of Gate's."""
    return "MerkleProofEncode" in value and "AssetDetails" in value


def check_gate(value: Mapping[str, JsonValue]) -> InclusionProof:
    """Check a file of Gate's; raise UnreadableProof."""
    fields = Fields(value, Scheme.GATE)
    amounts = _amounts(fields)
    numbers = [number for index in range(_ASSETS) for number in amounts.get(index, (0, 0))]
    equity = fields.integer("TotalAssetEquity", below=FIELD)
    debt = fields.integer("TotalAssetDebt", below=FIELD)
    leaf = poseidon([field_number(fields, "UniqueIdentification"), equity, debt, assets_hash(numbers)])
    place = fields.integer("Arrangement", below=PLACES)
    root = fields.text("TreeRootHash", HEX_64)
    return InclusionProof(
        scheme=Scheme.GATE,
        fault=None if root_of(leaf, place, siblings_of(fields, "MerkleProofEncode")) == root else Fault.ROOT_HASH,
        root=root,
        levels=LEVELS,
        balances=tuple(own_balances((f"#{index}", Decimal(own)) for index, (own, _) in amounts.items())),
        equity_usd=dollars(equity),
        debt_usd=dollars(debt),
    )


def _amounts(fields: Fields) -> dict[int, tuple[int, int]]:
    """Return what is had and owed by the asset's number, in the smallest unit."""
    amounts: dict[int, tuple[int, int]] = {}
    for entry in fields.items("AssetDetails", most=_ASSETS):
        asset = fields.of(entry, "AssetDetails")
        index = asset.integer("Index", below=_ASSETS)
        if index in amounts:
            raise asset.bad_field("Index")
        amounts[index] = (asset.integer("Equity", below=NUMBER_LIMIT), asset.integer("Debt", below=NUMBER_LIMIT))
    return amounts
