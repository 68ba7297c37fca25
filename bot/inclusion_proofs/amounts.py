"""Amounts of a proof: exact decimals, how they are read, added and written.

Example: 0.1 + 0.2 is 0.3, and is hashed as the text `0.3`. A sum that would have to be rounded is an error of the
program, for 60 digits in each of 64 amounts fit into the 100 that are computed with.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Context, Decimal, Inexact, InvalidOperation, localcontext

from bot.inclusion_proofs.result import Balance, Unreadable, UnreadableProof
from bot.inclusion_proofs.strict_json import MAX_DIGITS, JsonValue

Amounts = Mapping[str, Decimal]
_AMOUNT = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
_EXACT = Context(prec=2 * MAX_DIGITS, traps=[Inexact, InvalidOperation])
_EIGHT_PLACES = Decimal("0.00000001")


def amount_of(value: JsonValue) -> Decimal | None:
    """Return an amount, written as a text or as a number of JSON; None for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if not isinstance(value, str):
        return None
    if len(value) > MAX_DIGITS:
        raise UnreadableProof(Unreadable.BAD_NUMBER)
    return Decimal(value) if _AMOUNT.fullmatch(value) else None


def total(first: Amounts, second: Amounts) -> dict[str, Decimal]:
    """Return the sums by asset, in the order of the first; an asset of one side alone is as it is there."""
    with localcontext(_EXACT):
        return {asset: first.get(asset, Decimal()) + second.get(asset, Decimal()) for asset in (*first, *second)}


def cut_to_eight_places(amounts: Amounts) -> dict[str, Decimal]:
    """Return amounts with exactly eight digits after the point, what is beyond them left out: 1.5 → 1.50000000."""
    context = Context(prec=2 * MAX_DIGITS, rounding=ROUND_DOWN)
    return {asset: amount.quantize(_EIGHT_PLACES, context=context) for asset, amount in amounts.items()}


def fixed_text(amount: Decimal) -> str:
    """Return an amount with all its digits, and no sign where it is zero: `0.00000000`."""
    return f"{abs(amount) if amount.is_zero() else amount:f}"


def short_text(amount: Decimal) -> str:
    """Return an amount without zeros behind its last digit: `1.50` → `1.5`, `100.0` → `100`, `-0.0` → `0`."""
    text = fixed_text(amount)
    return text.rstrip("0").rstrip(".") if "." in text else text


def are_equal(first: Amounts, second: Amounts) -> bool:
    """Return whether two nodes have the same amounts; an asset that one of them lacks is zero there."""
    return all(first.get(asset, 0) == second.get(asset, 0) for asset in {*first, *second})


def has_negative(amounts: Amounts) -> bool:
    """Return whether one of the amounts is below zero."""
    return any(amount < 0 for amount in amounts.values())


def own_balances(amounts: Iterable[tuple[str, Decimal]]) -> Sequence[Balance]:
    """Return the amounts of a leaf that are not zero."""
    return [Balance(asset, amount) for asset, amount in amounts if amount]
