"""Who the bot itself is on Telegram, also after it was renamed while it runs.

In groups people write `/reserves@RunwatchBot`. When the bot is renamed to @BankWatchBot in BotFather, Telegram's menus
write the new name at once, and nobody tells the bot. So a command for a name that is not known makes the bot ask for
its own name again, at most once a minute: the name may be another bot's as well.
"""

import time
from collections.abc import Callable

import structlog
from telegram.error import InvalidToken, TelegramError

from bot.chat.telegram.transport import BotApi
from bot.chat.telegram.update_parser import BotIdentity

log = structlog.get_logger()

UNKNOWN_TOKEN = "Telegram does not know this token: check TELEGRAM_TOKEN"  # noqa: S105 — a sentence, not a token
_ASK_AGAIN_S = 60.0


async def fetch_identity(api: BotApi) -> BotIdentity:
    """Return who the bot is; raise TelegramError."""
    try:
        bot_user = await api.call("getMe")
    except InvalidToken:
        raise InvalidToken(UNKNOWN_TOKEN) from None
    answers_inline = bool(bot_user.get("supports_inline_queries", True))
    return BotIdentity(bot_user["id"], bot_user.get("username", ""), answers_inline)


class OwnIdentity:
    """The newest that is known; before the first connection the id is 0 and the name empty."""

    def __init__(self, api: BotApi, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.present = BotIdentity(0, "")
        self._api = api
        self._clock = clock
        self._asked_at: float | None = None

    async def has_name(self, username: str) -> bool:
        """Return whether the bot is called so, asking Telegram when it is not the name that is known."""
        if self._is_present(username):
            return True
        now = self._clock()
        if self._asked_at is not None and now - self._asked_at < _ASK_AGAIN_S:
            return False
        self._asked_at = now
        try:
            identity = await fetch_identity(self._api)
        except TelegramError as error:  # the command was most likely for another bot
            log.debug("own name not asked", error=str(error))
            return False
        if identity != self.present:
            log.info("the bot was renamed", name=identity.username, before=self.present.username)
        self.present = identity
        return self._is_present(username)

    def _is_present(self, username: str) -> bool:
        return username.lower() == self.present.username.lower()
