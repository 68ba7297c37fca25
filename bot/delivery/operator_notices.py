"""Sends operational problems to ERROR_CHAT, and finds out whether that chat can be written to before there is one.

A bot that was removed from its operator's chat would otherwise fail silently. So the chat is probed every minute until
it answers, then once a day; what is wrong is logged once, and owners see it in `/status`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

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
        self._place = place
        self._chats = chats
        self._connected = connected
        self._clock = clock
        self._reached_at: datetime | None = None
        self._obstacle = ""

    @property
    def unreachable(self) -> Sequence[str]:
        """Return the sentence that says why the operator cannot be written to; nothing when no reason is known."""
        return [f"ERROR_CHAT names {self._place}, which is not reached: {self._obstacle}."] if self._obstacle else []

    async def send(self, message: Message, key: str) -> bool:
        """Send the operator a message with its idempotency key, and return whether there is nothing left to do.

        When sending fails that is logged, nothing is raised, and the answer is False. Without an operator, or a
        platform to write to them, it is True.
        """
        place = self._place
        chat = next((chat for chat in self._chats() if place and chat.platform is place.platform), None)
        if chat is None or place is None:
            return True
        try:
            await chat.send(place, message, key=key)
        except DeliveryError as error:
            log.warning("operator notice not delivered", title=message.title, reason=str(error))
            self._record(error)
            return False
        self._record(None)
        return True

    async def check_reachable(self) -> None:
        """Probe the operator's chat, which writes nothing there, when that is due."""
        place = self._place
        chat = next((chat for chat in self._connected() if place and chat.platform is place.platform), None)
        if chat is None or place is None or not self._probe_is_due():
            return
        try:
            await chat.probe(place)
        except DeliveryError as error:
            self._record(error)
        else:
            self._record(None)

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
