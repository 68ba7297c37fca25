"""Checks whether a Telegram chat or topic can be written to, without writing there.

One call per place, two where the bot is a plain member of a group. `getChat` alone would not do: it answers for a
person who has blocked the bot as well, and knows nothing of an administrator's rights.
"""

from telegram.error import TelegramError

from bot.chat.telegram.errors import translate
from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import BotIdentity, Json, missing_rights
from bot.domain.errors import ChatGone, NotAllowed
from bot.domain.place import EVERY_THREAD, Obstacle, Place


class TelegramPlaceProbe:
    """Asks for the bot's membership in groups and channels; in private and in topics it shows “typing…”.

    “typing…” is refused like a message, in private (https://core.telegram.org/method/messages.setTyping) and where a
    topic is gone; in a topic that is closed it is not. Groups and channels see nothing of the check.
    """

    def __init__(self, api: BotApi) -> None:
        self._api = api

    async def check(self, bot: BotIdentity, place: Place) -> None:
        """Return when the place can be written to; else raise DeliveryError."""
        is_group_or_channel = place.chat.startswith("-")
        try:
            if is_group_or_channel:
                await self._check_membership(bot, place)
            if not is_group_or_channel or place.thread not in {None, EVERY_THREAD}:
                await self._show_typing(place)
        except TelegramError as error:
            raise translate(error, place) from error

    async def _check_membership(self, bot: BotIdentity, place: Place) -> None:
        member: Json = await self._api.call("getChatMember", chat_id=place.chat, user_id=bot.id)
        missing = missing_rights(member)
        # A public group shows its members to outsiders too, so an answer does not prove that the bot is inside.
        if "be a member" in missing:
            raise ChatGone("the bot is not there", Obstacle.REMOVED)
        if missing or (member["status"] == "member" and not await self._members_may_write(place)):
            raise NotAllowed("the bot may not write there", Obstacle.NO_RIGHTS)

    async def _members_may_write(self, place: Place) -> bool:
        chat: Json = await self._api.call("getChat", chat_id=place.chat)
        return bool((chat.get("permissions") or {}).get("can_send_messages", True))

    async def _show_typing(self, place: Place) -> None:
        thread = None if place.thread in {None, EVERY_THREAD} else place.thread
        await self._api.call("sendChatAction", chat_id=place.chat, action="typing", message_thread_id=thread)
