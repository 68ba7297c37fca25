"""Whether a place can be written to, asked without writing there."""

from telegram.error import TelegramError

from bot.chat.telegram.errors import translated
from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import BotIdentity, Json, lacking
from bot.domain.errors import ChatGone, NotAllowed
from bot.domain.place import EVERY_THREAD, Obstacle, Place


class TelegramPlaceProbe:
    """Asks Telegram with one call, two where the bot is a plain member of a group.

    `getChat` alone would not do: it answers for a person who has blocked the bot as well, and knows nothing of an
    administrator's rights. “typing…” is refused like a message, in private (https://core.telegram.org/method/messages.setTyping)
    and where a topic is gone; in a topic that is closed it is not.
    """

    def __init__(self, api: BotApi) -> None:
        self._api = api

    async def ask(self, me: BotIdentity, place: Place) -> None:
        """Return when the place can be written to; else raise DeliveryError."""
        try:
            if place.chat.startswith("-"):
                await self._look_at_rights(me, place)
            if not place.chat.startswith("-") or place.thread not in {None, EVERY_THREAD}:
                await self._type(place)
        except TelegramError as error:
            raise translated(error, place) from error

    async def _look_at_rights(self, me: BotIdentity, place: Place) -> None:
        member: Json = await self._api.call("getChatMember", chat_id=place.chat, user_id=me.id)
        missing = lacking(member)
        if "be a member" in missing:
            raise ChatGone("the bot is not there", Obstacle.REMOVED)
        if missing or (member["status"] == "member" and not await self._members_may_write(place)):
            raise NotAllowed("the bot may not write there", Obstacle.NO_RIGHTS)

    async def _members_may_write(self, place: Place) -> bool:
        chat: Json = await self._api.call("getChat", chat_id=place.chat)
        return bool((chat.get("permissions") or {}).get("can_send_messages", True))

    async def _type(self, place: Place) -> None:
        thread = None if place.thread in {None, EVERY_THREAD} else place.thread
        await self._api.call("sendChatAction", chat_id=place.chat, action="typing", message_thread_id=thread)
