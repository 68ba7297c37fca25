"""Looks after places that are switched off: says once that one was, and asks once a day whether it is open again.

A group removes the bot at noon: `retry_policy` switches the place off, within five minutes whoever subscribed it is
told in private, in the language of their chat or else of the group (where that cannot be, the operator is, in English),
and from the next day on the platform is asked daily. As soon as the bot may write there again the place is on again.
After 30 days off it is forgotten (`service/upkeep.py`).
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from uuid import uuid4

import structlog

from bot.delivery.operator_notices import OperatorNotices
from bot.domain.errors import ChatMoved, DeliveryError, RetryLater, StorageError
from bot.domain.place import Obstacle, Place, Subscription
from bot.domain.place_settings import AUTOMATIC
from bot.language.languages import ENGLISH
from bot.language.translation import written_in
from bot.messages.cards.places import ClosedPlace, closed_card
from bot.ports.chat import ProbingPlatform
from bot.ports.place_settings import PlaceSettingsStore
from bot.ports.sources import Clock
from bot.ports.subscriptions import PlaceTrouble, Subscriptions

log = structlog.get_logger()

PLACE_CHECK_INTERVAL = timedelta(minutes=5)
"""How often `check_places` is to be called: with 50 places each time it gets through 14,400 a day."""
_PLACES_PER_CHECK = 50
_CALL_GAP_S = 1.0  # probes and private messages count against the limits that alerts need
_PROBE_INTERVAL = timedelta(days=1)
_RETRY_INTERVAL = timedelta(hours=1)  # when the platform did not answer
_BY_ITS_ONLY_READER = frozenset((Obstacle.BLOCKED, Obstacle.DEACTIVATED))
_TOPIC_OBSTACLES = frozenset((Obstacle.TOPIC_CLOSED, Obstacle.TOPIC_DELETED))


class PlaceRecovery:
    """Looks after the places of the platforms that `connected` returns: those this worker listens to right now."""

    def __init__(  # noqa: PLR0913 — what it asks, and whom it tells
        self,
        connected: Callable[[], Sequence[ProbingPlatform]],
        *,
        subscriptions: Subscriptions,
        place_settings: PlaceSettingsStore,
        clock: Clock,
        operator: OperatorNotices,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._connected = connected
        self._subscriptions = subscriptions
        self._place_settings = place_settings
        self._clock = clock
        self._operator = operator
        self._sleep = sleep

    async def check_places(self) -> None:
        """Check the places that are due, up to 50 on each platform, a second apart; raise StorageError."""
        now = self._clock.now()
        for chat in self._connected():
            checks = await self._subscriptions.claim_place_checks(
                chat.platform, now=now, again=now + _PROBE_INTERVAL, limit=_PLACES_PER_CHECK
            )
            # The first check only announces: the place was refused a moment ago, asking again would tell nothing new.
            await self._announce(chat, [check.trouble for check in checks if check.first])
            await self._probe_places(
                chat, [check.trouble.place for check in checks if not check.first and _can_be_probed(check.trouble)]
            )

    async def _probe_places(self, chat: ProbingPlatform, places: Sequence[Place]) -> None:
        """Probe places one by one; once the platform does not answer, the remaining ones are put off."""
        for number, place in enumerate(places):
            await self._pause_before(number)
            if not await self._probe(chat, place):
                for unprobed in places[number:]:
                    await self._subscriptions.check_place_again(unprobed, self._clock.now() + _RETRY_INTERVAL)
                return

    async def _pause_before(self, number: int) -> None:
        """Pause before every call but the first, which has number 0."""
        if number:
            await self._sleep(_CALL_GAP_S)

    async def _probe(self, chat: ProbingPlatform, place: Place) -> bool:
        """Probe a place and act on the answer; return whether the platform gave one."""
        try:
            await chat.probe(place)
        except RetryLater as error:
            log.info("place checks postponed: platform away", platform=str(chat.platform), reason=str(error))
            return False
        except ChatMoved as moved:
            await self._subscriptions.move(place, moved.moved_to)
        except DeliveryError as refusal:
            log.debug("place still unreachable", place=str(place), reason=str(refusal))
        else:
            await self._subscriptions.clear_trouble(place)
            log.info("place reachable again", place=str(place))
        return True

    async def _announce(self, chat: ProbingPlatform, troubles: Sequence[PlaceTrouble]) -> None:
        """Tell each person who set places up which of them are off, all in one message; else tell the operator."""
        closed_by_person: defaultdict[str, list[tuple[Place, ClosedPlace]]] = defaultdict(list)
        for trouble in troubles:
            subscription = await self._newest_subscription(trouble.place)
            if subscription and not _is_announced_elsewhere(trouble):
                name = subscription.title or str(subscription.place)
                closed = ClosedPlace(name, trouble.obstacle, trouble.reason)
                closed_by_person[subscription.created_by].append((subscription.place, closed))
        not_announced: list[ClosedPlace] = []
        for number, (person, closed_there) in enumerate(closed_by_person.items()):
            await self._pause_before(number)
            places, all_closed = [place for place, _ in closed_there], [closed for _, closed in closed_there]
            if not await self._announce_to(chat, person, all_closed, places):
                not_announced += all_closed
        if not_announced:
            await self._operator.send(closed_card(not_announced), uuid4().hex)

    async def _newest_subscription(self, place: Place) -> Subscription | None:
        return max(
            await self._subscriptions.of_whole_chat(place),
            key=lambda subscription: subscription.created_at.timestamp() if subscription.created_at else 0.0,
            default=None,
        )

    async def _announce_to(
        self, chat: ProbingPlatform, person: str, closed: Sequence[ClosedPlace], places: Sequence[Place]
    ) -> bool:
        """Tell a person which places are off, and return whether that arrived."""
        try:
            private_chat = await chat.private_place(person)
            with written_in(await self._language([private_chat, *places])):
                card = closed_card(closed)
            await chat.send(private_chat, card, key=uuid4().hex)
        except DeliveryError as error:  # most often: the person never spoke to the bot, which may not write first
            log.info("private notice not delivered", platform=str(chat.platform), reason=str(error))
            return False
        return True

    async def _language(self, places: Sequence[Place]) -> str:
        """Return the first language that any of the places has set, else English; so while the store is away."""
        try:
            settings = await self._place_settings.of_places(places)
        except StorageError:
            return ENGLISH
        return next((set_there.language for set_there in settings if set_there.language != AUTOMATIC), ENGLISH)


def _is_announced_elsewhere(trouble: PlaceTrouble) -> bool:
    """Return whether nobody has to be told: its only reader did it, or a group's General topic says so already."""
    is_in_topic = trouble.place.thread is not None
    return trouble.obstacle in _BY_ITS_ONLY_READER or (is_in_topic and trouble.obstacle in _TOPIC_OBSTACLES)


def _can_be_probed(trouble: PlaceTrouble) -> bool:
    """Return whether a probe can tell: no call but sending a message shows that a topic is still closed."""
    return trouble.obstacle is not Obstacle.TOPIC_CLOSED
