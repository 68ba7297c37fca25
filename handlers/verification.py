"""/verify — the file with which an exchange shows one customer that their balance is in the tree of what it owes."""

from bot.commands.declaration import Request, command
from bot.domain.errors import AskerError
from bot.inclusion_proofs.result import UnreadableProof
from bot.messages.cards.inclusion_proof import how_to_verify_card, inclusion_proof_card, unreadable_sentence
from bot.messages.model import Message


@command(takes_document=True, private_only=True)
async def verify(request: Request) -> Message:
    """Check your own inclusion proof: the file that shows your balance in an exchange's tree"""
    if request.document is None:
        return how_to_verify_card()
    document = await request.document()
    try:
        return inclusion_proof_card(await request.proof_checker.check(document.content))
    except UnreadableProof as unreadable:
        raise AskerError(unreadable_sentence(unreadable)) from None
