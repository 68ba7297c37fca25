"""Posts the pictures of alerts and digests, each as a silent answer to its text, once that has arrived.

The text never waits for its picture and is never lost with it. A picture is posted by the worker that sent the text,
which keeps what waits in memory: where the worker dies, the picture is lost, and nobody posts it twice. It takes a send
slot only while no text of this worker waits for one. It is drawn once, before the first place's turn, however many
places it goes to, while those that are drawn are posted: one that cannot be drawn holds others back for no longer than
one try. It is posted once: what a platform refuses is left out.

Example: INC-8 becomes severe and goes to 5,000 chats on Telegram, which takes three minutes. After that the picture of
its run follows, at twenty a second. Where it could not be drawn, the log says so once and the texts stand alone.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

import structlog

from bot.delivery.picture_refusals import PictureRefusals
from bot.delivery.rate_limiter import RateLimiter
from bot.delivery.send_queue import SendQueue
from bot.domain.errors import DeliveryError, RetryLater, StorageError
from bot.domain.place import Place
from bot.messages.pictures import Picture
from bot.ports.chat import ChatPlatform, PicturePlatform
from bot.ports.meter import Meter
from bot.ports.outbox import Delivery
from bot.ports.pictures import THEMES, DrawnPicture, PictureDrawer
from bot.ports.subscriptions import Subscriptions

log = structlog.get_logger()

_WORTH_POSTING_FOR = timedelta(minutes=15)  # behind its text: who reads that later has `/chart`
_MAX_WAITING = 20_000  # some 300 bytes each; as many as are posted in that time
# Between two of them in one worker: twenty a second leave room for answers. Telegram's sender never pays for one.
_GAP_S = 0.05
_AT_ONCE = 4
_TRIES_TO_DRAW, _BETWEEN_TRIES_S = 3, 5.0  # whoever draws may be busy: many ask for charts when an alert has come
_LONGEST_POST_S = 5.0  # the chat's next text waits meanwhile
_LOOKED_THROUGH = 50  # of those that wait, for one whose chat is free
_MAX_UNDRAWABLE = 16  # pictures that are remembered: each other place would wait for seconds for another failure
_LOOK_AGAIN_S = 0.25  # while texts are sent, or no chat is free


@dataclass(slots=True)
class _Drawing:
    """A picture that waits in some places, and what was drawn of it; the next try to draw it is at `due_s`."""

    picture: Picture
    drawn: DrawnPicture | None = None
    tries: int = 0
    due_s: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """A picture that is to follow a text: its place, the id of the text there, and until when it is worth posting."""

    key: str
    place: Place
    about: str | None
    message_id: str
    drawing: _Drawing
    until_s: float  # on the loop's clock


class PicturePoster:
    """Posts pictures on one platform. `queue` has the texts that wait here, and knows which chats are busy.

    Without a drawer, and on a platform that shows no pictures, there are none.
    """

    def __init__(  # noqa: PLR0913 — the neighbours of one step, each named where they are put together
        self,
        chat: ChatPlatform,
        drawer: PictureDrawer | None,
        *,
        queue: SendQueue,
        rate_limiter: RateLimiter,
        subscriptions: Subscriptions,
        meter: Meter,
    ) -> None:
        self._chat = chat
        self._drawer = drawer
        self._queue = queue
        self._rate_limiter = rate_limiter
        self._subscriptions = subscriptions
        self._meter = meter
        self._refusals = PictureRefusals(chat.platform)
        self._waiting: deque[_Waiting] = deque()
        self._has_waiting = asyncio.Event()
        self._drawings: dict[Picture, _Drawing] = {}
        self._is_drawing = False  # one at a time: whoever draws takes one after another, and no try waits for others
        self._undrawable: deque[Picture] = deque(maxlen=_MAX_UNDRAWABLE)
        self._free_posts = asyncio.Semaphore(_AT_ONCE)

    def add(self, delivery: Delivery, message_id: str) -> None:
        """Let the picture of a delivery follow its text, which was sent as `message_id`."""
        picture = delivery.picture
        if picture is None or self._drawer is None or self._chat.platform not in THEMES:
            return
        if picture in self._undrawable or self._refusals.has_refused(delivery.place):
            return
        if len(self._waiting) >= _MAX_WAITING:
            log.info("picture left out, too many wait", place=str(delivery.place), incident=delivery.incident)
            return
        # The same object for the same picture: every claim reads one of its own from the outbox, 0.1 MB each.
        drawing = self._drawings.setdefault(picture, _Drawing(picture))
        until_s = _now_s() + _WORTH_POSTING_FOR.total_seconds()
        self._waiting.append(
            _Waiting(f"{delivery.key}:picture", delivery.place, delivery.about, message_id, drawing, until_s)
        )
        self._has_waiting.set()

    async def run(self) -> None:
        """Post what waits until cancelled; what waits then, and what is under way, is left out."""
        async with asyncio.TaskGroup() as posts:
            while True:
                try:
                    await self._post_next(posts)
                except Exception:  # with this task all deliveries of the platform would end
                    log.exception("pictures not posted", platform=str(self._chat.platform))
                    await asyncio.sleep(_LOOK_AGAIN_S)

    async def _post_next(self, posts: asyncio.TaskGroup) -> None:
        """Draw or post the next picture in a task of its own when its chat is free, and no text needs the slot."""
        await self._has_waiting.wait()
        waiting = self._first_that_can_go_on()
        if (
            waiting is None
            or self._refusals.are_too_many
            or self._queue.has_ready.is_set()
            or self._free_posts.locked()
        ):
            await asyncio.sleep(_LOOK_AGAIN_S)
            return
        if (drawn := waiting.drawing.drawn) is None:
            self._is_drawing = True
            posts.create_task(self._draw(waiting.drawing))
            return
        if (wait_s := await self._rate_limiter.due_in_s(1)) > 0:
            await asyncio.sleep(min(wait_s, _LOOK_AGAIN_S))
            return
        # Both may have changed meanwhile.
        if not self._queue.has_ready.is_set() and self._queue.reserve(waiting.place):
            self._rate_limiter.use_slot()
            self._remove(waiting)
            posts.create_task(self._post(waiting, drawn))
        await asyncio.sleep(_GAP_S)

    def _first_that_can_go_on(self) -> _Waiting | None:
        """Return the first to post or draw now, of those that have waited longest; forget what came too late.

        The places of a picture whose next try is not due, which may be thousands, are passed over.
        """
        now_s = _now_s()
        while self._waiting and self._waiting[0].until_s <= now_s:
            log.info("picture left out, its text is too old", place=str(self._waiting[0].place))
            self._remove(self._waiting[0])
        going_on = (waiting for waiting in self._waiting if self._can_go_on(waiting.drawing, now_s))
        return next((waiting for waiting in islice(going_on, _LOOKED_THROUGH) if self._is_free(waiting.place)), None)

    def _can_go_on(self, drawing: _Drawing, now_s: float) -> bool:
        return drawing.drawn is not None or (not self._is_drawing and drawing.due_s <= now_s)

    def _is_free(self, place: Place) -> bool:
        return self._queue.is_free(place) and not self._rate_limiter.pause_left_s(place.chat)

    def _remove(self, waiting: _Waiting) -> None:
        self._waiting.remove(waiting)
        if not self._waiting:
            self._has_waiting.clear()
            self._drawings.clear()

    async def _draw(self, drawing: _Drawing) -> None:
        """Try to draw a picture for all places where it waits; leave it out after the last failure. Raise nothing."""
        assert self._drawer is not None  # noqa: S101 — nothing is added without; said for the type checker
        drawing.tries += 1
        try:
            png = await self._drawer.draw(drawing.picture, THEMES[self._chat.platform])
            drawing.drawn = DrawnPicture.of(drawing.picture, png)
        except Exception as error:  # noqa: BLE001 — whatever it was, it costs the picture alone
            drawing.due_s = _now_s() + _BETWEEN_TRIES_S
            if drawing.tries >= _TRIES_TO_DRAW:
                self._leave_out(drawing, error)
        finally:
            self._is_drawing = False

    def _leave_out(self, drawing: _Drawing, error: Exception) -> None:
        """Say once that a picture could not be drawn, and leave it out everywhere."""
        log.warning("picture of alerts not drawn", title=drawing.picture.title, error=repr(error))
        self._undrawable.append(drawing.picture)
        for waiting in [waiting for waiting in self._waiting if waiting.drawing is drawing]:
            self._remove(waiting)

    async def _post(self, waiting: _Waiting, drawn: DrawnPicture) -> None:
        """Post a picture where it is still wanted; raise nothing."""
        try:
            async with asyncio.timeout(_LONGEST_POST_S), self._free_posts:
                if await self._is_still_wanted(waiting):
                    await self._send(waiting, drawn)
        except (DeliveryError, StorageError, TimeoutError) as refusal:
            log.info("picture not posted", place=str(waiting.place), error=repr(refusal))
        except Exception:
            log.exception("picture crashed", place=str(waiting.place))
        finally:
            rest_s = max(
                self._rate_limiter.limit.gap_s(waiting.place), self._rate_limiter.pause_left_s(waiting.place.chat)
            )
            self._queue.release_after(waiting.place, rest_s)

    async def _send(self, waiting: _Waiting, drawn: DrawnPicture) -> None:
        if not isinstance(self._chat, PicturePlatform):
            return
        try:
            await self._chat.send_picture(waiting.place, drawn, key=waiting.key, reply_to=waiting.message_id)
        except DeliveryError as refusal:
            self._refusals.record(waiting.place, refusal)
            if isinstance(refusal, RetryLater) and refusal.rate_limited:  # texts have to keep to the pause, too
                self._meter.count_rate_limited(self._chat.platform)
                await self._rate_limiter.slow_down(waiting.place, refusal)
            raise

    async def _is_still_wanted(self, waiting: _Waiting) -> bool:
        """Return whether a place was neither muted nor left nor moved since its text was sent."""
        (status,) = await self._subscriptions.place_statuses([(waiting.place, waiting.about)])
        is_off = status.trouble is not None and status.trouble.disabled
        # In a chat that has moved there is another message under the id of the text.
        return status.place == waiting.place and status.subscribed and not (is_off or status.mutes)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
