"""Builds Discord's slash commands from our command declarations, and publishes them when they have changed.

`/reserves exchange:` on Discord, its description, its autocomplete and who sees it all come from the one declaration of
`reserves` in `handlers/`. Every option is a text to Discord; the dispatcher reads it as it reads a typed one. Names are
the same in every language, descriptions are those of the reader's app.
"""

import asyncio
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
from bot.chat.discord.rest import fetch_commands
from bot.chat.discord.server_suggestions import SERVER_SUGGESTIONS
from bot.commands.declaration import Access, Command, CommandSet, Parameter
from bot.language.translation import marked, tr, written_in
from bot.messages.plain_text import shorten

AnswerCommand = Callable[[Interaction, Command, dict[str, str], discord.Attachment | None], Awaitable[None]]
"""Answers an interaction, given the command, the texts of its options by name, and the file that came with it."""
Suggest = Callable[[Interaction, Parameter, str], Awaitable[list[tuple[str, str]]]]
"""Returns (label, value) pairs that complete what was typed so far, by the name of the argument that is typed."""
SlashCommand = app_commands.Command[Any, ..., None]

log = structlog.get_logger()

# https://docs.discord.com/developers/interactions/application-commands#application-command-object
_MAX_CHOICES = 25
_CHOICE_CHARACTERS = _DESCRIPTION_CHARACTERS = 100
_FILE_OPTION = "file"
_FILE_DESCRIPTION = marked("The file")
# https://docs.discord.com/developers/reference#locales
_LANGUAGES_BY_LOCALE = {"es-ES": "es", "es-419": "es", "ru": "ru", "tr": "tr", "pt-BR": "pt-BR", "zh-CN": "zh-CN"}
# https://docs.discord.com/developers/interactions/application-commands#entry-point-commands
_ENTRY_POINT = 4
_READONLY_FIELDS = frozenset(("application_id", "version", "guild_id", "name_localized", "description_localized"))


def build_slash_commands(commands: CommandSet, answer: AnswerCommand, suggest: Suggest) -> list[SlashCommand]:
    """Return the commands as Discord's library knows them."""
    return [_slash_command(command, answer, suggest) for command in commands]


def fingerprint(definitions: Iterable[Mapping[str, Any]]) -> str:
    """Return a hash over what the definitions say, the same for what we send and for what Discord gives back."""
    normalized = sorted(map(_normalized_command, definitions), key=lambda definition: str(definition["name"]))
    return sha256(json.dumps(normalized, sort_keys=True).encode()).hexdigest()


class SlashCommandTree(app_commands.CommandTree[discord.Client]):
    """The library's list of commands; a call of a command that it does not have is answered too."""

    def __init__(self, client: discord.Client, answer_stale: Callable[[Interaction], Awaitable[None]]) -> None:
        super().__init__(client)
        self._answer_stale = answer_stale

    @override
    async def on_error(self, interaction: Interaction, error: app_commands.AppCommandError) -> None:
        """Answer a command that Discord still shows in an older form; anything else is a fault of ours and logged."""
        is_stale = isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch)
        event = "discord command is stale" if is_stale else "discord command failed"
        log.warning(event, error=str(error), exc_info=not is_stale and error)
        await self._answer_stale(interaction)


async def publish_commands(tree: SlashCommandTree) -> bool:
    """Make Discord's list of our commands the present one; return whether it had to be changed.

    An application with an Activity has an Entry Point command, "Launch", which Discord made. It is sent back as it is,
    for Discord refuses a list without it (error 50240). Raise what the library raises.
    """
    client = tree.client
    application_id = client.application_id or 0
    # In a thread: the catalogues of five languages are read from their files, 5 ms each.
    wanted = await asyncio.to_thread(lambda: [localized(command.to_dict(tree)) for command in tree.get_commands()])
    # Asking first costs one request and spares the daily allowance of new commands.
    published = await fetch_commands(client.http, application_id)
    entry_points = [definition for definition in published if definition.get("type") == _ENTRY_POINT]
    if fingerprint(definition for definition in published if definition not in entry_points) == fingerprint(wanted):
        return False
    kept: list[Any] = [_without_readonly_fields(definition) for definition in entry_points]
    await client.http.bulk_upsert_global_commands(application_id, [*wanted, *kept])
    return True


