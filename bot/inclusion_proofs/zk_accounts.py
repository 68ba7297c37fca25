"""What Gate's and Binance's trees have in common: leaves of Poseidon hashes, 28 levels up, three numbers packed in one.

Example: an account at place 9 (binary 1001) is a right child at the first and the fourth level, and a left one at all
others. What is hashed beside an account's totals is the hash of all its assets, each number below 2^64.
Rule: `VerifyMerkleProof` of both repositories, named in `gate.py` and `binance.py`.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Sequence
from decimal import Decimal

from bot.inclusion_proofs.fields import Fields
from bot.inclusion_proofs.poseidon import poseidon
from bot.inclusion_proofs.poseidon_constants import FIELD
from bot.inclusion_proofs.strict_json import JsonValue

DEPTH = 28
LEVELS = DEPTH + 1
PLACES = 1 << DEPTH
NUMBER_LIMIT = 1 << 64
HEX_64 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NUMBERS_IN_ONE = 3
_HASH_BYTES = 32
# Both multiply amounts and prices so that a total has 16 digits behind the point of a dollar.
_DOLLAR = Decimal(10**16)


def field_number(fields: Fields, name: str) -> int:
    """Return a number of the field that is written with 64 hexadecimal digits."""
    number = int(fields.text(name, HEX_64), 16)
    if number >= FIELD:
        raise fields.bad_field(name)
    return number


def siblings_of(fields: Fields, name: str) -> Sequence[int]:
    """Return the 28 neighbours on the way up, each written in base64."""
    siblings = fields.items(name, most=DEPTH)
    if len(siblings) != DEPTH:
        raise fields.bad_field(name)
    return [_sibling(fields, name, sibling) for sibling in siblings]


def assets_hash(numbers: Sequence[int]) -> int:
    """Return the hash of an account's assets: three numbers below 2^64 make one of the field, the first the highest."""
    padded = [*numbers, *[0] * (-len(numbers) % _NUMBERS_IN_ONE)]
    triples = zip(*[iter(padded)] * _NUMBERS_IN_ONE, strict=True)
    return poseidon([(first << 128) + (second << 64) + third for first, second, third in triples])


def root_of(leaf: int, place: int, siblings: Sequence[int]) -> str:
    """Return the root that a leaf leads to, with 64 hexadecimal digits."""
    for level, sibling in enumerate(siblings):
        leaf = poseidon([sibling, leaf] if place >> level & 1 else [leaf, sibling])
    return f"{leaf:064x}"


def dollars(total: int) -> Decimal:
    """Return a total of an account in dollars, at the exchange's own prices."""
    return Decimal(total) / _DOLLAR


def _sibling(fields: Fields, name: str, value: JsonValue) -> int:
    try:
        content = b64decode(value, validate=True) if isinstance(value, str) else b""
    except (Error, ValueError):
        raise fields.bad_field(name) from None
    number = int.from_bytes(content, "big")
    # Base64 has spare bits: only the one usual way of writing a number is taken.
    if len(content) != _HASH_BYTES or number >= FIELD or b64encode(content).decode() != value:
        raise fields.bad_field(name)
    return number
