"""Composes proofs of formats that have no public sample, each by its published rule, written anew here.

So a mistake in the checker does not hide behind the same mistake in its test.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Any

from bot.inclusion_proofs.poseidon import poseidon

NONCE = "1f" * 32
OTHERS_NONCE = "2e" * 32
OWN_LEAVES = (3, 5)
_SATOSHIS = (450_471_613, 626_288_193, 530, 1_294, 1_647_492_901, 1_706, 590, 2_470)


def _leaf_nodes() -> list[tuple[bytes, int]]:
    nodes = []
    for number, satoshis in enumerate(_SATOSHIS):
        key = bytes.fromhex(NONCE if number in OWN_LEAVES else OTHERS_NONCE)
        message = satoshis.to_bytes(8, "little") + number.to_bytes(8, "little")
        nodes.append((hmac.digest(key, message, "sha256"), satoshis))
    return nodes


def _rows() -> list[list[tuple[bytes, int]]]:
    rows = [_leaf_nodes()]
    while len(rows[-1]) > 1:
        row = []
        for (left, left_sum), (right, right_sum) in zip(rows[-1][::2], rows[-1][1::2], strict=True):
            hashed = left + left_sum.to_bytes(8, "little") + right + right_sum.to_bytes(8, "little")
            row.append((sha256(hashed).digest(), left_sum + right_sum))
        rows.append(row)
    return rows


def bitmex_tree() -> str:
    """Return a whole tree of BitMEX's with eight leaves, two of them the customer's."""
    nodes = (node for row in reversed(_rows()) for node in row)
    lines = (f"{hash_.hex()},{satoshis}" for hash_, satoshis in nodes)
    return "\n".join((f"nonce:{NONCE}", "block_height:100", *lines, ""))


def bitmex_lines() -> str:
    """Return what BitMEX's own program prints of that tree for the customer, below the root."""
    rows = _rows()
    lines = []
    for number in OWN_LEAVES:
        siblings = [row[number >> level ^ 1] for level, row in enumerate(rows[:-1])]
        parts = [f"{hash_.hex()},{satoshis}" for hash_, satoshis in siblings]
        lines.append(",".join((str(number), "100", str(_SATOSHIS[number]), *parts)))
    return "\n".join((f"nonce:{NONCE}", f"root:{rows[-1][0][0].hex()}", *lines, ""))


def binance_of_2023(assets: Mapping[int, Sequence[int]], place: int = 6) -> dict[str, Any]:
    """Return a proof by the rule of 2023 for assets with equity and debt."""
    numbers = [number for index in range(350) for number in assets.get(index, (0, 0))]
    totals = {"TotalEquity": 17 * 10**16, "TotalDebt": 3 * 10**16}
    return _binance(numbers, totals, ("Equity", "Debt"), assets, place)


def binance_of_2024(assets: Mapping[int, Sequence[int]], place: int = 9) -> dict[str, Any]:
    """Return a proof by the rule of September 2024 for assets with five amounts each."""
    places = 50 if len(assets) <= 50 else 500
    # Each place that is left over takes a number that is missing before the next asset, as long as there are some.
    numbers, left_over, index = [], places - len(assets), 0
    for asset, amounts in assets.items():
        while index < asset and left_over:
            numbers += [index, 0, 0, 0, 0, 0]
            index, left_over = index + 1, left_over - 1
        numbers += [asset, *amounts]
        index = asset + 1
    for _ in range(left_over):
        numbers += [index, 0, 0, 0, 0, 0]
        index += 1
    totals = {"TotalEquity": 17 * 10**16, "TotalDebt": 3 * 10**16, "TotalCollateral": 10**16}
    return _binance(numbers, totals, ("Equity", "Debt", "Loan", "Margin", "PortfolioMargin"), assets, place)


def _binance(
    numbers: Sequence[int],
    totals: Mapping[str, int],
    names: Sequence[str],
    assets: Mapping[int, Sequence[int]],
    place: int,
) -> dict[str, Any]:
    padded = [*numbers, 0, 0]
    packed = [
        int.from_bytes(b"".join(number.to_bytes(8, "big") for number in padded[start : start + 3]), "big")
        for start in range(0, len(numbers), 3)
    ]
    node = poseidon([0x6D, *totals.values(), poseidon(packed)])
    siblings = [poseidon([level]) for level in range(28)]
    for level, sibling in enumerate(siblings):
        node = poseidon([node, sibling] if place & 2**level == 0 else [sibling, node])
    return {
        "AccountIndex": place,
        "AccountIdHash": f"{0x6D:064x}",
        **totals,
        "Assets": [{"Index": asset, **dict(zip(names, amounts, strict=True))} for asset, amounts in assets.items()],
        "Root": f"{node:064x}",
        "Proof": [b64encode(sibling.to_bytes(32, "big")).decode() for sibling in siblings],
    }


def bybit_with(assets: Sequence[str]) -> dict[str, Any]:
    """Return a proof with these assets, in their order of hashing, whose tree has four leaves."""

    def amounts(start: int) -> dict[str, str]:
        return {asset: f"{Decimal(start + number) / 8:.8f}" for number, asset in enumerate(assets)}

    def hash_of(*parts: str) -> str:
        return sha256("".join(parts).encode()).hexdigest()

    own, beside, above = amounts(1), amounts(20), amounts(300)
    user = hash_of("somebody")
    leaf, neighbour, uncle = hash_of(user, *own.values()), hash_of("neighbour"), hash_of("uncle")
    pair = {asset: f"{Decimal(own[asset]) + Decimal(beside[asset]):.8f}" for asset in assets}
    parent = hash_of(leaf, neighbour, *pair.values(), "2")
    all_ = {asset: f"{Decimal(pair[asset]) + Decimal(above[asset]):.8f}" for asset in assets}
    root = hash_of(uncle, parent, *all_.values(), "3")
    nodes = ((neighbour, 2, 1, beside), (uncle, 1, 2, above), (root, 3, 3, all_))
    return {
        "self": {"userHash": user, "hash": leaf, "type": 1, "height": 1, "balance": own},
        "path": [{"hash": h, "type": role, "height": height, "balance": b} for h, role, height, b in nodes],
    }
