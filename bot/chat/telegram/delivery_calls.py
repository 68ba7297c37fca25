"""Calls of the Bot API on behalf of a place, whose refusals become DeliveryErrors."""

from typing import Any

from telegram.error import InvalidToken, TelegramError

from bot.chat.telegram.errors import OUTAGE_PAUSE, translate
from bot.chat.telegram.transport import BotApi
from bot.domain.errors import DeliveryError, RetryLater
from bot.domain.place import Place


class DeliveryCalls:
    """Calls methods that post or change something in a place."""

    def __init__(self, api: BotApi) -> None:
        self._api = api

    async def call(self, place: Place, method: str, **parameters: Any) -> Any:
        """Return the plain result of a method; parameters that are None are left out. Raise DeliveryError."""
        try:
            # Not the library's own `send_message`: it makes an object of every reply, a third of a message's CPU.
            return await self._api.call(method, chat_id=place.chat, **parameters)
        except TelegramError as error:
            raise await self._delivery_error(error, place) from error

    async def _delivery_error(self, error: TelegramError, place: Place) -> DeliveryError:
        """Return our error for the library's."""
        translated = translate(error, place)
        if not isinstance(error, InvalidToken):
            return translated
        # Telegram now and then answers 401 or 404 to a token that is fine. getMe tells, before the whole bot pauses.
        try:
            await self._api.call("getMe")
        except TelegramError:
            return translated
        return RetryLater(f"Telegram refused in passing: {error.message}", after=OUTAGE_PAUSE)
