"""The round constants and matrices of Poseidon over BN254, made as its authors make them: from one shift register.

Nothing is stored: the Grain register of 80 bits is filled with the parameters (field, 254 bits, width, 8 full rounds,
57 partial ones for width 3 …) and gives all bits. The result is the published one, number by number: width 3 begins
with 0ee9a592…f864, as in circomlib.

Rule: appendix F of https://eprint.iacr.org/2019/458.pdf and `generate_parameters_grain.sage` of
https://extgit.isec.tugraz.at/krypto/hadeshash; the numbers of partial rounds are those of
https://github.com/iden3/circomlib/blob/master/circuits/poseidon.circom.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import compress, islice

FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617
"""The order of BN254's scalar field: every number that is hashed is below it."""
FULL_ROUNDS = 8
_PARTIAL_ROUNDS = (56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65)  # of widths 2 to 13
_FIELD_BITS = 254
_REGISTER_BITS = 80
_TAPS = (62, 51, 38, 23, 13, 0)  # a bit of the register is the exclusive or of these 80 bits before
_BITS_DROPPED = 160  # before the first one is used


@dataclass(frozen=True, slots=True)
class PoseidonConstants:
    """What one width is computed with: `rounds` has a tuple of the width's length for each round."""

    rounds: tuple[tuple[int, ...], ...]
    matrix: tuple[tuple[int, ...], ...]
    partial_rounds: int


@cache
def poseidon_constants(width: int) -> PoseidonConstants:
    """Return the constants for a state of so many numbers, 2 to 13."""
    partial_rounds = _PARTIAL_ROUNDS[width - 2]
    count = FULL_ROUNDS + partial_rounds
    numbers = _numbers(_seed(width, partial_rounds), needed=count * width + 2 * width)
    below_field = (number for number in numbers if number < FIELD)
    rounds = tuple(tuple(islice(below_field, width)) for _ in range(count))
    # Cauchy's matrix 1 / (x + y). Its numbers are reduced, not drawn again, so they come from the stream itself.
    rows, columns = ([next(numbers) % FIELD for _ in range(width)] for _ in range(2))
    matrix = tuple(tuple(pow(row + column, -1, FIELD) for column in columns) for row in rows)
    return PoseidonConstants(rounds, matrix, partial_rounds)


def _seed(width: int, partial_rounds: int) -> list[int]:
    """Return the register's first 80 bits: a prime field, x^5, 254 bits, the width, the rounds, and ones."""
    parts = ((1, 2), (0, 4), (_FIELD_BITS, 12), (width, 12), (FULL_ROUNDS, 10), (partial_rounds, 10), (2**30 - 1, 30))
    return [int(bit) for value, length in parts for bit in f"{value:0{length}b}"]


def _numbers(register: list[int], *, needed: int) -> Iterator[int]:
    """Return numbers of 254 bits: of each two bits of the register, the second counts where the first is 1."""
    # Half of the pairs count, and three numbers of four are below the field's order; twice as much is enough for all.
    bits = _register_bits(register, _BITS_DROPPED + 2 * needed * _FIELD_BITS * 4)[_BITS_DROPPED:]
    chosen = bytes(compress(bits[1::2], bits[0::2])).translate(bytes.maketrans(b"\0\1", b"01"))
    starts = range(0, len(chosen) - _FIELD_BITS, _FIELD_BITS)
    return (int(chosen[start : start + _FIELD_BITS], 2) for start in starts)


def _register_bits(register: list[int], count: int) -> bytes:
    """Return the bits that follow the first 80, a byte each.

    Over bits, squaring the register's rule doubles all its distances: b[n + 160] is the exclusive or of b[n + 124],
    b[n + 102] … b[n] as soon as 160 bits are known. So each step makes a fifth of what is known, not one bit.
    """
    known, length, scale = int("".join(map(str, reversed(register))), 2), _REGISTER_BITS, 1
    while length < _REGISTER_BITS + count:
        if length >= 2 * scale * _REGISTER_BITS:
            scale *= 2
        new = (_REGISTER_BITS - _TAPS[0]) * scale
        start, bits = length - _REGISTER_BITS * scale, 0
        for tap in _TAPS:
            bits ^= known >> (start + tap * scale)
        known |= (bits & ((1 << new) - 1)) << length
        length += new
    made = (known >> _REGISTER_BITS) & ((1 << count) - 1)
    return f"{made:0{count}b}"[::-1].encode().translate(bytes.maketrans(b"01", b"\0\1"))