def localized(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition of a command, or of an option, with its description in every language there is."""
    descriptions = {
        locale: _translated_description(definition["description"], code)
        for locale, code in _LANGUAGES_BY_LOCALE.items()
    }
    return {
        **definition,
        "description_localizations": descriptions,
        **({"options": [localized(option) for option in definition["options"]]} if definition.get("options") else {}),
    }


def _translated_description(description: str, code: str) -> str:
    with written_in(code):
        # One that is too long would make Discord refuse the whole list.
        return shorten(tr(description), _DESCRIPTION_CHARACTERS)


def _slash_command(command: Command, answer: AnswerCommand, suggest: Suggest) -> SlashCommand:
    slash_command: SlashCommand = app_commands.Command(
        name=command.name,
        description=command.description,
        callback=_callback(command, answer, suggest),
        allowed_contexts=_contexts(command.access),
        allowed_installs=_installs(command.access),
        auto_locale_strings=False,
    )
    slash_command.default_permissions = _default_permissions(command.access)
    return slash_command


def _callback(command: Command, answer: AnswerCommand, suggest: Suggest) -> Any:
    """Return the function behind a slash command; the library reads the options from its signature and its marks."""

    async def callback(interaction: Interaction, **options: Any) -> None:
        attachment = options.pop(_FILE_OPTION, None)
        await answer(interaction, command, {name: text for name, text in options.items() if text}, attachment)

    callback.__dict__["__signature__"] = _signature(command)
    descriptions = {parameter.name: parameter.description for parameter in command.parameters}
    if command.takes_document:
        descriptions[_FILE_OPTION] = _FILE_DESCRIPTION
    app_commands.describe(**descriptions)(callback)
    for parameter in command.parameters:
        _offer_values(callback, parameter, suggest)
    return callback


def _signature(command: Command) -> inspect.Signature:
    """Return the signature the library reads a command's options from."""
    interaction = inspect.Parameter("interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Interaction)
    file = inspect.Parameter(
        _FILE_OPTION, inspect.Parameter.KEYWORD_ONLY, annotation=discord.Attachment | None, default=None
    )
    files = [file] if command.takes_document else []
    return inspect.Signature([interaction, *map(_option, command.parameters), *files])


def _option(parameter: Parameter) -> inspect.Parameter:
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        annotation=str if parameter.required else str | None,
        default=inspect.Parameter.empty if parameter.required else None,
    )


def _offer_values(callback: Any, parameter: Parameter, suggest: Suggest) -> None:
    """Offer the values of an enumeration as a fixed list, those of longer lists while they are typed."""

    async def complete(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        # One choice that is too long makes Discord refuse the whole list; a value that is cut would mean another one.
        pairs = [pair for pair in await suggest(interaction, parameter, typed) if len(pair[1]) <= _CHOICE_CHARACTERS]
        return [_choice(label, value) for label, value in pairs[:_MAX_CHOICES]]

    choices = parameter.kind.choices
    # Discord takes a fixed list or autocomplete, not both, and no list longer than 25.
    if 0 < len(choices) <= _MAX_CHOICES:
        app_commands.choices(**{parameter.name: [_choice(choice, choice) for choice in choices]})(callback)
    elif choices or parameter.kind.suggest or parameter.kind.name in SERVER_SUGGESTIONS:
        app_commands.autocomplete(**{parameter.name: complete})(callback)


def _choice(label: str, value: str) -> app_commands.Choice[str]:
    return app_commands.Choice(name=shorten(label, _CHOICE_CHARACTERS) or value, value=value)


def _contexts(access: Access) -> app_commands.AppCommandContext:
    """Return where a command is shown: moderation in servers only, questions in people's own chats as well."""
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


def _without_readonly_fields(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return a published command as it may be sent back: without what only Discord says of it."""
    return {name: value for name, value in definition.items() if name not in _READONLY_FIELDS}


def _normalized_command(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a definition says, without the ids Discord adds and with the defaults it leaves out."""
    permissions = definition.get("default_member_permissions")
    return {
        "name": definition["name"],
        "description": definition.get("description", ""),
        "localizations": definition.get("description_localizations") or {},
        "permissions": None if permissions is None else str(permissions),
        "contexts": sorted(definition.get("contexts") or ()),
        "installs": sorted(definition.get("integration_types") or ()),
        "options": [_normalized_option(option) for option in definition.get("options") or ()],
    }


def _normalized_option(option: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": option["name"],
        "description": option.get("description", ""),
        "localizations": option.get("description_localizations") or {},
        "type": option["type"],
        "required": bool(option.get("required")),
        "autocomplete": bool(option.get("autocomplete")),
        "choices": [(choice["name"], choice["value"]) for choice in option.get("choices") or ()],
    }
