"""Commands → slash commands, made from the one declaration; published only when they differ from what Discord has."""

import inspect
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

import discord
import structlog
from discord import app_commands
from typing_extensions import override

from bot.chat.discord.interaction_context import Interaction
from bot.commands.declaration import Access, Command, CommandSet, Parameter

Answer = Callable[[Interaction, Command, dict[str, str]], Awaitable[None]]
Suggest = Callable[[Parameter, str], list[tuple[str, str]]]
SlashCommand = app_commands.Command[Any, ..., None]

log = structlog.get_logger()

_CHOICES = 25  # https://docs.discord.com/developers/interactions/application-commands#application-command-object
_CHOICE_LENGTH = 100


def slash_commands(commands: CommandSet, answer: Answer, suggest: Suggest) -> list[SlashCommand]:
    """Return the commands as Discord's library knows them. Every option is a text; the desk reads it."""
    return [_slash_command(command, answer, suggest) for command in commands]


def fingerprint(definitions: Iterable[Mapping[str, Any]]) -> str:
    """Return a hash over what the definitions say, the same for what we send and for what Discord gives back."""
    told = sorted((_essence(definition) for definition in definitions), key=lambda one: str(one["name"]))
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class SlashCommandTree(app_commands.CommandTree[discord.Client]):
    """The library's list of commands; a call it cannot place is answered too."""

    def __init__(self, client: discord.Client, on_stale: Callable[[Interaction], Awaitable[None]]) -> None:
        super().__init__(client)
        self._on_stale = on_stale

    @override
    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        """Answer a command that Discord still shows in an older form; anything else is a fault of ours and logged."""
        stale = isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch)
        log.warning("stale command" if stale else "command failed", error=str(error), exc_info=not stale and error)
        await self._on_stale(interaction)


async def publish(tree: SlashCommandTree) -> bool:
    """Make Discord's list of our commands the present one; return whether it had to be changed.

    Raise what the library raises. Asking first costs one request and saves the daily allowance of new commands.
    """
    client = tree.client
    wanted = fingerprint(command.to_dict(tree) for command in tree.get_commands())
    present = await client.http.get_global_commands(client.application_id or 0)
    if fingerprint(present) == wanted:
        return False
    await tree.sync()
    return True


def _slash_command(command: Command, answer: Answer, suggest: Suggest) -> SlashCommand:
    built: SlashCommand = app_commands.Command(
        name=command.name,
        description=command.description,
        callback=_callback(command, answer, suggest),
        allowed_contexts=_contexts(command.access),
        allowed_installs=_installs(command.access),
        auto_locale_strings=False,
    )
    built.default_permissions = _default_permissions(command.access)
    return built


def _callback(command: Command, answer: Answer, suggest: Suggest) -> Any:
    """Return the function behind a slash command; the library reads the options from its signature and its marks."""

    async def callback(interaction: Interaction, **given: str | None) -> None:
        await answer(interaction, command, {name: text for name, text in given.items() if text})

    callback.__dict__["__signature__"] = _signature(command)
    app_commands.describe(**{parameter.name: parameter.description for parameter in command.parameters})(callback)
    for parameter in command.parameters:
        _complete(callback, parameter, suggest)
    return callback


def _signature(command: Command) -> inspect.Signature:
    """Return the signature the library reads a command's options from."""
    first = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Interaction)
    return inspect.Signature([first, *map(_option, command.parameters)])


def _option(parameter: Parameter) -> inspect.Parameter:
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=str if parameter.required else str | None,
        default=inspect.Parameter.empty if parameter.required else None,
    )


def _complete(callback: Any, parameter: Parameter, suggest: Suggest) -> None:
    """Offer the values of an enumeration as a fixed list, exchanges while they are typed."""

    async def complete(_: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return [_choice(label, value) for label, value in suggest(parameter, typed)[:_CHOICES]]

    choices = parameter.kind.choices
    if 0 < len(choices) <= _CHOICES:
        app_commands.choices(**{parameter.name: [_choice(choice, choice) for choice in choices]})(callback)
    elif choices or parameter.kind.name == "exchange":
        app_commands.autocomplete(**{parameter.name: complete})(callback)


def _choice(label: str, value: str) -> app_commands.Choice[str]:
    return app_commands.Choice(name=label[:_CHOICE_LENGTH], value=value[:_CHOICE_LENGTH])


def _contexts(access: Access) -> app_commands.AppCommandContext:
    if access is Access.MODERATOR:
        return app_commands.AppCommandContext(guild=True)
    everywhere = access is Access.MEMBER
    return app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=everywhere)


def _installs(access: Access) -> app_commands.AppInstallationType:
    return app_commands.AppInstallationType(guild=True, user=access is Access.MEMBER)


def _default_permissions(access: Access) -> discord.Permissions | None:
    """Return who sees a command in a server at first; its administrators may change that, so rights are asked again."""
    if access is Access.MEMBER:
        return None
    return discord.Permissions(manage_guild=True) if access is Access.MODERATOR else discord.Permissions.none()


def _essence(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a definition says, without what Discord adds and with what it leaves out."""
    permissions = definition.get("default_member_permissions")
    return {
        "name": definition["name"],
        "description": definition.get("description", ""),
        "permissions": None if permissions is None else str(permissions),
        "contexts": sorted(definition.get("contexts") or ()),
        "installs": sorted(definition.get("integration_types") or ()),
        "options": [_option_essence(one) for one in definition.get("options") or ()],
    }


def _option_essence(option: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": option["name"],
        "description": option.get("description", ""),
        "type": option["type"],
        "required": bool(option.get("required")),
        "autocomplete": bool(option.get("autocomplete")),
        "choices": [(one["name"], one["value"]) for one in option.get("choices") or ()],
    }
