"""Who may do what in a Telegram chat. Whatever cannot be made sure of is a no."""

from collections import OrderedDict
from datetime import datetime, timedelta

import structlog
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import Author, BotIdentity, Json, lacking
from bot.domain.errors import AskerError, NotPermitted
from bot.domain.place import Place, Platform
from bot.ports.sources import Clock

log = structlog.get_logger()

_REMEMBERED_FOR = timedelta(seconds=60)
_REMEMBERED = 10_000
_ADMINISTRATORS = ("creator", "administrator")
_CHANNEL_TYPES = ("channel", "group", "supergroup")


class ChatRights:
    """Asks Telegram. A yes to an administrator is remembered for a minute, which spares a call per command.

    A no is not: who was just made an administrator must not be sent away for a minute.
    """

    def __init__(self, api: BotApi, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._administrators: OrderedDict[tuple[str, int], datetime] = OrderedDict()

    async def may_moderate(self, speaker: Author, place: Place) -> bool:
        """Return whether the speaker moderates a place.

        An administrator who hides speaks in the name of the very chat; a channel that speaks in a group is nobody.
        """
        if speaker.user is None:
            return place.chat == str(speaker.chat)
        if place.chat == str(speaker.user):
            return True
        try:
            return await self._is_administrator(place.chat, speaker.user)
        except (TelegramError, LookupError, TypeError, AttributeError) as error:
            log.info("rights unknown, so refused", place=str(place), error=str(error))
            return False

    async def find(self, me: BotIdentity, speaker: Author, text: str) -> Place:
        """Return the channel or group that somebody named; raise AskerError unless they and the bot administer it."""
        if speaker.user is None:
            raise NotPermitted("Telegram does not tell who you are here. Ask in a private chat with the bot.")
        chat = await self._chat(text)
        place = Place(Platform.TELEGRAM, str(chat["id"]))
        if chat.get("type") not in _CHANNEL_TYPES:
            raise AskerError(f"{text} is no channel and no group.")
        if not await self.may_moderate(speaker, place):
            raise NotPermitted(f"Only an administrator of {text} may do that.")
        member = await self._member(place.chat, me.id)
        if not member or member.get("status") not in _ADMINISTRATORS:
            raise AskerError(f"The bot is no administrator of {text}. Make it one, then ask again.")
        if chat["type"] == "channel" and not member.get("can_post_messages"):
            raise AskerError(f"The bot may not post in {text}. Give it the right “Post messages”, then ask again.")
        return place

    async def missing(self, me: BotIdentity, place: Place) -> tuple[str, ...]:
        """Return the names of the rights the bot lacks for posting in a place; raise AskerError if Telegram is away."""
        if not place.chat.startswith("-"):
            return ()
        member = await self._member(place.chat, me.id) or {}
        if missing := lacking(member):
            return missing
        if member["status"] in _ADMINISTRATORS:
            return ()
        chat = await self._chat(place.chat)
        return () if (chat.get("permissions") or {}).get("can_send_messages", True) else ("Send messages",)

    async def _is_administrator(self, chat: str, user: int) -> bool:
        known = self._administrators.get((chat, user))
        if known and timedelta() <= self._clock.now() - known <= _REMEMBERED_FOR:
            return True
        self._administrators.pop((chat, user), None)
        member = await self._api.call("getChatMember", chat_id=chat, user_id=user)
        if member["status"] not in _ADMINISTRATORS:
            return False
        self._administrators[chat, user] = self._clock.now()
        while len(self._administrators) > _REMEMBERED:
            self._administrators.popitem(last=False)
        return True

    async def _chat(self, text: str) -> Json:
        name = text.removeprefix("https://t.me/")
        address = name if name.startswith(("@", "-")) else f"@{name}"
        found = await self._asked("getChat", chat_id=address)
        if not found:
            raise AskerError(f"The bot cannot see {text}. Add it there as an administrator first.")
        return found

    async def _member(self, chat: str, user: int) -> Json | None:
        return await self._asked("getChatMember", chat_id=chat, user_id=user)

    async def _asked(self, method: str, *, chat_id: str, user_id: int | None = None) -> Json | None:
        """Return what Telegram knows, None when it says there is nothing to see; raise AskerError if it is away."""
        try:
            found: Json = await self._api.call(method, chat_id=chat_id, user_id=user_id)
        except (BadRequest, Forbidden):
            return None
        except TelegramError as error:
            raise AskerError("Telegram did not answer. Try again in a minute.") from error
        return found
