"""Sends answers to commands past the send queue of alerts, and once more after a 429 or a move of the group.

A 429 that asks for 20 s is waited out, then the answer is sent again; one that asks for more than 30 s, or that comes
while three answers wait for the same chat already, ends the answer. Alerts are paced in `bot/delivery/` instead.
"""

from collections import Counter
from collections.abc import Awaitable, Callable

import structlog

from bot.chat.telegram.membership_handler import MembershipHandler
from bot.chat.telegram.sender import TelegramSender
from bot.domain.errors import ChatMoved, DeliveryError, RetryLater
from bot.domain.place import Place
from bot.messages.model import Message

log = structlog.get_logger()

# Whoever asked has given up by then; and the task limiter ends every update after 60 s.
_LONGEST_PAUSE_S = 30.0
# Of 200 tasks: a flood of questions in one chat must not keep everybody else waiting.
_MAX_WAITING_PER_CHAT = 3


class AnswerSender:
    """Sends answers; one obstacle each may be got round. `sleep` waits so many seconds."""

    def __init__(
        self, sender: TelegramSender, membership: MembershipHandler, sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        self._sender = sender
        self._membership = membership
        self._sleep = sleep
        self._waiting_by_chat = Counter[str]()

    async def send(self, place: Place, message: Message, reply_to: str | None = None) -> bool:
        """Send an answer and return whether it arrived; a refusal is logged."""
        try:
            try:
                await self._sender.send(place, message, reply_to=reply_to)
            except (RetryLater, ChatMoved) as obstacle:
                retry_place = await self._place_to_retry(obstacle, place)
                await self._sender.send(retry_place, message, reply_to=reply_to)
        except DeliveryError as error:
            log.info("telegram answer not delivered", place=str(place), error=str(error))
            return False
        return True

    async def _place_to_retry(self, obstacle: RetryLater | ChatMoved, place: Place) -> Place:
        """Return where to send again, after the pause asked for; raise the obstacle when that is no use."""
        if isinstance(obstacle, ChatMoved):
            await self._membership.move(place, obstacle.moved_to.chat)
            return obstacle.moved_to
        pause_s = obstacle.after.total_seconds()
        # Ambiguous: the answer may have arrived, and twice the same is worse than asking once more.
        is_crowded = self._waiting_by_chat[place.chat] >= _MAX_WAITING_PER_CHAT
        if obstacle.ambiguous or pause_s > _LONGEST_PAUSE_S or is_crowded:
            raise obstacle
        self._waiting_by_chat[place.chat] += 1
        try:
            await self._sleep(pause_s)
        finally:
            self._waiting_by_chat.subtract((place.chat,))
            self._waiting_by_chat += Counter()  # forgets the chats where nothing waits any more
        return place
