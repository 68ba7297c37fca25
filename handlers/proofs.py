"""/por — what an exchange publishes to show that it holds what it owes. Answered from memory."""

from typing import Annotated

from bot.commands.arguments import Arg, ExchangeName
from bot.commands.declaration import Request, command
from bot.domain.suppression import Metric
from bot.messages.cards.proofs import no_proof_card, proof_card
from bot.messages.model import Message


@command
async def por(request: Request, exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")]) -> Message:
    """Show an exchange's proof of reserves: its age, its ratios, and whether liabilities are in it"""
    asked = request.queries.exchange(exchange)
    proof, health = request.queries.proof(asked.id), request.queries.proof_health(asked.id)
    paused = request.queries.suppression(asked.id, Metric.PROOF)
    return proof_card(asked, proof, request.now, health, paused) if proof else no_proof_card(asked, health)
