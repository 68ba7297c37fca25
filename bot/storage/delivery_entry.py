"""One delivery as the outbox stores it: what the scripts hand out for it, and the receipt that names it afterwards.

The receipt `1 1768046400000-0 telegram:-100/7` says: the entry 1768046400000-0 in Telegram's stream of priority 1,
which was queued for topic 7 of that chat.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b

import msgspec
from typing_extensions import override

from bot.domain.place import Place
from bot.ports.outbox import Delivery, EarlierMessage
from bot.storage import keys
from bot.storage.alert_payload import AlertPayload
from bot.storage.connection import RedisArgument

DeliveryEntry = tuple[int, str, str, str, str, int, str, str]
"""Priority, entry, alert, place, mention, attempts before, newest message there or "", earlier message or "".

The newest message is the id `sent` of a Delivery; an earlier one is its id and the alert whose text it shows.
"""
_decoder = msgspec.msgpack.Decoder(list[DeliveryEntry])


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where a delivery is: its stream's platform and priority, its entry, and the place it was queued for.

    That place stays the same when the chat moves; it names the lane that the delivery is in.
    """

    priority: int
    entry: str
    place: Place

    @classmethod
    def parse(cls, text: str) -> "Receipt":
        """Read what `str()` wrote."""
        priority, entry, place = text.split(" ", 2)
        return cls(int(priority), entry, Place.parse(place))

    @override
    def __str__(self) -> str:
        return f"{self.priority} {self.entry} {self.place}"

    @property
    def stream(self) -> keys.KeyName:
        """Return the key of the stream that the entry is in."""
        return keys.DELIVERIES.key(self.place.platform, self.priority)

    def script_arguments(self, delivery: Delivery) -> tuple[RedisArgument, ...]:
        """Return the arguments with which the scripts that finish or postpone a delivery begin."""
        return self.place.platform, self.priority, self.entry, delivery.alert, delivery.incident, str(self.place)


def decode_entries(packed: bytes) -> list[DeliveryEntry]:
    """Return the entries that claim_deliveries.lua packed."""
    return _decoder.decode(packed)


def has_text(entry: DeliveryEntry, payloads: Mapping[str, AlertPayload]) -> bool:
    """Return whether the alert of an entry is there, and that of the earlier message which it edits, if any."""
    _, _, alert, *_, older = entry
    return alert in payloads and (not older or older.partition(" ")[2] in payloads)


def delivery_of(entry: DeliveryEntry, payloads: Mapping[str, AlertPayload]) -> Delivery:
    """Return the delivery of an entry; `payloads` are those of the alerts, by id."""
    priority, entry_id, alert, queued_for, mention, attempt, sent, older = entry
    place = Place.parse(queued_for)
    payload = payloads[alert]
    message = replace(payload.message, mention=mention) if mention else payload.message
    return Delivery(
        # Of the same length for every alert and place.
        key=blake2b(f"{alert}\n{queued_for}".encode(), digest_size=16).hexdigest(),
        receipt=str(Receipt(priority, entry_id, place)),
        alert=alert,
        incident=payload.incident,
        severity=payload.severity,
        kind=payload.kind,
        place=place,
        message=message,
        created_at=payload.created_at,
        expires_at=payload.expires_at,
        attempt=attempt,
        about=payload.about,
        once=payload.once,
        only_where_sent=payload.only_where_sent,
        switch=payload.switch,
        picture=payload.picture,
        publish=payload.publish,
        sent=sent or None,
        older=_earlier_message(older, payloads),
    )


def _earlier_message(text: str, payloads: Mapping[str, AlertPayload]) -> EarlierMessage | None:
    if not text:
        return None
    message_id, _, alert = text.partition(" ")
    return EarlierMessage(message_id, alert, payloads[alert].message)


def earlier_text(delivery: Delivery) -> str:
    """Return the earlier message that a delivery edits as the scripts know it: `id alert`, "" for any other one."""
    return f"{delivery.older.id} {delivery.older.alert}" if delivery.older else ""


def urgency(delivery: Delivery) -> tuple[bool, int]:
    """Return the sort key of a delivery: the most severe first, and edits that only point to a newer message last."""
    return delivery.older is not None, -delivery.severity.rank
