"""What a check of an inclusion proof says: whether it holds, what it is about, and what weakens it.

Example: Bitget's file of November 2025 → `InclusionProof(Scheme.BITGET, None, "8eac815c495e6a67", 27, …)` with the
cautions `WEAK_HASH` and `NEGATIVE_SIBLING`. One balance in it altered → the same with `Fault.LEAF_HASH`.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Scheme(StrEnum):
    """A format of a file together with its hash rule; the exchange is the part before the first hyphen."""

    BITGET = "bitget"
    BYBIT = "bybit"
    OKX = "okx"
    MEXC = "mexc"
    BITMEX = "bitmex"
    GATE = "gate"
    BINANCE_2023 = "binance-2023"  # two amounts of each of 350 assets, until September 2024
    BINANCE_2024 = "binance-2024"  # five amounts of 50 or 500 assets with their numbers, since then
    BINANCE_SAMPLE = "binance-sample"  # five amounts of each of 350 assets: what its repository has as a sample

    @property
    def exchange(self) -> str:
        """Return the exchange's name as it writes it."""
        return _EXCHANGE_NAMES[self.partition("-")[0]]


_EXCHANGE_NAMES = {
    "bitget": "Bitget",
    "bybit": "Bybit",
    "okx": "OKX",
    "mexc": "MEXC",
    "bitmex": "BitMEX",
    "gate": "Gate",
    "binance": "Binance",
}


class Fault(StrEnum):
    """Why a proof does not hold; the first one that is found."""

    LEAF_HASH = "leaf hash"  # the customer's id and balances do not give the hash of their own leaf
    ROLES = "roles"  # two nodes on one side, or the last node of the path is no root
    ORDER = "order"  # the levels do not follow each other from the leaf to the root
    ASSETS = "assets"  # nodes of one path have different assets
    SUMS = "sums"  # the balances on the path do not add up to those of the root
    ROOT_HASH = "root hash"  # the hashes lead to another root than the file names
    NO_LEAF = "no leaf"  # BitMEX: none of the leaves belongs to this account and nonce
    AUDITS = "audits"  # the nodes are of different audits


class Caution(StrEnum):
    """What weakens a proof that holds."""

    NEGATIVE_SIBLING = "negative sibling"  # a negative balance beside the path lowers what the tree says is owed
    NEGATIVE_OWN = "negative own"
    HASH_64_BIT = "hash of 64 bits"
    HASH_128_BIT = "hash of 128 bits"
    EXPERIMENTAL = "experimental"  # no public sample confirms the rule


class Unreadable(StrEnum):
    """Why a file is not checked at all."""

    TOO_LARGE = "too large"
    NOT_TEXT = "not text"
    NOT_JSON = "not JSON"
    TOO_DEEP = "too deep"
    DUPLICATE_NAME = "duplicate name"
    BAD_NUMBER = "bad number"  # NaN, Infinity, an exponent or more than 60 digits
    UNKNOWN_FORMAT = "unknown format"
    BAD_FIELD = "bad field"  # of a known format, but a field is missing or is not what it should be
    EMPTY_PATH = "empty path"
    LONG_PATH = "long path"
    OKX_2023 = "OKX since 2023"  # its leaf is looked up in a file of several hundred megabytes
    NO_NONCE = "no nonce"  # BitMEX: without it nobody knows which leaf is the customer's
    MASTER_NONCE = "master nonce"  # BitMEX: it opens all snapshots of an account, and is none of anybody's business


class UnreadableProof(ValueError):
    """A file that cannot be checked. `field` is the place in the format, such as `path.balances`, never its content."""

    def __init__(self, reason: Unreadable, *, scheme: Scheme | None = None, field: str = "") -> None:
        super().__init__(f"{reason}: {field}" if field else str(reason))
        self.reason = reason
        self.scheme = scheme
        self.field = field


@dataclass(frozen=True, slots=True)
class Balance:
    """What the leaf says of one asset. `asset` is its symbol, or `#110` where the format has only its number."""

    asset: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """One checked proof. `fault` is None where it holds.

    `root` is hexadecimal, as the exchange writes it; where the format names none it is the computed one. `levels`
    counts the nodes from the leaf to the root, both included. `balances` are the leaf's own that are not zero, in the
    order of the file. `equity_usd` and `debt_usd` are the leaf's totals at the exchange's own prices, where the format
    has them. `audit` is what the file calls the audit; `is_audit_covered` says whether a hash covers that name.
    """

    scheme: Scheme
    fault: Fault | None
    root: str
    levels: int
    balances: tuple[Balance, ...]
    cautions: tuple[Caution, ...] = ()
    equity_usd: Decimal | None = None
    debt_usd: Decimal | None = None
    audit: str = ""
    is_audit_covered: bool = False

    @property
    def holds(self) -> bool:
        """Return whether the leaf is in the tree with this root."""
        return self.fault is None
