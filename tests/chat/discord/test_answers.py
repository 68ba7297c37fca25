"""Slash commands, buttons and autocomplete, as people use them."""

import asyncio

from tests.chat.discord.conftest import OWNER, Bot, build, connected
from tests.fakes import discord_world as world
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord_world import Channel, Guild, User

from bot.chat.discord.client import Patience


async def server_with_channel(discord: FakeDiscord) -> tuple[Guild, Channel]:
    guild = Guild("Traders", discord.world.bot)
    channel = discord.channel(guild)
    await discord.join(guild)
    return guild, channel


async def test_a_slash_command_is_answered_in_the_channel(bot: Bot, discord: FakeDiscord) -> None:
    _, channel = await server_with_channel(discord)
    answer = await discord.slash("reserves", {"exchange": "binance"}, channel=channel)
    assert answer.embed["title"] == "🏦 Reserves of binance"
    assert not answer.ephemeral
    assert answer.announced is None
