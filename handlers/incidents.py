"""/incidents, /why — the incidents that are open or recent, and the numbers behind one of them."""

from enum import StrEnum
from typing import Annotated

from bot.commands.arguments import Arg, ExchangeName, IncidentNumber
from bot.commands.declaration import Request, command
from bot.messages.cards.incident_list import incidents_card
from bot.messages.cards.why import why_card
from bot.messages.model import Message


class WhyPart(StrEnum):
    """What somebody may ask for beside the short answer."""

    DETAILS = "details"


@command
async def incidents(
    request: Request, exchange: Annotated[ExchangeName | None, Arg("Only this exchange, e.g. binance")] = None
) -> Message:
    """List open and recent incidents"""
    about = request.queries.exchange(exchange) if exchange else None
    found = await request.queries.recent_incidents(about)
    return incidents_card(
        found, request.queries.names(), about=about.name if about else "", kinds=request.queries.kinds
    )


@command
async def why(
    request: Request,
    incident: Annotated[IncidentNumber, Arg("Incident, e.g. INC-42")],
    part: Annotated[WhyPart | None, Arg("details: everything, for you alone where the platform can do that")] = None,
) -> Message:
    """Explain an incident: its figures, the limits it exceeded, and what is normal"""
    found = await request.queries.incident(incident)
    names = request.queries.names()
    return why_card(
        found,
        names.get(found.subject, found.subject),
        names,
        request.queries.kinds,
        revised=request.queries.revision_note(found.subject),
        unfolded=part is WhyPart.DETAILS,
    )
