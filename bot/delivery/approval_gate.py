"""Holds the first post of an incident until a moderator has released it, where a place wants that (`approval on`).

A delivery that waits is postponed and comes back every 15 s, so that a decision counts in whichever worker. Who is
asked: on Telegram the moderator who switched it on, in their own chat with the bot; where that cannot be, where they
have not decided within half an hour, and on Discord, the place itself, in a message that does not say what the alert
says, with buttons for moderators. When it gets worse while it waits, it is asked about anew. All of that is in the
language of the alert, which is its place's.

Never held: what is critical, what follows a message that is there already, and what is no incident (digests, tests).
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

import structlog

from bot.delivery.rate_limiter import RateLimiter
from bot.delivery.stored_writes import retry_until_stored
from bot.domain.approval import Approval, ApprovalDecision
from bot.domain.errors import ChatMoved, DeliveryError, RetryLater, StorageError
from bot.domain.place import Place, Platform
from bot.domain.place_settings import PlaceSettings
from bot.domain.severity import Severity
from bot.language.translation import written_in
from bot.messages.cards.approval import asked_here_card, asked_privately_card, not_released_card
from bot.messages.model import Message
from bot.ports.approvals import Approvals
from bot.ports.chat import ChatPlatform
from bot.ports.outbox import Delivery, DeliveryKind
from bot.ports.sources import Clock
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

NOT_RELEASED = "not released"
"""Why a delivery is dropped, as a label of the metric."""
_COMES_BACK_S = 15.0
# Questions under way: seven seconds of them at Telegram's rate, which a stop waits for. The others come back anyway.
_MOST_BEING_ASKED = 200
_LONGEST_SLOT_WAIT_S = 5.0
_INCIDENT = "INC-"


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """What becomes of a delivery: sent as `delivery`, or dropped for a `reason`, or back in `pause_s`.

    `to_ask` is the approval for which a moderator has to be asked first.
    """

    delivery: Delivery
    reason: str = ""
    pause_s: float = 0.0
    to_ask: Approval | None = None


class ApprovalGate:
    """Decides about the deliveries of one platform."""

    def __init__(
        self,
        approvals: Approvals,
        chat: ChatPlatform,
        *,
        subscriptions: Subscriptions,
        clock: Clock,
        rate_limiter: RateLimiter,
    ) -> None:
        self._approvals = approvals
        self._chat = chat
        self._subscriptions = subscriptions
        self._clock = clock
        self._rate_limiter = rate_limiter
        self._slot_lock = asyncio.Lock()
        self._being_asked: set[tuple[Place, str]] = set()

    @staticmethod
    def concerns(delivery: Delivery, settings: PlaceSettings) -> bool:
        """Return whether a delivery may have to wait for a moderator."""
        return settings.approval and delivery.incident.startswith(_INCIDENT) and not delivery.older

    async def verdict(self, delivery: Delivery) -> GateVerdict:
        """Return what becomes of a delivery; while the store is away it waits. Never raises."""
        try:
            return await self._verdict(delivery)
        except StorageError as error:
            log.warning("approval not read, the alert waits", place=str(delivery.place), error=str(error))
            return GateVerdict(delivery, pause_s=_COMES_BACK_S)

    async def _verdict(self, delivery: Delivery) -> GateVerdict:
        approval, now = await self._approvals.get(delivery.place, name_of(delivery)), self._clock.now()
        if delivery.severity is Severity.CRITICAL:
            return await self._passed(delivery, approval)
        if approval is None:
            if delivery.sent_here or delivery.kind in {DeliveryKind.CLOSE, DeliveryKind.REPLY}:
                return GateVerdict(delivery)  # it was posted before approval was switched on
            return await self._begun(delivery, None)
        return await self._asked(delivery, approval, now)

    async def _asked(self, delivery: Delivery, approval: Approval, now: datetime) -> GateVerdict:
        """Return what becomes of a delivery that was asked about, or will be in a moment."""
        if approval.decision is ApprovalDecision.POST:
            return GateVerdict(delivery)
        if _got_worse(delivery, approval):
            return await self._begun(delivery, approval)
        if approval.decision is ApprovalDecision.DISCARD or approval.is_over(now):
            return _not_released(delivery, approval)
        return GateVerdict(delivery, pause_s=_COMES_BACK_S, to_ask=approval if approval.is_to_be_asked(now) else None)

    async def _passed(self, delivery: Delivery, approval: Approval | None) -> GateVerdict:
        """Return that a critical delivery is sent, and let what follows of the incident be sent as well."""
        if approval and approval.decision is not ApprovalDecision.POST:
            after = replace(approval, decision=ApprovalDecision.POST)
            await self._approvals.put(delivery.place, name_of(delivery), before=approval, after=after)
        return GateVerdict(delivery)

    async def _begun(self, delivery: Delivery, before: Approval | None) -> GateVerdict:
        """Return that a delivery waits, and that a moderator has to be asked."""
        approval = Approval(delivery.severity, self._clock.now())
        is_begun = await self._approvals.put(delivery.place, name_of(delivery), before=before, after=approval)
        return GateVerdict(delivery, pause_s=_COMES_BACK_S, to_ask=approval if is_begun else None)

    async def ask(self, delivery: Delivery, approval: Approval, settings: PlaceSettings) -> None:
        """Ask a moderator, and remember that; what fails is logged, and tried again when the delivery comes back.

        Questions keep to the rate of alerts. One that takes longer than the delivery takes to come back is asked once.
        """
        question = delivery.place, name_of(delivery)
        if question in self._being_asked or len(self._being_asked) >= _MOST_BEING_ASKED:
            return
        self._being_asked.add(question)
        try:
            if await self._take_slot(delivery.place):
                await self._ask(delivery, approval, settings)
        finally:
            self._being_asked.discard(question)

    async def _take_slot(self, place: Place) -> bool:
        """Wait for a send slot and use it; return False, and use none, where that takes long or the chat is paused."""
        async with self._slot_lock:
            while (wait_s := await self._rate_limiter.due_in_s(1)) > 0:
                if wait_s > _LONGEST_SLOT_WAIT_S:
                    return False
                await asyncio.sleep(wait_s)
            if self._rate_limiter.pause_left_s(place.chat):
                return False
            self._rate_limiter.use_slot()
            return True

    async def _ask(self, delivery: Delivery, approval: Approval, settings: PlaceSettings) -> None:
        try:
            is_private = not approval.is_asked and await self._ask_privately(delivery, settings)
            if not is_private:
                with written_in(delivery.message.language):
                    card = asked_here_card(name_of(delivery))
                await self._send(delivery.place, replace(card, silent=delivery.message.silent))  # in quiet hours
            after = replace(approval, is_asked=True, is_asked_here=not is_private)
            await self._approvals.put(delivery.place, name_of(delivery), before=approval, after=after)
        except ChatMoved as error:
            # The alert itself would find the new address only after nobody there was asked.
            moved_to = error.moved_to
            log.info("chat moved", place=str(delivery.place), to=str(moved_to))
            await retry_until_stored(lambda: self._subscriptions.move(delivery.place, moved_to))
        except (DeliveryError, StorageError) as error:
            log.warning("moderator not asked about an alert", place=str(delivery.place), error=str(error))

    async def _ask_privately(self, delivery: Delivery, settings: PlaceSettings) -> bool:
        """Ask who switched approval on in their own chat with the bot, and return whether that arrived."""
        place = delivery.place
        # On Discord rights can be checked in the server alone; a topic, or a small group, has no name in a command.
        can_be_named = place.platform is Platform.TELEGRAM and place.chat.startswith("-100") and place.thread is None
        # An administrator who stays anonymous has the id of the group itself, in which everybody would read the alert.
        if not can_be_named or not settings.approver.isdecimal():
            return False
        with written_in(delivery.message.language):
            card = asked_privately_card(delivery.message, name_of(delivery), place.chat)
        try:
            # A private chat of Telegram has the id of its person.
            await self._send(Place(Platform.TELEGRAM, settings.approver), card)
        except DeliveryError as error:
            if isinstance(error, RetryLater) and error.rate_limited:
                raise
            log.info("moderator cannot be asked in private", place=str(place), error=str(error))
            return False
        return True

    async def _send(self, place: Place, card: Message) -> None:
        try:
            await self._chat.send(place, card, key=uuid4().hex)
        except RetryLater as busy:
            if busy.rate_limited:
                await self._rate_limiter.slow_down(place, busy)
            raise


def _got_worse(delivery: Delivery, approval: Approval) -> bool:
    """Return whether an alert is worse than what was asked about, in whichever kind of delivery that comes.

    The first that a place hears of an incident is an edit where its size has grown to what the place asks for, and
    where a mute has ended.
    """
    is_about_present = delivery.kind in {DeliveryKind.POST, DeliveryKind.EDIT} and not delivery.edit_only
    return is_about_present and delivery.severity.rank > approval.severity.rank


def _not_released(delivery: Delivery, approval: Approval) -> GateVerdict:
    """Return that an alert is left out, and what says so where nobody has decided and it would be a new message."""
    is_new_message = delivery.kind is DeliveryKind.POST or delivery.sent_here is None
    if approval.decision is None and is_new_message:
        # A reply, where there is an earlier message: that one must not gain the text that nobody has released.
        kind = DeliveryKind.REPLY if delivery.sent_here else delivery.kind
        with written_in(delivery.message.language):
            card = not_released_card(name_of(delivery))
        return GateVerdict(replace(delivery, kind=kind, message=card, publish=False))
    return GateVerdict(delivery, reason=NOT_RELEASED)


def name_of(delivery: Delivery) -> str:
    """Return the incident of a delivery as people call it: `INC-8` of `INC-8:normal`."""
    return delivery.incident.partition(":")[0]
