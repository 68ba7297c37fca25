"""Slash commands as they are declared to Discord."""

import asyncio
import re
from pathlib import Path

import discord

from bot.chat.discord.interaction_context import Interaction
from bot.chat.discord.permissions import NEEDED
from bot.chat.discord.render import Payload
from bot.chat.discord.rest import Rest
from bot.chat.discord.slash import fingerprint, slash_commands
from bot.commands.declaration import Command, Parameter
from tests.chat.discord.conftest import Gate
from tests.fakes.discord_limits import command_problems

GUILD, DIRECT, PRIVATE = 0, 1, 2


async def answer(_: Interaction, __: Command, ___: dict[str, str]) -> None:
    """Nothing is answered here."""


def suggest(_: Parameter, __: str) -> list[tuple[str, str]]:
    return []


def definitions() -> dict[str, Payload]:
    from discord import Client, Intents, app_commands  # noqa: PLC0415 — only this needs the library

    tree = app_commands.CommandTree(Client(intents=Intents.none()))
    return {command.name: dict(command.to_dict(tree)) for command in slash_commands(Gate().commands(), answer, suggest)}


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
    assert [one["value"] for one in option["choices"]] == ["share", "usd"]
    assert not option["required"]


def test_questions_may_be_asked_everywhere() -> None:
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
    told = list(definitions().values())
    assert fingerprint(told) == fingerprint(reversed(told))


def test_a_fingerprint_changes_with_every_word() -> None:
    told = definitions()
    seen = {fingerprint(told.values())}
    changes: list[Payload] = [
        {"description": "x"}, {"contexts": [0]}, {"integration_types": [0]}, {"options": []},
        {"default_member_permissions": 8},
    ]  # fmt: skip
    for change in changes:
        seen.add(fingerprint((told | {"reserves": told["reserves"] | change}).values()))
    assert len(seen) == 6


def test_the_invitation_asks_for_what_is_needed_and_no_more() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    [asked] = re.findall(r"oauth2/authorize\?\S*&permissions=(\d+)", readme)
    wanted = discord.Permissions(NEEDED.value, read_message_history=True, mention_everyone=True)
    assert int(asked) == wanted.value
    assert not wanted.administrator


async def test_rate_limits_at_rest_are_forgotten_and_those_in_use_are_kept() -> None:
    rest = Rest(asyncio.get_running_loop())
    for number in range(1000):
        bucket = rest.get_ratelimit(f"at rest {number}")
        bucket.expires = rest.loop.time() - 1
    fresh, sending = rest.get_ratelimit("fresh"), rest.get_ratelimit("sending")
    fresh.expires = sending.expires = rest.loop.time() + 60
    sending.outgoing = 1
    rest._swept_at = float("-inf")  # noqa: SLF001 — the last sweep was long ago
    rest.get_ratelimit("new")
    assert set(rest._buckets) == {"fresh", "sending", "new"}  # noqa: SLF001 — what is kept is the fact
