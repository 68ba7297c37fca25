"""`runwatch verify FILE`: an inclusion proof checked on one's own machine, without a chat, a store or a connection."""

import sys
from pathlib import Path

from bot.cli.export_settings import STANDARD
from bot.domain.errors import AskerError
from bot.inclusion_proofs.result import UnreadableProof
from bot.inclusion_proofs.strict_json import MAX_BYTES
from bot.messages.cards.inclusion_proof import inclusion_proof_card, unreadable_sentence
from bot.messages.model import Message
from bot.proof_checker.checker import ProcessProofChecker


async def check_file(path: Path) -> Message:
    """Return what a file proves; raise AskerError for one that is no proof or cannot be read."""
    try:
        return inclusion_proof_card(await ProcessProofChecker().check(_content(path)))
    except UnreadableProof as unreadable:
        raise AskerError(unreadable_sentence(unreadable)) from None


def _content(path: Path) -> bytes:
    """Return what a file begins with: what is longer than a proof may be is refused all the same."""
    if path == STANDARD:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise AskerError(f"{path} cannot be read: {error.strerror}.") from None
