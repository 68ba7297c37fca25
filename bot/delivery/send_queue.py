"""Deliveries that were claimed from the outbox and wait for their turn: the most urgent first, one per chat at a time.

Critical before severe before elevated before watch; among equals in the order of arrival. Edits that only point to a
newer message come last. While a message to chat 7 is under way (and in the pause after it) the others for chat 7 stand
aside, so that no other chat waits for them.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable
from heapq import heappop, heappush
from itertools import count

from bot.domain.place import Place
from bot.ports.outbox import Delivery

_Entry = tuple[int, int, Delivery]  # rank, order of arrival, and what waits

_MAX_PER_CHAT = 2  # a chat with many alerts must not fill the queue while others could be sent to


class SendQueue:
    """The queue of one platform in one worker.

    It is kept short, because an alert that is committed meanwhile may be more urgent than all that waits here. The
    event `has_ready` is set while a delivery may leave; `has_space` while more should be claimed, which is from half
    full downwards, and for good after `close`, so that nobody waits for space then.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._arrivals = count()
        self._ready: list[_Entry] = []  # a heap
        self._busy_chats: set[str] = set()
        self._behind_busy: dict[str, list[_Entry]] = {}
        self._count_by_chat: Counter[str] = Counter()
        self._is_filling_paused = self._is_closed = False
        self.has_ready = asyncio.Event()
        self.has_space = asyncio.Event()
        self._update_events()

    def __len__(self) -> int:
        """Return how many deliveries wait."""
        return len(self._ready) + sum(map(len, self._behind_busy.values()))

    @property
    def space(self) -> int:
        """Return how many more fit in."""
        return max(0, self._size - len(self))

    def is_full_for(self, place: Place) -> bool:
        """Return whether as many deliveries wait for a chat as may."""
        return self._count_by_chat[place.chat] >= _MAX_PER_CHAT

    def is_free(self, place: Place) -> bool:
        """Return whether nothing is under way to a chat, and nothing waits here for it."""
        return place.chat not in self._busy_chats and not self._count_by_chat[place.chat]

    def reserve(self, place: Place) -> bool:
        """Make a chat busy for something that does not wait here, and return True; False where it is not free."""
        if not self.is_free(place):
            return False
        self._busy_chats.add(place.chat)
        return True

    def add(self, delivery: Delivery) -> None:
        """Add a delivery, behind those that are as urgent."""
        self._count_by_chat[delivery.place.chat] += 1
        self._insert((_rank(delivery), next(self._arrivals), delivery))
        self._update_events()

    def pop(self) -> Delivery | None:
        """Return the most urgent delivery whose chat is free, None without one; the chat is busy until released."""
        delivery = None
        while self._ready and delivery is None:
            entry = heappop(self._ready)
            if entry[2].place.chat in self._busy_chats:  # it became busy after the entry had joined the heap
                self._insert(entry)
            else:
                delivery = entry[2]
                self._busy_chats.add(delivery.place.chat)
                self._uncount([entry])
        self._update_events()
        return delivery

    def release_after(self, place: Place, seconds: float) -> None:
        """Let the next delivery to a busy chat leave in some seconds."""
        asyncio.get_running_loop().call_later(seconds, self._release, place.chat)

    def drain(self, chat: str | None = None) -> list[Delivery]:
        """Remove and return everything that waits, or only what waits behind a busy chat, most urgent first."""
        entries = self._behind_busy.pop(chat, []) if chat else sum(self._behind_busy.values(), self._ready)
        if chat is None:
            self._ready, self._behind_busy = [], {}
        self._uncount(entries)
        self._update_events()
        return [delivery for _, _, delivery in sorted(entries)]

    def pause_filling(self) -> None:
        """Keep `has_space` clear, whatever leaves, until `resume_filling`."""
        self._is_filling_paused = True
        self._update_events()

    def resume_filling(self) -> None:
        """Let `has_space` be set again."""
        self._is_filling_paused = False
        self._update_events()

    def close(self) -> None:
        """Wake whoever waits for space, now and later."""
        self._is_closed = True
        self._update_events()

    def _uncount(self, entries: Iterable[_Entry]) -> None:
        for _, _, delivery in entries:
            chat = delivery.place.chat
            self._count_by_chat[chat] -= 1
            if not self._count_by_chat[chat]:
                del self._count_by_chat[chat]  # else the counter would grow by every chat that ever heard something

    def _release(self, chat: str) -> None:
        self._busy_chats.discard(chat)
        for entry in self._behind_busy.pop(chat, ()):
            heappush(self._ready, entry)
        self._update_events()

    def _insert(self, entry: _Entry) -> None:
        chat = entry[2].place.chat
        if chat in self._busy_chats:
            self._behind_busy.setdefault(chat, []).append(entry)
        else:
            heappush(self._ready, entry)

    def _update_events(self) -> None:
        # From half full only: claiming one at a time would be a request to the store for every message.
        has_space = self._is_closed or (not self._is_filling_paused and len(self) <= self._size // 2)
        for event, is_set in ((self.has_ready, bool(self._ready)), (self.has_space, has_space)):
            if is_set:
                event.set()
            else:
                event.clear()


def _rank(delivery: Delivery) -> int:
    """Return how urgent a delivery is, 0 the most; edits that only point to a newer message are never urgent."""
    return 4 if delivery.older else 4 - delivery.severity.rank
