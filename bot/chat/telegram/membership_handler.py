"""Tells the subscriptions what happened to the chats: the bot added or removed, a group moved, a topic reopened.

A group that becomes a supergroup gets a new id; its subscriptions move along. A person who blocks the bot is disabled
with the reason "blocked", and enabled again on the day they unblock it.
https://core.telegram.org/bots/api#chatmemberupdated
"""

import asyncio

import structlog

from bot.chat.telegram.update_parser import Json, chat_place, is_present, is_private, missing_rights, place_of
from bot.domain.place import Obstacle, Place
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceTrouble, Subscriptions

log = structlog.get_logger()

_GROUP_TYPES = ("group", "supergroup")


class MembershipHandler:
    """Disables, enables and moves the places of a chat. Raises StorageError while the store is away."""

    def __init__(self, subscriptions: Subscriptions, clock: Clock) -> None:
        self._subscriptions = subscriptions
        self._clock = clock
        # Updates are handled concurrently. "Blocked" and "unblocked" within a second must not overtake each other.
        self._lock = asyncio.Lock()

    async def on_service_message(self, message: Json) -> None:
        """Handle a message without text, in which Telegram says what happened to the chat itself."""
        # A move is told twice, in the old chat and in the new one; the second does no harm.
        if "migrate_to_chat_id" in message:
            await self.move(chat_place(message["chat"]), str(message["migrate_to_chat_id"]))
        elif "migrate_from_chat_id" in message:
            await self.move(chat_place({"id": message["migrate_from_chat_id"]}), str(message["chat"]["id"]))
        elif "forum_topic_reopened" in message:
            await self._on_topic_reopened(place_of(message))

    async def on_own_membership(self, change: Json) -> bool:
        """Handle a change of the bot's own membership; return whether the bot is new in a group."""
        chat, member = change["chat"], change["new_chat_member"]
        place = chat_place(chat)
        was_present, present = is_present(change["old_chat_member"]), is_present(member)
        async with self._lock:
            if not present:
                await self._subscriptions.record_trouble(self._removal(place, chat))
            elif not missing_rights(member):
                await self._subscriptions.clear_trouble(place.whole_chat)
        log.info(
            "bot is in chat" if present else "bot removed from chat", place=str(place), lacking=missing_rights(member)
        )
        return present and not was_present and chat.get("type") in _GROUP_TYPES

    async def move(self, old_place: Place, new_chat: str) -> None:
        """Give everything one chat owns to its new id."""
        async with self._lock:
            await self._subscriptions.move(
                Place(old_place.platform, old_place.chat), Place(old_place.platform, new_chat)
            )
        log.info("chat moved", place=str(old_place), to=new_chat)

    async def _on_topic_reopened(self, topic: Place) -> None:
        if await self._subscriptions.clear_trouble(topic):
            log.info("topic reopened", place=str(topic))

    def _removal(self, place: Place, chat: Json) -> PlaceTrouble:
        blocked = is_private(chat)
        return PlaceTrouble(
            place.whole_chat,
            "the bot was blocked" if blocked else "the bot was removed",
            since=self._clock.now(),
            disabled=True,
            obstacle=Obstacle.BLOCKED if blocked else Obstacle.REMOVED,
        )
