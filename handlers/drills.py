"""/drill — members test withdrawals of their own, together; the bot measures how long the exchange takes.

The card has four buttons, the same for everybody: whoever presses one means a drill of their own. So nothing of a
person is in a button, and nobody can end somebody else's drill.
"""

from typing import Annotated

from bot.commands.arguments import Arg, AssetName, ExchangeName, NetworkName
from bot.commands.declaration import Request, command
from bot.domain.drill import DrillOutcome, DrillStep, PressResult
from bot.domain.errors import AskerError, NotPermitted
from bot.domain.exchange import Exchange
from bot.language.translation import marked, tr
from bot.messages.cards.drills import drill_card, finished_card, refused_press, requested_card
from bot.messages.model import Message
from bot.ports.drills import DrillMember, DrillPress

_PRIVATE = "private"
"""The community of everybody who asks in private: a chat of their own each would make a community of every account."""
_SWITCHED_OFF = marked("Drills are off here. Whoever moderates this place switches them on with /settings drills on.")


@command(linkable=False)
async def drill(
    request: Request,
    exchange: Annotated[ExchangeName, Arg("Exchange, e.g. binance")],
    asset: Annotated[AssetName | None, Arg("Asset that you withdraw, e.g. USDT")] = None,
    network: Annotated[NetworkName | None, Arg("Network that you withdraw over, e.g. Tron")] = None,
    step: Annotated[DrillStep | None, Arg("What happened; the buttons below the answer say the same")] = None,
) -> Message:
    """Test a withdrawal of your own together with others: the bot measures how long it takes"""
    tested = request.queries.exchange(exchange)
    if step in {None, DrillStep.REQUESTED} and await request.drills.is_off(request.place):
        raise AskerError(tr(_SWITCHED_OFF))
    if step is None:
        return drill_card(tested, asset or "", network or "", await request.queries.drills(tested.id))
    press = await _press(request, tested, asset or "", network or "", step)
    if press.result in {PressResult.STARTED, PressResult.UNDER_WAY} and press.drill:
        return requested_card(tested, press.drill, typed=not request.pressed)
    if press.result is PressResult.FINISHED and press.drill:
        return finished_card(tested.name, press.drill)
    raise AskerError(refused_press(tested.name, press.result, press.drill, press.at))


def drill_member(request: Request) -> DrillMember:
    """Return who asks, as drills know them; raise NotPermitted for a chat that speaks in its own name."""
    if not request.caller.is_person:
        raise NotPermitted(tr("Drills are for people: write in your own name, not in that of a channel or a group."))
    community = _PRIVATE if request.private else request.community or request.place.chat
    return DrillMember(request.place.platform, request.caller.id, community)


async def _press(request: Request, tested: Exchange, asset: str, network: str, step: DrillStep) -> DrillPress:
    member = drill_member(request)
    if step is DrillStep.REQUESTED:
        return await request.drills.request(tested.id, member, asset=asset, network=network)
    return await request.drills.finish(tested.id, member, DrillOutcome(step))
