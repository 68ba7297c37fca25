"""Whoever runs the bot: the one chat where operational problems are told, and whether it can be written to."""

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

CHECK_EVERY = timedelta(minutes=1)
"""How often `look` is to be called."""
_CHECK_AGAIN_AFTER = timedelta(days=1)  # in a private chat each look shows for a moment that the bot is typing


class OperatorNotices:
    """The operator at a place (None: nobody); `chats` are this worker's platforms, `connected` those it listens to."""

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
        """Return the sentence that says why the operator cannot be told anything, nothing where that is not known."""
        return [f"ERROR_CHAT names {self._place}, which is not reached: {self._obstacle}."] if self._obstacle else []

    async def send(self, message: Message, key: str) -> None:
        """Send the operator a message; one that does not arrive is logged, and harms nothing else."""
        place = self._place
        chat = next((chat for chat in self._chats() if place and chat.platform is place.platform), None)
        if chat is None or place is None:
            return
        try:
            await chat.send(place, message, key=key)
        except DeliveryError as error:
            log.warning("operator not told", title=message.title, reason=str(error))
            self._record(error)
        else:
            self._record(None)

    async def check_reachable(self) -> None:
        """Find out, without writing there, whether the place can be written to: until it can, then once a day."""
        place = self._place
        chat = next((chat for chat in self._connected() if place and chat.platform is place.platform), None)
        if chat is None or place is None or not self._check_is_due():
            return
        try:
            await chat.probe(place)
        except DeliveryError as error:
            self._record(error)
        else:
            self._record(None)

    def _check_is_due(self) -> bool:
        return self._reached_at is None or self._clock.now() - self._reached_at >= _CHECK_AGAIN_AFTER

    def _record(self, error: DeliveryError | None) -> None:
        """Keep what a call has shown of the place; that the platform is busy or away shows nothing."""
        if isinstance(error, Unreachable):
            self._record_unreachable(why_closed(error.obstacle, str(error)))
        elif isinstance(error, ChatMoved):
            self._record_unreachable(str(error))
        elif error is None:
            self._reached_at, self._obstacle = self._clock.now(), ""

    def _record_unreachable(self, obstacle: str) -> None:
        if obstacle != self._obstacle:
            log.warning("operator out of reach", place=str(self._place), reason=obstacle)
        self._reached_at, self._obstacle = None, obstacle
