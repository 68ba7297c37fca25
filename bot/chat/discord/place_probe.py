"""Checks whether a Discord channel can be written to, without writing there, and finds a person's private channel.

The daily visit to places that were switched off asks this. Most answers come from what the gateway told, without a
call.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.chat.discord.channels import channel_id_of, place_of
from bot.chat.discord.errors import LIBRARY_ERRORS, translate
from bot.chat.discord.gateway_client import GatewayClient
from bot.chat.discord.permissions import bot_permissions_in, check_can_post_text, lacks_permissions, missing_for_text
from bot.chat.discord.rest import fetch_channel, open_private_channel
from bot.domain.errors import ChatGone, NotAllowed
from bot.domain.place import Obstacle, Place


class DiscordPlaceProbe:
    """Asks the gateway's memory, and Discord for what that does not know: archived threads, and what is gone."""

    def __init__(self, client: GatewayClient, *, timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def check(self, place: Place) -> None:
        """Return when the place can be written to; else raise DeliveryError."""
        channel_id = channel_id_of(place)
        channel = self._client.find_channel(channel_id)
        if channel:
            check_can_post_text(channel)
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                fetched = await fetch_channel(self._client.http, channel_id)
        except LIBRARY_ERRORS as error:
            raise translate(error) from error
        self._check_fetched(fetched)

    async def private_place(self, user_id: str) -> Place:
        """Return the private channel with a person; raise DeliveryError."""
        if not user_id.isdecimal():
            raise ChatGone("nobody who can be told in private", Obstacle.UNSEEN)
        try:
            async with asyncio.timeout(self._timeout_s):
                return place_of(int(await open_private_channel(self._client.http, int(user_id))))
        except LIBRARY_ERRORS as error:
            raise translate(error) from error

    def _check_fetched(self, channel: Mapping[str, Any]) -> None:
        """Raise what is wrong with a thread that the gateway has not told of."""
        state = channel.get("thread_metadata") or {}
        # A message opens an archived thread again, but a locked one only for moderators.
        if state.get("archived") and state.get("locked"):
            raise NotAllowed("archived thread", Obstacle.ARCHIVED)
        # A thread has no permissions of its own: those of the channel it is in count.
        parent = self._client.find_channel(int(channel.get("parent_id") or 0))
        granted = bot_permissions_in(parent) if parent else None
        missing = missing_for_text(granted, thread=True) if granted else []
        if missing:
            raise lacks_permissions(missing)
