"""Where deliveries wait for their turn: the most urgent leaves first, and one of a chat at a time."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count

from bot.domain.place import Place
from bot.ports.outbox import Delivery

_QueueEntry = tuple[int, int, Delivery]

_MOST_PER_CHAT = 2  # how many of one chat may wait at a time, so that a busy chat does not fill the room


class SendQueue:
    """Deliveries of one platform that were taken from the outbox and are not under way yet.

    It is small, for what is committed meanwhile may be more urgent. `ready` is set while somebody may leave, `roomy`
    while more should be fetched, and from when it is closed: then nobody has to wait for room.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._numbers = count()
        self._queue: list[_QueueEntry] = []
        self._busy: set[str] = set()
        self._count_by_chat: Counter[str] = Counter()
        self._waiting_by_chat: dict[str, list[_QueueEntry]] = {}
        self._is_paused = self._is_closed = False
        self.has_ready = asyncio.Event()
        self.has_space = asyncio.Event()
        self._update_events()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._queue) + sum(map(len, self._waiting_by_chat.values()))

    @property
    def space(self) -> int:
        """Return how many more fit in."""
        return max(0, self._size - len(self))

    def is_full_for(self, place: Place) -> bool:
        """Return whether enough wait for a chat."""
        return self._count_by_chat[place.chat] >= _MOST_PER_CHAT

    def add(self, delivery: Delivery) -> None:
        """Let a delivery wait, behind those that are as urgent."""
        self._count_by_chat[delivery.place.chat] += 1
        self._insert((_rank(delivery), next(self._numbers), delivery))
        self._update_events()

    def pop(self) -> Delivery | None:
        """Return the most urgent delivery to a chat at rest, which is busy then until `rest`; None without one."""
        found = None
        while self._queue and found is None:
            seat = heappop(self._queue)
            if seat[2].place.chat in self._busy:
                self._insert(seat)
            else:
                found = seat[2]
                self._busy.add(found.place.chat)
                self._uncount([seat])
        self._update_events()
        return found

    def release_after(self, place: Place, seconds: float) -> None:
        """Leave a busy chat alone for some seconds; then the next one to it may leave."""
        asyncio.get_running_loop().call_later(seconds, self._release, place.chat)

    def drain(self, chat: str | None = None) -> list[Delivery]:
        """Return everybody who waits, or those who wait behind others for one chat, and let them go."""
        seats = self._waiting_by_chat.pop(chat, []) if chat else sum(self._waiting_by_chat.values(), self._queue)
        if chat is None:
            self._queue, self._waiting_by_chat = [], {}
        self._uncount(seats)
        self._update_events()
        return [delivery for _, _, delivery in sorted(seats)]

    def pause(self, *, still: bool) -> None:
        """Let no more be fetched, or again."""
        self._is_paused = still
        self._update_events()

    def close(self) -> None:
        """Release whoever waits for room, now and later."""
        self._is_closed = True
        self._update_events()

    def _uncount(self, seats: Iterable[_QueueEntry]) -> None:
        for _, _, delivery in seats:
            chat = delivery.place.chat
            self._count_by_chat[chat] -= 1
            if not self._count_by_chat[chat]:
                del self._count_by_chat[chat]

    def _release(self, chat: str) -> None:
        self._busy.discard(chat)
        for seat in self._waiting_by_chat.pop(chat, ()):
            heappush(self._queue, seat)
        self._update_events()

    def _insert(self, seat: _QueueEntry) -> None:
        chat = seat[2].place.chat
        if chat in self._busy:
            self._waiting_by_chat.setdefault(chat, []).append(seat)
        else:
            heappush(self._queue, seat)

    def _update_events(self) -> None:
        """Bring the two events up to date."""
        is_roomy = self._is_closed or (not self._is_paused and len(self) <= self._size // 2)
        for event, holds in ((self.has_ready, bool(self._queue)), (self.has_space, is_roomy)):
            if holds:
                event.set()
            else:
                event.clear()


def _rank(delivery: Delivery) -> int:
    """Return how urgent a delivery is, 0 the most; what only tidies up comes last."""
    return 4 if delivery.older else 4 - delivery.severity.rank
