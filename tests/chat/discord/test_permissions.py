"""Which permissions the bot asks for."""

import re
from pathlib import Path

import discord

from bot.chat.discord.permissions import REQUIRED_PERMISSIONS


def test_the_invitation_asks_for_what_is_needed_and_no_more() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    [asked] = re.findall(r"oauth2/authorize\?\S*&permissions=(\d+)", readme)
    wanted = discord.Permissions(REQUIRED_PERMISSIONS.value, read_message_history=True, mention_everyone=True)
    assert int(asked) == wanted.value
    assert not wanted.administrator
