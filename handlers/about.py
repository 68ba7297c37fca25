"""/help and /status — the bot about itself."""

from functools import lru_cache
from typing import Annotated

from bot.commands.arguments import Arg, CommandName
from bot.commands.declaration import CommandSet, Request, command
from bot.detection.window_coverage import window_coverage
from bot.domain.errors import AskerError
from bot.language.translation import language_code, tr
from bot.messages.cards.about import ALL_COMMANDS, command_card, help_card, status_card
from bot.messages.model import Message


@command
async def help(  # noqa: A001 — the command's name is what people type
    request: Request, command: Annotated[CommandName | None, Arg("A command, e.g. flows")] = None
) -> Message:
    """List the commands, or explain one of them"""
    if command in {None, ALL_COMMANDS}:
        return _list_of(request.commands, language_code(), unfolded=command is not None)
    declared = request.commands.get(command or "")
    if declared is None:
        raise AskerError(tr("There is no {command}. /help lists all commands.", command=f"/{command}"))
    return command_card(
        declared.usage,
        tr(declared.description),
        ((parameter.name, tr(parameter.description), parameter.kind.choices) for parameter in declared.typed),
    )


# What everybody new asks first. In a language it is always the same: some thirty texts are looked up once and not at
# every question, and whoever sends it finds that message rendered already.
@lru_cache(maxsize=16)
def _list_of(commands: CommandSet, language: str, *, unfolded: bool) -> Message:
    """Return the list of commands in a language, the one in force: as an argument it is part of the key."""
    del language
    usages = ((declared.usage, tr(declared.description), declared.access) for declared in commands)
    return help_card(usages, unfolded=unfolded)


@command
async def status(request: Request) -> Message:
    """Show whether alerts are working, and how old the figures are"""
    coverage = window_coverage(request.queries.snapshots(), request.now)
    # Reasons name chats, hosts and settings of the operator, which are nobody else's business.
    return status_card(await request.queries.status(), coverage, for_owner=request.caller.is_owner)
