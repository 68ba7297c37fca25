"""What the contract Multicall3 answers, written apart from the code that reads it."""

from collections.abc import Sequence


def word(number: int) -> str:
    """Return a number as a word of the ABI: 64 hexadecimal digits."""
    return f"{number:064x}"


def answer(results: Sequence[int | None]) -> str:
    """Return the answer to as many calls; None is a call that failed, with no data."""
    bodies = [
        word(0) + word(64) + word(0) if value is None else word(1) + word(64) + word(32) + word(value)
        for value in results
    ]
    offsets, position = "", 32 * len(bodies)
    for body in bodies:
        offsets += word(position)
        position += len(body) // 2
    return "0x" + word(32) + word(len(bodies)) + offsets + "".join(bodies)
