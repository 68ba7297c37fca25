"""Slash commands as they are declared to Discord, and when they are published again."""

import pytest

from bot.chat.discord.interaction_context import Interaction
from bot.chat.discord.render import Payload
from bot.chat.discord.slash_commands import build_slash_commands, fingerprint, localized
from bot.commands.declaration import Command, Parameter
from bot.language import translation
from tests.chat.discord.conftest import SlowCommands
from tests.fakes.catalogue import SmallCatalogue
from tests.fakes.discord_limits import command_problems

GUILD, DIRECT, PRIVATE = 0, 1, 2


async def answer(_: Interaction, __: Command, ___: dict[str, str], ____: object = None) -> None:
    """Nothing is answered here."""


async def suggest(_: Interaction, __: Parameter, ___: str) -> list[tuple[str, str]]:
    return []


def definitions() -> dict[str, Payload]:
    from discord import Client, Intents, app_commands  # noqa: PLC0415 — only this needs the library

    tree = app_commands.CommandTree(Client(intents=Intents.none()))
    return {
        command.name: localized(command.to_dict(tree))
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
        {"default_member_permissions": 8}, {"description_localizations": {"ru": "x"}},
        {"options": [commands["reserves"]["options"][0] | {"description_localizations": {"ru": "x"}}]},
    ]  # fmt: skip
    for change in changes:
        fingerprints.add(fingerprint((commands | {"reserves": commands["reserves"] | change}).values()))
    assert len(fingerprints) == 8


def test_descriptions_are_in_every_language_and_names_in_none(monkeypatch: pytest.MonkeyPatch) -> None:
    spanish = SmallCatalogue({"Show what an exchange holds": "Muestra", "Exchange, e.g. binance": "ñ" * 101})
    monkeypatch.setattr(translation, "_catalogue", {"es": spanish}.get)
    reserves = definitions()["reserves"]
    english = "Show what an exchange holds"
    assert reserves["description_localizations"] == {
        "es-ES": "Muestra", "es-419": "Muestra", "ru": english, "tr": english, "pt-BR": english, "zh-CN": english,
    }  # fmt: skip
    (option,) = reserves["options"]
    assert option["description_localizations"]["es-ES"] == "ñ" * 99 + "…"
    assert (reserves["description"], option["description"]) == (english, "Exchange, e.g. binance")
    assert "name_localizations" not in {key for text in (reserves, option) for key, value in text.items() if value}
    assert command_problems(list(definitions().values())) == []
