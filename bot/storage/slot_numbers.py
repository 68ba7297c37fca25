"""The numbers of an exchange's slots, by which packed readings name them (the key SLOTS of keys.py).

("Tron", "USDT") may be number 0 of Binance and ("Bitcoin", "BTC") number 1. A number once given never changes, and the
numbers have no gaps. A name that turns out to be another one of an asset keeps its number, and stands for the asset:
("Arbitrum", "USD₮0"), number 7, is read as ("Arbitrum", "USDT").
"""

from collections.abc import Iterable, Mapping
from sys import intern

import msgspec

from bot.domain.assets import asset_name
from bot.domain.reading import Layouts, Slot
from bot.storage.connection import Database
from bot.storage.keys import KeyName
from bot.storage.lua import script

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Slot)


class SlotNumbers:
    """The numbers that this process knows of one exchange; another process may have given more since."""

    def __init__(self, database: Database, key: KeyName) -> None:
        self._database = database
        self._key = key
        self.numbers: dict[Slot, int] = {}
        self.layouts = Layouts([])

    async def load(self) -> None:
        """Read every number given so far; raise StorageError."""
        numbers = await self._database.command("HGETALL", self._key)
        read: dict[Slot, int] = {}
        for body, text in numbers.items():
            number = int(text)
            # What stands in the readings under this number is then a part of its own, and every other one stays right.
            slot = await self._database.decoded(_decoder.decode, body, self._key, text)
            read[_shared(slot) if slot else Slot("unknown", f"unreadable {number}")] = number
        self._set(read)

    async def ensure(self, slots: Iterable[Slot]) -> None:
        """Give a number to each of the slots that has none yet; raise StorageError."""
        new = list(dict.fromkeys(slot for slot in slots if slot not in self.numbers))
        if new:
            await self._database.script(script("number_slots"), self._key, *map(_encoder.encode, new))
            await self.load()

    def _set(self, numbers: Mapping[Slot, int]) -> None:
        self.numbers = dict(numbers)
        in_order = sorted(numbers, key=numbers.__getitem__)
        self.layouts = Layouts([_of_asset(slot) for slot in in_order])


def _shared(slot: Slot) -> Slot:
    """Return a slot whose names are the same objects in all exchanges: most have the same chains and tokens."""
    return Slot(intern(slot.chain), intern(slot.asset))


def _of_asset(slot: Slot) -> Slot:
    name = asset_name(slot.asset)
    return slot if name == slot.asset else Slot(slot.chain, name)
