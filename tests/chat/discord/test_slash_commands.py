"""Slash commands as they are declared to Discord, and when they are published again."""

from bot.chat.discord.interaction_context import Interaction
from bot.chat.discord.render import Payload
from bot.chat.discord.slash_commands import build_slash_commands, fingerprint
from bot.commands.declaration import Command, Parameter
from tests.chat.discord.conftest import SlowCommands
from tests.fakes.discord_limits import command_problems

GUILD, DIRECT, PRIVATE = 0, 1, 2


async def answer(_: Interaction, __: Command, ___: dict[str, str], ____: object = None) -> None:
    """Nothing is answered here."""


def suggest(_: Interaction, __: Parameter, ___: str) -> list[tuple[str, str]]:
    return []


def definitions() -> dict[str, Payload]:
    from discord import Client, Intents, app_commands  # noqa: PLC0415 — only this needs the library

    tree = app_commands.CommandTree(Client(intents=Intents.none()))
    return {
        command.name: dict(command.to_dict(tree))
        for command in build_slash_commands(SlowCommands().commands(), answer, suggest)
    }


def test_discord_takes_every_definition() -> None:
    assert command_problems(list(definitions().values())) == []


def test_the_declaration_becomes_the_definition() -> None:
    reserves = definitions()["reserves"]
    assert reserves["description"] == "Show what an exchange holds"
    (option,) = reserves["options"]
    assert option["description"] == "Exchange, e.g. binance"
    assert (option["type"], option["required"], option["autocomplete"]) == (3, True, True)


def test_an_enumeration_becomes_choices() -> None:
    (option,) = definitions()["top"]["options"]
    assert [choice["value"] for choice in option["choices"]] == ["share", "usd"]
    assert not option["required"]


def test_questions_may_be_asked_everywhere() -> None:
    """Members' commands are shown in servers, with the bot, and in people's own chats."""
    reserves = definitions()["reserves"]
    assert (reserves["contexts"], reserves["integration_types"]) == ([GUILD, DIRECT, PRIVATE], [0, 1])
    assert reserves["default_member_permissions"] is None


def test_moderation_is_for_servers_and_those_who_manage_them() -> None:
    subscribe = definitions()["subscribe"]
    assert (subscribe["contexts"], subscribe["integration_types"]) == ([GUILD], [0])
    assert subscribe["default_member_permissions"] == 1 << 5


def test_the_owners_commands_are_hidden_from_members() -> None:
    hold = definitions()["hold"]
    assert hold["contexts"] == [GUILD, DIRECT]
    assert hold["default_member_permissions"] == 0


def test_a_fingerprint_does_not_depend_on_the_order() -> None:
    commands = list(definitions().values())
    assert fingerprint(commands) == fingerprint(reversed(commands))


def test_a_fingerprint_changes_with_every_word() -> None:
    commands = definitions()
    fingerprints = {fingerprint(commands.values())}
    changes: list[Payload] = [
        {"description": "x"}, {"contexts": [0]}, {"integration_types": [0]}, {"options": []},
        {"default_member_permissions": 8},
    ]  # fmt: skip
    for change in changes:
        fingerprints.add(fingerprint((commands | {"reserves": commands["reserves"] | change}).values()))
    assert len(fingerprints) == 6
