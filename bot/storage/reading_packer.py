"""Packs readings for the store and unpacks them; packed readings name slots by number (reading_encoding.py).

The numbers of an exchange's slots are read once and cached. A reading that another process packed may have a number
that is not known here yet: the numbers are read again then.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from hashlib import blake2b

from bot.domain.reading import Reading
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.reading_encoding import pack, unpack
from bot.storage.slot_numbers import SlotNumbers
from bot.storage.unreadable_values import UNREADABLE_ERRORS


class ReadingPacker:
    """Packs and unpacks the readings of all exchanges; every method may raise StorageError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._slot_numbers: dict[str, SlotNumbers] = {}

    async def packed(self, exchange: str, readings: Sequence[Reading]) -> AsyncIterator[tuple[Reading, bytes]]:
        """Yield readings of one exchange, each with its bytes."""
        slot_numbers = await self._numbers_of(exchange)
        for reading in readings:
            await slot_numbers.ensure((*reading.holdings, *reading.impossible_slots, *reading.zero_slots))
            yield reading, pack(reading, slot_numbers.numbers)
            await asyncio.sleep(0)  # packing takes up to 0.3 ms; other tasks get their turn in between

    async def unpacked(self, exchange: str, blob: bytes) -> Reading:
        """Return the reading that was packed."""
        slot_numbers = await self._numbers_of(exchange)
        try:
            return unpack(blob, exchange, slot_numbers.layouts)
        except IndexError:  # packed by another process, with slots that this one has not seen yet
            await slot_numbers.load()
            return unpack(blob, exchange, slot_numbers.layouts)

    async def readable(self, exchange: str, key: keys.KeyName, blob: bytes) -> Reading | None:
        """Return the reading in a member of a sorted set; None when it cannot be read, which is taken out of the set.

        It is copied aside first. In the set it would be found again by everybody who asks for the newest reading, and
        stop the scripts that compare a reading with the one before it.
        """
        try:
            return await self.unpacked(exchange, blob)
        except UNREADABLE_ERRORS as error:
            # Its time may be what is damaged, so that it is named by a digest.
            digest = blake2b(blob, digest_size=8).hexdigest()
            await self._database.unreadable.set_aside(blob, f"{self._database.prefix}{key}", digest, error)
            await self._database.command("ZREM", key, blob)
            return None

    async def _numbers_of(self, exchange: str) -> SlotNumbers:
        if exchange not in self._slot_numbers:
            slot_numbers = SlotNumbers(self._database, keys.SLOTS.key(exchange))
            await slot_numbers.load()
            self._slot_numbers[exchange] = slot_numbers
        return self._slot_numbers[exchange]
