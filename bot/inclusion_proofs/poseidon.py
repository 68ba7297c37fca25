"""Poseidon over BN254's scalar field, as Gate and Binance hash with it.

Example: `poseidon([1, 2])` begins with fca49b79 in hexadecimal, the second number of the published permutation of
(0, 1, 2). Numbers are taken 12 at a time; the state's first number goes on from one dozen to the next.

Rule: https://eprint.iacr.org/2019/458.pdf; how numbers are taken and which one is the hash:
https://github.com/bnb-chain/gnark-crypto, `ecc/bn254/fr/poseidon`.
"""

from collections.abc import Sequence

from bot.inclusion_proofs.poseidon_constants import FIELD, FULL_ROUNDS, poseidon_constants

_NUMBERS_AT_ONCE = 12


def poseidon(numbers: Sequence[int]) -> int:
    """Return the hash of at least one number, each from 0 to below `FIELD`."""
    state = [0]
    for start in range(0, len(numbers), _NUMBERS_AT_ONCE):
        state = permute([state[0], *numbers[start : start + _NUMBERS_AT_ONCE]])
    return state[1]


def permute(state: Sequence[int]) -> list[int]:
    """Return the permuted state: full rounds raise all numbers to the fifth power, partial rounds the first alone."""
    constants = poseidon_constants(len(state))
    half = FULL_ROUNDS // 2
    for number, added in enumerate(constants.rounds):
        summed = [value + constant for value, constant in zip(state, added, strict=True)]
        is_full = number < half or number >= half + constants.partial_rounds
        raised = [pow(value, 5, FIELD) for value in summed] if is_full else [pow(summed[0], 5, FIELD), *summed[1:]]
        state = [
            sum(factor * value for factor, value in zip(row, raised, strict=True)) % FIELD for row in constants.matrix
        ]
    return list(state)
