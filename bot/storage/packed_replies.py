"""Reads what scripts pack into one word of msgpack: texts of the store, which may be damaged.

Of a hundred thousand texts all are UTF-8, as a rule, and are decoded at once. Where one is not, each is decoded by
itself, so that the others are not lost with it.
"""

from typing import Any

import msgspec

from bot.domain.place import Platform

StatusReply = tuple[str, str, str, str, int, str, str]
"""Present place, trouble or "", own subscription or "", subscription to all or "", 1 if it is subscribed as needed,
mute of the exchange or "", mute of all or ""."""

_texts_decoder = msgspec.msgpack.Decoder(list[str])
_statuses_decoder = msgspec.msgpack.Decoder(list[StatusReply])
_raw_texts_decoder = msgspec.msgpack.Decoder(list[msgspec.Raw])
_RawStatusReply = tuple[msgspec.Raw, msgspec.Raw, msgspec.Raw, msgspec.Raw, int, msgspec.Raw, msgspec.Raw]
_raw_statuses_decoder = msgspec.msgpack.Decoder(list[_RawStatusReply])
# https://github.com/msgpack/msgpack/blob/master/spec.md#str-format-family: bytes before the text, by the first of them
_HEADS = {0xD9: 2, 0xDA: 3, 0xDB: 5}
_PLACES_BEGIN = tuple(f"{platform}:" for platform in Platform)


def decoded_texts(packed: bytes) -> list[str]:
    """Return the texts of a list; in a damaged one bytes that are no UTF-8 become lone surrogates."""
    try:
        return _texts_decoder.decode(packed)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [_text(raw) for raw in _raw_texts_decoder.decode(packed)]


def decoded_statuses(packed: bytes) -> list[StatusReply]:
    """Return what place_status.lua says of each place."""
    try:
        return _statuses_decoder.decode(packed)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return [
            (_text(place), _text(trouble), _text(own), _text(to_all), is_subscribed, _text(mute), _text(mute_of_all))
            for place, trouble, own, to_all, is_subscribed, mute, mute_of_all in _raw_statuses_decoder.decode(packed)
        ]


def check_name(place: str) -> None:
    """Raise ValueError for what cannot be the name of a place; quick, for there may be very many."""
    if not place.startswith(_PLACES_BEGIN):
        raise ValueError("not a place")


def _text(raw: Any) -> str:
    packed = bytes(raw)
    return packed[_HEADS.get(packed[0], 1) :].decode(errors="surrogateescape")
