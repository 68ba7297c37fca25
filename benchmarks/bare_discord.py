"""A bot as discord.py's own examples write it, to compare with: every slash command has one fixed message."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import discord
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from yarl import URL

Interaction = discord.Interaction["Bare"]

_EPHEMERAL = 1 << 6  # https://docs.discord.com/developers/resources/message#message-object-message-flags


class Bare(discord.Client):
    """A client with one list of commands."""

    def __init__(self, answers: Mapping[str, dict[str, Any]]) -> None:
        super().__init__(intents=discord.Intents.default())
        self.tree = app_commands.CommandTree(self)

        @self.tree.command(name="reserves", description="Show what an exchange holds")
        async def reserves(interaction: Interaction, exchange: str) -> None:
            await _send(interaction, answers["reserves"])

        @self.tree.command(name="help", description="Show what there is")
        async def help_(interaction: Interaction) -> None:
            await _send(interaction, answers["help"])

    async def setup_hook(self) -> None:
        """Publish the commands."""
        await self.tree.sync()


async def _send(interaction: Interaction, answer: Mapping[str, Any]) -> None:
    """Send an answer with its buttons, each made as in the library's examples, to whom it is for."""
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(answer.get("components", ())):
        for button in row["components"]:
            style, custom_id = discord.ButtonStyle(button["style"]), button["custom_id"]
            view.add_item(discord.ui.Button(label=button["label"], style=style, custom_id=custom_id, row=number))
    embed = discord.Embed.from_dict(answer["embeds"][0])
    await interaction.response.send_message(embed=embed, view=view, ephemeral=bool(answer.get("flags", 0) & _EPHEMERAL))


def main(api_url: str, gateway_url: str, token: str, answers: str) -> None:
    """Listen and answer until the process is told to end; `answers` is a file of messages by command."""
    Route.BASE = api_url
    DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway_url)
    Bare(json.loads(Path(answers).read_text(encoding="utf-8"))).run(token, log_handler=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
