"""Where deliveries wait for their turn: the most urgent leaves first, and one of a chat at a time."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count

from bot.domain.place import Place
from bot.ports import Delivery

_Seat = tuple[int, int, Delivery]

_SHARE = 2  # how many of one chat may wait at a time, so that a busy chat does not fill the room


class WaitingRoom:
    """Deliveries of one platform that were taken from the outbox and are not under way yet.

    It is small, for what is committed meanwhile may be more urgent. `ready` is set while somebody may leave, `roomy`
    while more should be fetched, and from when it is closed: then nobody has to wait for room.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._numbers = count()
        self._queue: list[_Seat] = []
        self._busy: set[str] = set()
        self._here: Counter[str] = Counter()
        self._behind: dict[str, list[_Seat]] = {}
        self._is_still = self._is_closed = False
        self.ready = asyncio.Event()
        self.roomy = asyncio.Event()
        self._look()

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._queue) + sum(map(len, self._behind.values()))

    @property
    def space(self) -> int:
        """Return how many more fit in."""
        return max(0, self._size - len(self))

    def is_full_for(self, place: Place) -> bool:
        """Return whether enough wait for a chat."""
        return self._here[place.chat] >= _SHARE

    def add(self, delivery: Delivery) -> None:
        """Let a delivery wait, behind those that are as urgent."""
        self._here[delivery.place.chat] += 1
        self._sit((_rank(delivery), next(self._numbers), delivery))
        self._look()

    def leave(self) -> Delivery | None:
        """Return the most urgent delivery to a chat at rest, which is busy then until `rest`; None without one."""
        found = None
        while self._queue and found is None:
            seat = heappop(self._queue)
            if seat[2].place.chat in self._busy:
                self._sit(seat)
            else:
                found = seat[2]
                self._busy.add(found.place.chat)
                self._forget([seat])
        self._look()
        return found

    def rest(self, place: Place, seconds: float) -> None:
        """Leave a busy chat alone for some seconds; then the next one to it may leave."""
        asyncio.get_running_loop().call_later(seconds, self._wake, place.chat)

    def empty(self, chat: str | None = None) -> list[Delivery]:
        """Return everybody who waits, or those who wait behind others for one chat, and let them go."""
        seats = self._behind.pop(chat, []) if chat else sum(self._behind.values(), self._queue)
        if chat is None:
            self._queue, self._behind = [], {}
        self._forget(seats)
        self._look()
        return [delivery for _, _, delivery in sorted(seats)]

    def stand_still(self, *, still: bool) -> None:
        """Let no more be fetched, or again."""
        self._is_still = still
        self._look()

    def close(self) -> None:
        """Release whoever waits for room, now and later."""
        self._is_closed = True
        self._look()

    def _forget(self, seats: Iterable[_Seat]) -> None:
        for _, _, delivery in seats:
            chat = delivery.place.chat
            self._here[chat] -= 1
            if not self._here[chat]:
                del self._here[chat]

    def _wake(self, chat: str) -> None:
        self._busy.discard(chat)
        for seat in self._behind.pop(chat, ()):
            heappush(self._queue, seat)
        self._look()

    def _sit(self, seat: _Seat) -> None:
        chat = seat[2].place.chat
        if chat in self._busy:
            self._behind.setdefault(chat, []).append(seat)
        else:
            heappush(self._queue, seat)

    def _look(self) -> None:
        """Bring the two events up to date."""
        is_roomy = self._is_closed or (not self._is_still and len(self) <= self._size // 2)
        for event, holds in ((self.ready, bool(self._queue)), (self.roomy, is_roomy)):
            if holds:
                event.set()
            else:
                event.clear()


def _rank(delivery: Delivery) -> int:
    """Return how urgent a delivery is, 0 the most; what only tidies up comes last."""
    return 4 if delivery.older else 4 - delivery.severity.rank
