"""Sends operational problems to ERROR_CHAT, and finds out whether that chat can be written to before there is one.

A bot that was removed from its operator's chat would otherwise fail silently. So the chat is probed every minute until
it answers, then once a day; what is wrong is logged once, and owners see it in `/status`. A Telegram group that becomes
a supergroup gets another id; it is followed there, and the setting to change is named.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from bot.domain.errors import ChatMoved, DeliveryError, Unreachable
from bot.domain.place import Place
from bot.messages.cards.places import why_closed
from bot.messages.model import Message
from bot.ports.chat import ChatPlatform, ProbingPlatform
from bot.ports.sources import Clock

log = structlog.get_logger()

OPERATOR_CHECK_INTERVAL = timedelta(minutes=1)
"""How often `check_reachable` is to be called."""
_Chat = TypeVar("_Chat", bound=ChatPlatform)
_PROBE_INTERVAL = timedelta(days=1)  # in a private chat each probe shows for a moment that the bot is typing


class OperatorNotices:
    """The operator at a place (None: there is none).

    `chats` are this worker's platforms, through which notices go; `connected` those it listens to right now, which
    alone can be probed.
    """

    def __init__(
        self,
        place: Place | None,
        *,
        chats: Callable[[], Sequence[ChatPlatform]],
        connected: Callable[[], Sequence[ProbingPlatform]],
        clock: Clock,
    ) -> None:
        self._setting = self._place = place
        self._chats = chats
        self._connected = connected
        self._clock = clock
        self._reached_at: datetime | None = None
        self._obstacle = ""

    @property
    def unreachable(self) -> Sequence[str]:
        """Return why the operator cannot be written to, or what to change, a sentence each; nothing when all is well.

        The platform follows a group that moved for as long as it remembers the old address, so the setting is outdated.
        """
        moved = f"ERROR_CHAT names {self._setting}, which moved: set it to {self._place}." if self._has_moved else ""
        closed = f"ERROR_CHAT names {self._place}, which is not reached: {self._obstacle}." if self._obstacle else ""
        return [sentence for sentence in (moved, closed) if sentence]

    async def send(self, message: Message, key: str) -> bool:
        """Send the operator a message with its idempotency key, and return whether there is nothing left to do.

        When sending fails that is logged, nothing is raised, and the answer is False. Without an operator, or a
        platform to write to them, it is True. Two messages with one key both arrive where their titles differ: "does
        not answer" and "answers again".
        """
        distinct_key = f"{message.title}\n{key}"
        error = await self._call(self._chats(), lambda chat, place: chat.send(place, message, key=distinct_key))
        if error:
            log.warning("operator notice not delivered", title=message.title, reason=str(error))
        return error is None

    async def check_reachable(self) -> None:
        """Probe the operator's chat, which writes nothing there, when that is due."""
        if self._probe_is_due():
            await self._call(self._connected(), lambda chat, place: chat.probe(place))

    async def _call(
        self, chats: Sequence[_Chat], call: Callable[[_Chat, Place], Awaitable[object]]
    ) -> DeliveryError | None:
        """Call the operator's platform, a second time where the chat has moved; return what made that fail."""
        chat = next((chat for chat in chats if self._place and chat.platform is self._place.platform), None)
        if chat is None or self._place is None:
            return None
        try:
            try:
                await call(chat, self._place)
            except ChatMoved as moved:
                self._follow(moved.moved_to)
                await call(chat, self._place)
        except DeliveryError as error:
            self._record(error)
            return error
        self._record(None)
        return None

    @property
    def _has_moved(self) -> bool:
        return self._place != self._setting

    def _follow(self, place: Place) -> None:
        """Write to the operator at a new address from now on; a restart finds it again by the old one."""
        log.warning("operator chat moved, change ERROR_CHAT", place=str(self._place), to=str(place))
        self._place = place

    def _probe_is_due(self) -> bool:
        return self._reached_at is None or self._clock.now() - self._reached_at >= _PROBE_INTERVAL

    def _record(self, error: DeliveryError | None) -> None:
        """Record what a call has shown of the place."""
        if isinstance(error, Unreachable):
            self._record_unreachable(why_closed(error.obstacle, str(error)))
        elif isinstance(error, ChatMoved):
            self._record_unreachable(str(error))
        elif error is None:
            self._reached_at, self._obstacle = self._clock.now(), ""
        # Any other error is the platform's or the message's fault and says nothing about the place.

    def _record_unreachable(self, obstacle: str) -> None:
        if obstacle != self._obstacle:
            log.warning("operator chat unreachable", place=str(self._place), reason=obstacle)
        self._reached_at, self._obstacle = None, obstacle
