"""How much is done while the event loop can do nothing else, counted in pieces of work and not in seconds.

Seconds depend on the machine; `make bench` measures them. A test counts what is handled between two turns of the loop:

    async with turns() as turn:
        ...                 # calls turn.count(900) for every reading of 900 slots
    assert turn.most <= 10 * 900
"""

import asyncio
from collections.abc import AsyncIterator, ItemsView, Iterator, Mapping
from contextlib import asynccontextmanager

from bot.domain.reading import Holding, Slot
from tests.waiting import stop


class Turn:
    """Counts what is handled in the present turn of the loop; `most` is the largest count of any turn."""

    def __init__(self) -> None:
        self.most = 0
        self._present = 0

    def count(self, pieces: int) -> None:
        """Count pieces of work."""
        self._present += pieces
        self.most = max(self.most, self._present)

    def begin(self) -> None:
        """Count from zero again, for others had their turn."""
        self._present = 0


@asynccontextmanager
async def turns() -> AsyncIterator[Turn]:
    """Begin a new count whenever the loop has turned, as long as the block lasts."""
    turn = Turn()

    async def keep_turning() -> None:
        while True:
            await asyncio.sleep(0)
            turn.begin()

    turning = asyncio.create_task(keep_turning())
    try:
        yield turn
    finally:
        await stop(turning)


class CountedHoldings(Mapping[Slot, Holding]):
    """Holdings that count every slot that somebody reads."""

    def __init__(self, holdings: Mapping[Slot, Holding], turn: Turn) -> None:
        self._holdings = holdings
        self._turn = turn

    def __len__(self) -> int:
        return len(self._holdings)

    def __iter__(self) -> Iterator[Slot]:
        for slot in self._holdings:
            self._turn.count(1)
            yield slot

    def __getitem__(self, slot: Slot) -> Holding:
        return self._holdings[slot]

    def items(self) -> ItemsView[Slot, Holding]:
        return ItemsView(self)
