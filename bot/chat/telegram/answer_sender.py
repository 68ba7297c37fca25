"""Sends answers to commands, past the send queue of alerts but within the same budget.

120 people ask within one second: their answers leave 29 a second, the last one four seconds later. One answer a second
goes at once. The others wait for their turn in their chat (`chat_pace`), then for one of the platform's send slots
(`bot/delivery/rate_limiter.py`), 30 s in all; after a 429 they wait for as long as that asks and are sent again. While
alerts are sent too, those get three slots of four. Who cannot be answered in time is told so, once a minute in a chat.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bot.chat.telegram.chat_pace import ChatPace
from bot.chat.telegram.documents import TelegramDocuments
from bot.chat.telegram.membership_handler import MembershipHandler
from bot.chat.telegram.sender import TelegramSender
from bot.delivery.rate_limiter import RateLimiter
from bot.domain.errors import BadMessage, ChatMoved, DeliveryError, NotAllowed, RetryLater
from bot.domain.place import Place
from bot.language.translation import marked, tr, written_in
from bot.messages.cards.errors import crowded_card
from bot.messages.model import Message, without_document

log = structlog.get_logger()

_LONGEST_WAIT_S = 30.0  # whoever asked has given up by then
_NO_FILES = marked("The file is left out: the bot may not send files here.")
_LONGEST_NOTICE_WAIT_S = 60.0  # a group that has had its 20 messages of a minute takes the next one within a minute


# Of the 30 messages a second 29 at most are alerts (SLOT_LATENESS_S); the last one is for an answer that need not wait
# behind them, and that comes through while sending is stopped: `/status` says then that it is.
_SPARE_INTERVAL_S = 1.0


class WaitTooLong(DeliveryError):
    """An answer would have to wait for more than 30 s; `in_chat` says that it is the chat where too much is asked."""

    def __init__(self, reason: str, *, in_chat: bool) -> None:
        super().__init__(reason)
        self.in_chat = in_chat


class AnswerSender:
    """Sends answers; `sleep` waits so many seconds, `clock` is the monotonic time that passes meanwhile."""

    def __init__(  # noqa: PLR0913 — what sends, and what time and the platform's rate are
        self,
        sender: TelegramSender,
        membership: MembershipHandler,
        documents: TelegramDocuments,
        *,
        rate_limiter: RateLimiter,
        sleep: Callable[[float], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._sender = sender
        self._membership = membership
        self._documents = documents
        self._rate_limiter = rate_limiter
        self._sleep = sleep
        self._clock = clock
        self._pace = ChatPace()
        self._spare_at = clock()  # when the next answer may go without a slot
        self._slot_lock = asyncio.Lock()  # fair: answers leave in the order in which their chats' turns came

    async def send(
        self, place: Place, message: Message, reply_to: str | None = None, *, replaced: str | None = None
    ) -> bool:
        """Send an answer and return whether it arrived; a refusal is logged.

        `replaced` is the id of the message whose place it takes; where that cannot be edited it is a new message.
        """
        try:
            await self._send_in_turn(place, message, reply_to, replaced)
        except WaitTooLong as crowd:
            if crowd.in_chat:
                await self._say_crowded(place)
            else:
                log.info("telegram answer not delivered", place=str(place), error=str(crowd))
            return False
        except DeliveryError as error:
            log.info("telegram answer not delivered", place=str(place), error=str(error))
            return False
        return True

    async def _send_in_turn(self, place: Place, message: Message, reply_to: str | None, replaced: str | None) -> None:
        """Send an answer when its turn has come, again after a pause and to a new address; raise DeliveryError."""
        deadline = self._clock() + _LONGEST_WAIT_S
        has_moved = False
        while True:
            await self._wait_for_chat(place, deadline)
            if not await self._take_slot(place, deadline):
                continue
            try:
                await self._deliver(place, message, reply_to, replaced)
            except RetryLater as busy:
                await self._wait_out(place, busy, deadline)
            except ChatMoved as moved:
                if has_moved:
                    raise
                has_moved = True
                await self._membership.move(place, moved.moved_to.chat)
                place = moved.moved_to
            else:
                return

    async def _deliver(self, place: Place, message: Message, reply_to: str | None, replaced: str | None) -> None:
        """Edit the message whose place the answer takes, or send it; raise DeliveryError."""
        if message.document:
            try:
                return await self._documents.send(place, message, message.document, reply_to=reply_to)
            except NotAllowed:  # of files alone, or of any message: the text tells
                with written_in(message.language):
                    message = without_document(message, tr(_NO_FILES))
        if replaced:
            with suppress(BadMessage):  # it was deleted meanwhile
                return await self._sender.edit(place, replaced, message)
        await self._sender.send(place, message, reply_to=reply_to)
        return None

    async def _wait_for_chat(self, place: Place, deadline: float) -> None:
        now = self._clock()
        wait_s = self._pace.reserve(place.chat, now, deadline - now)
        # The pause of a 429 may begin, or grow, while an answer waits for its turn.
        while wait_s:
            await self._sleep(wait_s)
            now = self._clock()
            wait_s = self._pace.pause_left_s(place.chat, now)
            wait_s = wait_s if now + wait_s <= deadline else None
        if wait_s is None:
            raise WaitTooLong("too much is asked in one chat", in_chat=True)

    async def _take_slot(self, place: Place, deadline: float) -> bool:
        """Wait for the next slot and use it; return False, and use none, where the chat was paused meanwhile."""
        async with self._slot_lock:
            if self._pace.pause_left_s(place.chat, self._clock()):
                return False
            while (wait_s := await self._due_in_s()) > 0:
                if self._clock() + wait_s > deadline:
                    raise WaitTooLong("Telegram takes no messages for now", in_chat=False)
                await asyncio.sleep(wait_s)
            return True

    async def _due_in_s(self) -> float:
        """Use the spare message of this second or else a send slot, and return 0; or the seconds until there is one."""
        spare_in_s = self._spare_at - self._clock()
        if spare_in_s <= 0:
            self._spare_at = self._clock() + _SPARE_INTERVAL_S
            return 0.0
        # One slot at a time, where alerts reserve three: in a rush for answers alerts keep most of the rate.
        slot_in_s = await self._rate_limiter.due_in_s(1)
        if slot_in_s <= 0:
            self._rate_limiter.use_slot()
            return 0.0
        return min(spare_in_s, slot_in_s)

    async def _wait_out(self, place: Place, busy: RetryLater, deadline: float) -> None:
        """Prepare for sending again after the pause that was asked for; raise the refusal when that is no use."""
        now = self._clock()
        until = now + busy.after.total_seconds()
        if busy.rate_limited:
            # The other answers to this chat wait too. Alerts do not: whoever floods two chats must not silence them.
            self._pace.pause(place.chat, now, until)
            return  # the next turn comes after that pause, or is too far away
        # Ambiguous: the answer may have arrived, and twice the same is worse than asking once more.
        if busy.ambiguous or until > deadline:
            raise busy
        await self._sleep(until - now)

    async def _say_crowded(self, place: Place) -> None:
        """Say once a minute that not everything asked in a chat is answered."""
        wait_s = self._pace.reserve_notice(place.chat, self._clock())
        if wait_s is None or wait_s > _LONGEST_NOTICE_WAIT_S:
            return
        log.info("telegram answers not delivered", place=str(place), reason="too much is asked in one chat")
        if wait_s > 0:
            await self._sleep(wait_s)
        try:
            if await self._take_slot(place, self._clock() + _LONGEST_WAIT_S):
                await self._sender.send(place, crowded_card(is_group=place.chat.startswith("-")))
        except DeliveryError as error:
            log.info("telegram answer not delivered", place=str(place), error=str(error))
