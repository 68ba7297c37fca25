"""Who may moderate a Telegram chat, and which rights the bot lacks there. Whatever is not certain is a no.

An administrator of a group moderates it, everybody moderates their own private chat. Telegram is asked at every command
that changes something: an administrator who was dismissed or kicked a second ago may change nothing.
https://core.telegram.org/bots/api#getchatmember
"""

import structlog
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import Author, BotIdentity, Json, missing_rights
from bot.domain.errors import AskerError, NotPermitted
from bot.domain.place import Place, Platform
from bot.language.translation import tr

log = structlog.get_logger()

_ADMINISTRATORS = ("creator", "administrator")
_CHANNEL_TYPES = ("channel", "group", "supergroup")


class ChatRights:
    """Asks Telegram who may do what, each time anew."""

    def __init__(self, api: BotApi) -> None:
        self._api = api

    async def may_moderate(self, author: Author, place: Place) -> bool:
        """Return whether the author moderates a place."""
        # An administrator who stays anonymous speaks in the name of the very group. Any other chat that speaks there is
        # a channel, behind which nobody knows who stands.
        if author.user is None:
            return place.chat == str(author.chat)
        # A private chat has the id of its person.
        if place.chat == str(author.user):
            return True
        try:
            return await self._is_administrator(place.chat, author.user)
        except (TelegramError, LookupError, TypeError, AttributeError) as error:
            log.info("telegram rights unknown, command refused", place=str(place), error=str(error))
            return False

    async def find_chat(self, bot: BotIdentity, author: Author, text: str) -> Place:
        """Return the channel or group that somebody named; raise AskerError unless they and the bot administer it.

        `text` is `@name`, `https://t.me/name` or the number of a chat.
        """
        if author.user is None:
            raise NotPermitted(tr("Telegram does not tell who you are here. Ask in a private chat with the bot."))
        chat = await self._chat(text)
        place = Place(Platform.TELEGRAM, str(chat["id"]))
        if chat.get("type") not in _CHANNEL_TYPES:
            raise AskerError(tr("{chat} is no channel and no group.", chat=text))
        if not await self.may_moderate(author, place):
            raise NotPermitted(tr("Only an administrator of {chat} may do that.", chat=text))
        member = await self._member(place.chat, bot.id)
        if not member or member.get("status") not in _ADMINISTRATORS:
            raise AskerError(tr("The bot is no administrator of {chat}. Make it one, then ask again.", chat=text))
        if chat["type"] == "channel" and not member.get("can_post_messages"):
            raise AskerError(
                tr("The bot may not post in {chat}. Give it the right “Post messages”, then ask again.", chat=text)
            )
        return place

    async def missing_for_bot(self, bot: BotIdentity, place: Place) -> tuple[str, ...]:
        """Return the names of the rights the bot lacks for posting in a place; raise AskerError if Telegram is away."""
        # Private chats have positive ids, and their person wrote to the bot just now.
        if not place.chat.startswith("-"):
            return ()
        member = await self._member(place.chat, bot.id) or {}
        if missing := missing_rights(member):
            return missing
        if member["status"] in _ADMINISTRATORS:
            return ()
        chat = await self._chat(place.chat)
        return () if (chat.get("permissions") or {}).get("can_send_messages", True) else (tr("Send messages"),)

    async def _is_administrator(self, chat_id: str, user_id: int) -> bool:
        # Never from memory: the throttle keeps the calls few, and a right that was taken away must not work once more.
        member = await self._api.call("getChatMember", chat_id=chat_id, user_id=user_id)
        return member["status"] in _ADMINISTRATORS

    async def _chat(self, text: str) -> Json:
        name = text.removeprefix("https://t.me/")
        chat_id = name if name.startswith(("@", "-")) else f"@{name}"
        chat = await self._fetch("getChat", chat_id=chat_id)
        if not chat:
            raise AskerError(tr("The bot cannot see {chat}. Add it there as an administrator first.", chat=text))
        return chat

    async def _member(self, chat_id: str, user_id: int) -> Json | None:
        return await self._fetch("getChatMember", chat_id=chat_id, user_id=user_id)

    async def _fetch(self, method: str, *, chat_id: str, user_id: int | None = None) -> Json | None:
        """Return Telegram's answer, None when it says there is nothing to see; raise AskerError if it is away."""
        try:
            answer: Json = await self._api.call(method, chat_id=chat_id, user_id=user_id)
        except (BadRequest, Forbidden):
            return None
        except TelegramError as error:
            raise AskerError(tr("Telegram did not answer. Try again in a minute.")) from error
        return answer
