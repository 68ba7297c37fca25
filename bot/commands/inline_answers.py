"""Which questions a few typed words may mean in any chat (Telegram's inline mode), answered from memory alone.

`binance` means its reserves, its flows and its withdrawals, and the reserves of other exchanges with that in their
name; `flows okx` is flows alone, and nothing typed yet is the largest outflows and the exchanges they leave. So a
rumour is answered where it is told, by whoever has the bot at hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.commands.declaration import Command
from bot.commands.dispatcher import CommandContext, CommandDispatcher
from bot.commands.exchange_lookup import similar_exchanges
from bot.messages.model import Message
from bot.messages.plain_text import clean

_ABOUT_EXCHANGE = ("reserves", "flows", "withdrawals")
"""What is offered about the exchange that is most likely meant, in this order."""
_RANKING = "top"
_MOST_EXCHANGES = 5
"""As many as a phone shows above its keyboard; more letters make it fewer."""


@dataclass(frozen=True, slots=True)
class InlineAnswer:
    """An answer that somebody may post: the command line that it answers, and the answer."""

    line: str
    message: Message


async def inline_answers(dispatcher: CommandDispatcher, context: CommandContext, typed: str) -> Sequence[InlineAnswer]:
    """Return what the words may mean, likeliest first; nothing where they mean nothing. Never raises."""
    words = clean(typed).lower().split()
    named = [word.removeprefix("/") for word in words if word.removeprefix("/") in (*_ABOUT_EXCHANGE, _RANKING)]
    rest = " ".join(word for word in words if word.removeprefix("/") not in named)
    commands = [name for name in named if name != _RANKING] or _ABOUT_EXCHANGE
    lines = _lines_about(dispatcher, rest, commands) if rest else await _lines_of_ranking(dispatcher, context, commands)
    answers = [(line, await _answer(dispatcher, context, line)) for line in lines]
    return [InlineAnswer(line, message) for line, message in answers if message]


def _lines_about(dispatcher: CommandDispatcher, typed: str, commands: Sequence[str]) -> Sequence[str]:
    """Return what may be asked about the exchanges that were typed: everything of the first, one question of others."""
    queries = dispatcher.queries
    exchanges = queries.exchanges_like(typed) or similar_exchanges(typed, queries.exchanges())
    first, *others = [f"{exchange.id}" for exchange in exchanges[:_MOST_EXCHANGES]] or [""]
    if not first:
        return []
    return [*(f"{name} {first}" for name in commands), *(f"{commands[0]} {other}" for other in others)]


async def _lines_of_ranking(
    dispatcher: CommandDispatcher, context: CommandContext, commands: Sequence[str]
) -> Sequence[str]:
    """Return the ranking by outflow, and a question about each of the exchanges at its top."""
    ranking = await _answer(dispatcher, context, _RANKING)
    about = [action.command.partition(" ")[2] for action in ranking.actions] if ranking else []
    return [_RANKING, *(f"{commands[0]} {exchange}" for exchange in about)]


async def _answer(dispatcher: CommandDispatcher, context: CommandContext, line: str) -> Message | None:
    name, _, words = line.partition(" ")
    command: Command | None = dispatcher.commands.get(name)
    return await dispatcher.answer_from_memory(context, command, words) if command else None
