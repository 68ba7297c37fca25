"""Climbs a tree of sums from a leaf to its root: each node has a hash and the sum of the balances below it.

Example: a leaf with 2 BTC and its right neighbour with 3 BTC have a parent with 5 BTC, whose hash covers both hashes
and the 5. How the hash is made is each exchange's own rule, given as `join`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.inclusion_proofs.amounts import Amounts, are_equal, has_negative, total
from bot.inclusion_proofs.result import Caution, Fault

LEFT, RIGHT, ROOT = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the tree. `role` is the side on which it stands, or `ROOT`."""

    hash: str
    amounts: Amounts
    role: int


Join = Callable[[str, str, Amounts, int], str]
"""Returns the hash of a parent, from the hashes of its left and right child, its amounts and its number of the way up.

The parent of the leaf has number 1.
"""


@dataclass(frozen=True, slots=True)
class TreePath:
    """What a file says of the way up: the customer's leaf, the neighbour of each node on it, and the root."""

    leaf: Node
    siblings: Sequence[Node]
    root: Node

    @property
    def levels(self) -> int:
        """Return how many nodes there are from the leaf to the root, both included."""
        return len(self.siblings) + 1

    def fault(self, join: Join, *, rounded: Callable[[Amounts], dict[str, Decimal]] = dict) -> Fault | None:
        """Return why the leaf does not lead to the root; `rounded` is what an exchange makes of a sum."""
        if self._have_wrong_roles():
            return Fault.ROLES
        if len({frozenset(node.amounts) for node in (self.leaf, *self.siblings, self.root)}) > 1:
            return Fault.ASSETS
        hash_, amounts = self.leaf.hash, self.leaf.amounts
        for number, sibling in enumerate(self.siblings, start=1):
            amounts = rounded(total(amounts, sibling.amounts))
            left, right = (sibling.hash, hash_) if sibling.role == LEFT else (hash_, sibling.hash)
            hash_ = join(left, right, amounts, number)
        if not are_equal(amounts, self.root.amounts):
            return Fault.SUMS
        return Fault.ROOT_HASH if hash_ != self.root.hash else None

    def cautions(self) -> Sequence[Caution]:
        """Return what negative balances there are: each lowers the total that the exchange seems to owe."""
        negative_sibling = any(has_negative(sibling.amounts) for sibling in self.siblings)
        negative_own = has_negative(self.leaf.amounts)
        found = ((Caution.NEGATIVE_SIBLING, negative_sibling), (Caution.NEGATIVE_OWN, negative_own))
        return [caution for caution, is_found in found if is_found]

    def _have_wrong_roles(self) -> bool:
        """Return whether nodes cannot stand where they say they do; a neighbour's side decides the order of hashing."""
        sides = {LEFT, RIGHT}
        if self.root.role != ROOT or self.leaf.role not in sides or not self.siblings:
            return True
        return any(sibling.role not in sides for sibling in self.siblings) or self.siblings[0].role == self.leaf.role
