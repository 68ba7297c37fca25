"""Whether a place can be written to, and where one person can, asked without writing there."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.chat.discord.errors import FAILURES, translate
from bot.chat.discord.gateway import Gateway
from bot.chat.discord.permissions import granted_to_bot, missing
from bot.chat.discord.places import place_of
from bot.chat.discord.rest import channel, private_channel
from bot.chat.discord.sender import foresee_refusal, snowflake
from bot.domain.errors import ChatGone, NotAllowed
from bot.domain.place import Obstacle, Place


class DiscordPlaceProbe:
    """Asks the gateway's memory, and Discord where that does not know: of threads at rest, and of what is gone."""

    def __init__(self, client: Gateway, *, timeout_seconds: float) -> None:
        self._client = client
        self._timeout = timeout_seconds

    async def ask(self, place: Place) -> None:
        """Return when the place can be written to; else raise DeliveryError."""
        channel_id = snowflake(place)
        foresee_refusal(self._client, channel_id)
        if self._client.find_channel(channel_id):
            return
        try:
            async with asyncio.timeout(self._timeout):
                found = await channel(self._client.http, channel_id)
        except FAILURES as error:
            raise translate(error) from error
        self._judge(found)

    async def private_place(self, person: str) -> Place:
        """Return the private channel with a person; raise DeliveryError."""
        if not person.isdecimal():
            raise ChatGone("nobody who can be told in private", Obstacle.UNSEEN)
        try:
            async with asyncio.timeout(self._timeout):
                return place_of(int(await private_channel(self._client.http, int(person))))
        except FAILURES as error:
            raise translate(error) from error

    def _judge(self, found: Mapping[str, Any]) -> None:
        """Raise what is wrong with a thread that the gateway has not told of."""
        state = found.get("thread_metadata") or {}
        if state.get("archived") and state.get("locked"):
            raise NotAllowed("archived thread", Obstacle.ARCHIVED)
        parent = self._client.find_channel(int(found.get("parent_id") or 0))
        granted = granted_to_bot(parent) if parent else None
        names = [name for name in missing(granted, thread=True) if name != "Attach Files"] if granted else []
        if names:
            raise NotAllowed(f"the bot lacks permissions in the channel: {', '.join(names)}", Obstacle.NO_RIGHTS)
