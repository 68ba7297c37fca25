"""Looks after places that are switched off: says once that one was, and asks once a day whether it is open again."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import uuid4

import structlog

from bot.delivery.operator_notices import OperatorNotices
from bot.domain.errors import ChatMoved, DeliveryError, RetryLater
from bot.domain.place import Obstacle, Place, Subscription
from bot.messages.cards.places import ClosedPlace, closed_card, why_closed
from bot.ports.chat import ProbingPlatform
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceTrouble, Subscriptions

log = structlog.get_logger()

EVERY = timedelta(minutes=5)
"""How often `look_after` is to be called: with 50 places a time all of 14,400 are asked within a day."""
_AT_A_TIME = 50
_GAP = 1.0
_AGAIN = timedelta(days=1)
_SOONER = timedelta(hours=1)
_DONE_BY_THE_READER = frozenset((Obstacle.BLOCKED, Obstacle.DEACTIVATED))
_OF_A_TOPIC = frozenset((Obstacle.TOPIC_CLOSED, Obstacle.TOPIC_DELETED))


class PlaceRecovery:
    """Looks after the places of the platforms that `connected` returns: those this worker listens to right now."""

    def __init__(
        self,
        connected: Callable[[], Sequence[ProbingPlatform]],
        *,
        subscriptions: Subscriptions,
        clock: Clock,
        operator: OperatorNotices,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._connected = connected
        self._subscriptions = subscriptions
        self._clock = clock
        self._operator = operator
        self._sleep = sleep

    async def check_places(self) -> None:
        """Look after the places whose turn has come, a few on each platform, a second apart; raise StorageError."""
        now = self._clock.now()
        for chat in self._connected():
            due = await self._subscriptions.claim_place_checks(
                chat.platform, now=now, again=now + _AGAIN, limit=_AT_A_TIME
            )
            await self._tell(chat, [check.trouble for check in due if check.first])
            await self._probe_places(
                chat, [check.trouble.place for check in due if not check.first and _can_be_asked(check.trouble)]
            )

    async def _probe_places(self, chat: ProbingPlatform, places: Sequence[Place]) -> None:
        """Ask about places one by one; once the platform is away the others have to wait."""
        for number, place in enumerate(places):
            await self._pause_before(number)
            if not await self._probe(chat, place):
                for late in places[number:]:
                    await self._subscriptions.check_place_again(late, self._clock.now() + _SOONER)
                return

    async def _pause_before(self, number: int) -> None:
        """Keep a second between two calls."""
        if number:
            await self._sleep(_GAP)

    async def _probe(self, chat: ProbingPlatform, place: Place) -> bool:
        """Ask about a place and do what the answer says; return whether there was one."""
        try:
            await chat.probe(place)
        except RetryLater as away:
            log.info("places not asked about", platform=str(chat.platform), reason=str(away))
            return False
        except ChatMoved as moved:
            await self._subscriptions.move(place, moved.moved_to)
        except DeliveryError as closed:
            log.debug("place still closed", place=str(place), reason=str(closed))
        else:
            await self._subscriptions.clear_trouble(place)
            log.info("place open again", place=str(place))
        return True

    async def _tell(self, chat: ProbingPlatform, troubles: Sequence[PlaceTrouble]) -> None:
        """Tell whoever set a place up or, where they cannot be reached, the operator."""
        by_person: defaultdict[str, list[ClosedPlace]] = defaultdict(list)
        for trouble in troubles:
            subscription = await self._newest(trouble.place)
            if subscription and not _is_known(trouble):
                name = subscription.title or str(subscription.place)
                by_person[subscription.created_by].append((name, why_closed(trouble.obstacle, trouble.reason)))
        unheard: list[ClosedPlace] = []
        for number, (person, closed) in enumerate(by_person.items()):
            await self._pause_before(number)
            if not await self._notify(chat, person, closed):
                unheard += closed
        if unheard:
            await self._operator.send(closed_card(unheard), uuid4().hex)

    async def _newest(self, place: Place) -> Subscription | None:
        """Return the subscription behind a place that was set up last, None when there is none."""
        found = await self._subscriptions.of_whole_chat(place)
        return max(
            found,
            key=lambda subscription: subscription.created_at.timestamp() if subscription.created_at else 0.0,
            default=None,
        )

    async def _notify(self, chat: ProbingPlatform, person: str, closed: Sequence[ClosedPlace]) -> bool:
        try:
            await chat.send(await chat.private_place(person), closed_card(closed), key=uuid4().hex)
        except DeliveryError as error:
            log.info("nobody to tell in person", platform=str(chat.platform), reason=str(error))
            return False
        return True


def _is_known(trouble: PlaceTrouble) -> bool:
    """Return whether it was its only reader's doing, or is told in the General topic, unless it is that one."""
    in_a_topic = trouble.place.thread is not None
    return trouble.obstacle in _DONE_BY_THE_READER or (in_a_topic and trouble.obstacle in _OF_A_TOPIC)


def _can_be_asked(trouble: PlaceTrouble) -> bool:
    """Return whether anything but a message would tell: nothing else shows that a topic is closed still."""
    return trouble.obstacle is not Obstacle.TOPIC_CLOSED
