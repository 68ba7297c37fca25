"""Poseidon gives what its authors, circomlib and the exchanges' own library publish."""

import pytest

from bot.inclusion_proofs.poseidon import permute, poseidon
from bot.inclusion_proofs.poseidon_constants import FIELD, poseidon_constants


@pytest.mark.parametrize(
    ("state", "first"),
    [  # https://github.com/iden3/circomlib/blob/35e54ea/test/poseidoncircuit.js
        ((0, 1, 2), 7853200120776062878684798364095072458815029376092732009249414926327459813530),
        ((0, 3, 4), 14763215145315200506921711489642608356394854266165572616578112107564877678998),
        ((0, 1, 2, 0, 0, 0), 1018317224307729531995786483840663576608797660851238720571059489595066344487),
        ((0, 3, 4, 5, 10, 23), 13034429309846638789535561449942021891039729847501137143363028890275222221409),
    ],
)
def test_the_permutation_is_the_one_of_circomlib(state: tuple[int, ...], first: int) -> None:
    assert permute(state)[0] == first


def test_the_permutation_is_the_one_of_its_authors() -> None:
    """`poseidonperm_x5_254_3` and `_5` of hadeshash's test_vectors.txt, as gnark-crypto's tests quote them."""
    assert permute([0, 1, 2])[1] == 0xFCA49B798923AB0239DE1C9E7A4A9A2210312B6A2F616D18B5A87F9B628AE29
    assert permute([0, 1, 2, 3, 4])[1] == 0x1148AAEF609AA338B27DAFD89BB98862D8BB2B429ACEAC47D86206154FFE053D


@pytest.mark.parametrize(
    ("count", "expected"),
    [  # https://github.com/bnb-chain/gnark-crypto, ecc/bn254/fr/poseidon/poseidon_test.go
        (2, 0xFCA49B798923AB0239DE1C9E7A4A9A2210312B6A2F616D18B5A87F9B628AE29),
        (4, 0x1148AAEF609AA338B27DAFD89BB98862D8BB2B429ACEAC47D86206154FFE053D),
        (24, 0x6C7676E83EF8CB9EF6C25746A5F6B2D39FBA4548B4C29B3D41490BBF3C1108D),
        (30, 0x2FF47AB8E9E9F6134600A8DE8B8E99596E573620A7D8D39ED7B2C7CEF9F105F1),
    ],
)
def test_numbers_are_hashed_by_the_dozen(count: int, expected: int) -> None:
    assert poseidon(range(1, count + 1)) == expected


def test_the_constants_are_those_of_circomlib() -> None:
    constants = poseidon_constants(3)

    assert constants.rounds[0][0] == 0x0EE9A592BA9A9518D05986D656F40C2114C4993C11BB29938D21D47304CD8E6E
    assert constants.matrix[0][0] == 0x109B7F411BA0E4C9B2B70CAF5C36A7B194BE7C11AD24378BFEDB68592BA8118B


@pytest.mark.parametrize("width", range(2, 14))
def test_each_width_has_constants_of_the_field(width: int) -> None:
    constants = poseidon_constants(width)

    assert len(constants.rounds) == constants.partial_rounds + 8
    assert {len(row) for row in (*constants.rounds, *constants.matrix)} == {width}
    assert all(0 < number < FIELD for row in (*constants.rounds, *constants.matrix) for number in row)
