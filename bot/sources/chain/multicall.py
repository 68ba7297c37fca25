"""One `eth_call` of the contract Multicall3 asks many balances at once: its ABI encoding, written by hand. Pure.

The contract stands at the same address on every chain (https://www.multicall3.com), and `aggregate3` takes a list of
(target, allowFailure, callData). All of them are answered at one block, or none is: a JSON-RPC batch has no such
promise, and public nodes cut large ones short without a word. The encoding is that of
https://docs.soliditylang.org/en/latest/abi-spec.html: words of 32 bytes, and what is dynamic behind offsets.

Answers are read strictly: every offset has to be the one that a contract writes, and nothing may be missing or left
over. A call that failed, or that was answered by an address without a contract, spoils the whole answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.errors import SourceError, SourceFault

MULTICALL3 = "0xca11bde05977b3631167028862be2a173976ca11"
# The first four bytes of the keccak-256 of each signature, as https://www.multicall3.com and EIP-20 have them.
_AGGREGATE3 = bytes.fromhex("82ad56cb")  # aggregate3((address,bool,bytes)[])
_GET_ETH_BALANCE = bytes.fromhex("4d2301cc")  # getEthBalance(address)
_GET_BLOCK_NUMBER = bytes.fromhex("42cbb15c")  # getBlockNumber()
_BALANCE_OF = bytes.fromhex("70a08231")  # balanceOf(address)

_WORD = 32
_RESULT_WORDS = 4  # of an answer to a call: whether it succeeded, an offset, a length, and the number itself


@dataclass(frozen=True, slots=True)
class ContractCall:
    """One call of the list: whom, and with which bytes."""

    target: str
    data: bytes


def eth_balance(wallet: str) -> ContractCall:
    """Return the call that asks how many wei a wallet holds."""
    return ContractCall(MULTICALL3, _GET_ETH_BALANCE + _address(wallet))


def token_balance(token: str, wallet: str) -> ContractCall:
    """Return the call that asks how much of a token a wallet holds, in the smallest units of the token."""
    return ContractCall(token, _BALANCE_OF + _address(wallet))


def block_number() -> ContractCall:
    """Return the call that asks at which block the answer is given."""
    return ContractCall(MULTICALL3, _GET_BLOCK_NUMBER)


def encoded(calls: Sequence[ContractCall]) -> str:
    """Return the data of an `aggregate3` call, in hexadecimal with 0x."""
    bodies = [_tuple(call) for call in calls]
    offsets, position = [], len(bodies) * _WORD  # offsets count from behind the length of the list
    for body in bodies:
        offsets.append(_number(position))
        position += len(body)
    data = b"".join((_AGGREGATE3, _number(_WORD), _number(len(bodies)), *offsets, *bodies))
    return f"0x{data.hex()}"


def decoded(answer: str, calls: int) -> Sequence[int]:
    """Return the numbers that answer as many calls, in their order; raise SourceError where that is not what it is."""
    data = _bytes(answer)
    if not data:
        raise SourceError(SourceFault.BAD_SHAPE, "no Multicall3 contract answers on the chain of this node")
    if len(data) % _WORD:
        raise SourceError(SourceFault.BAD_SHAPE, "an answer that is not made of words of 32 bytes")
    words = [int.from_bytes(data[start : start + _WORD]) for start in range(0, len(data), _WORD)]
    # A failed call may carry any text, so that the answer is longer or shorter than that of as many numbers.
    if words[:1] != [_WORD] or len(words) < 2 + calls or words[1] != calls:
        told = words[1] if len(words) > 1 else 0
        raise SourceError(SourceFault.CUT_SHORT, f"{min(told, 10**6)} answers to {calls} calls")
    if failed := _failed(words[2:], calls):
        raise SourceError(SourceFault.BAD_SHAPE, f"{failed} of {calls} calls failed")
    if len(words) != 2 + calls * (1 + _RESULT_WORDS):
        raise SourceError(SourceFault.BAD_SHAPE, f"not as long as {calls} answers are")
    numbers = []
    for call in range(calls):
        start = calls + call * _RESULT_WORDS
        succeeded, offset, length, number = words[2 + start : 2 + start + _RESULT_WORDS]
        if (words[2 + call], succeeded, offset, length) != (start * _WORD, 1, 2 * _WORD, _WORD):
            raise SourceError(SourceFault.BAD_SHAPE, f"answer {call + 1} of {calls} is no number")
        numbers.append(number)
    return numbers


def _failed(words: Sequence[int], calls: int) -> int:
    """Return how many calls are told as failed; offsets that lead nowhere are found elsewhere."""
    places = [offset // _WORD for offset in words[:calls] if offset % _WORD == 0]
    return sum(place < len(words) and words[place] == 0 for place in places)


def _bytes(answer: str) -> bytes:
    if not answer.startswith("0x"):
        raise SourceError(SourceFault.BAD_SHAPE, "an answer that is not hexadecimal")
    try:
        return bytes.fromhex(answer[2:])
    except ValueError as error:
        raise SourceError(SourceFault.BAD_SHAPE, "an answer that is not hexadecimal") from error


def _tuple(call: ContractCall) -> bytes:
    padding = bytes(-len(call.data) % _WORD)
    # (target, allowFailure, offset of the data): a call that fails is told as failed, and does not end all others.
    return b"".join(
        (_address(call.target), _number(1), _number(3 * _WORD), _number(len(call.data)), call.data, padding)
    )


def _number(value: int) -> bytes:
    return value.to_bytes(_WORD)


def _address(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x")).rjust(_WORD, b"\0")
