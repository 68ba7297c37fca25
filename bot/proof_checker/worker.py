"""The process that checks one proof: reads the file from standard input, and writes one frame with the answer.

A frame is a 4-byte length (big-endian) and a msgpack value, a `ProofAnswer`.
"""

import sys
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from bot.child_process.resource_limits import limit_resources
from bot.inclusion_proofs.recognition import check_proof
from bot.inclusion_proofs.result import InclusionProof, Scheme, Unreadable, UnreadableProof
from bot.inclusion_proofs.strict_json import MAX_BYTES

MAX_ANSWER_BYTES = 128 << 10  # of 800 balances with their numbers; it is 1 KB for most
MEMORY_LIMIT_BYTES = 512 << 20  # of address space; 256 KB of small values take 30 MB of it, the interpreter 40 MB
CPU_LIMIT_S = 10
NICENESS = 2  # behind the event loop, and before whatever runs in the background: somebody waits for the answer
LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class ProofAnswer:
    """What a file proves, or the parts of an `UnreadableProof`."""

    proof: InclusionProof | None = None
    reason: Unreadable | None = None
    scheme: Scheme | None = None
    field: str = ""


def answer_to(content: bytes) -> ProofAnswer:
    """Return what a file proves, or why it is not checked."""
    try:
        return ProofAnswer(check_proof(content))
    except UnreadableProof as unreadable:
        return ProofAnswer(reason=unreadable.reason, scheme=unreadable.scheme, field=unreadable.field)


def serve(file: BinaryIO, out: BinaryIO) -> None:
    """Check one file, of which at most one byte too many is read."""
    encoded = msgspec.msgpack.encode(answer_to(file.read(MAX_BYTES + 1)))
    out.write(len(encoded).to_bytes(LENGTH_BYTES, "big") + encoded)
    out.flush()


def main() -> None:
    """Answer on the standard streams."""
    limit_resources(memory_bytes=MEMORY_LIMIT_BYTES, cpu_s=CPU_LIMIT_S, niceness=NICENESS)
    serve(sys.stdin.buffer, sys.stdout.buffer)
