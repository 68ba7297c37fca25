"""/stress — the rotating stress test: every UTC day one exchange is examined, by criteria that are stated."""

from typing import Annotated

from bot.commands.arguments import Arg, ExchangeName
from bot.commands.declaration import Request, command
from bot.detection.stress import stress_result, worse_result
from bot.messages.cards.drills import drill_line
from bot.messages.cards.stress import no_stress_card, stress_card, stress_today_card
from bot.messages.model import Message


@command
async def stress(
    request: Request, exchange: Annotated[ExchangeName | None, Arg("Exchange, e.g. kraken; empty: today's")] = None
) -> Message:
    """Show today's exchange of the rotating stress test: withdrawals, flows and worst days so far"""
    answers = request.queries.stress
    today = await answers.today()
    asked = request.queries.exchange(exchange) if exchange else today
    if asked is None:
        return no_stress_card()
    facts, status = await answers.facts(asked), request.queries.judged_withdrawals(asked.id)
    result = stress_result(facts)
    if asked == today:
        result = worse_result(await answers.result_of_today(), result)
    drills, unread = drill_line(await request.queries.drills(asked.id, request.place)), answers.unread()
    if exchange is None:
        league = await answers.league()
        return stress_today_card(asked, facts, result, status, league, unread=unread, drills=drills)
    turn, is_today = await answers.next_turn(asked), asked == today
    return stress_card(asked, facts, result, status, is_today=is_today, turn=turn, unread=unread, drills=drills)
