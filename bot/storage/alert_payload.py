"""What all deliveries of an alert have in common, as the outbox stores it: once, however many places it goes to.

An alert for 10,000 places is one JSON text of a few KB and 10,000 stream entries of about 140 bytes, which name it.
"""

from datetime import datetime
from typing import Any

import msgspec

from bot.domain.severity import Severity
from bot.language.languages import ENGLISH
from bot.language.translation import written_in
from bot.messages.model import Message
from bot.messages.pictures import Picture
from bot.ports.outbox import Alert, DeliveryKind

# Three streams, not four: a critical alert must not wait behind severe ones, and there are few of both.
_PRIORITIES = {Severity.CRITICAL: 0, Severity.SEVERE: 0, Severity.ELEVATED: 1, Severity.WATCH: 2}


class AlertPayload(msgspec.Struct, frozen=True, omit_defaults=True):
    """An alert without its id and its recipients, which the keys and the stream entries say."""

    incident: str
    severity: Severity
    kind: DeliveryKind
    message: Message
    created_at: datetime
    expires_at: datetime
    about: str | None = None
    once: bool = False
    only_where_sent: bool = False
    switch: str = ""
    picture: Picture | None = None
    publish: bool = False


class _PictureUnread(AlertPayload, frozen=True):
    """An alert whose picture is whatever it is."""

    picture: Any = None


_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(AlertPayload)
_text_decoder = msgspec.json.Decoder(_PictureUnread)


def priority_of(severity: Severity) -> int:
    """Return the number of the stream for deliveries of a severity: 0 is read first, 2 last."""
    return _PRIORITIES[severity]


def encode_alert(alert: Alert) -> str:
    """Return the payload of an alert as JSON."""
    payload = AlertPayload(
        alert.incident,
        alert.severity,
        alert.kind,
        alert.message,
        alert.created_at,
        alert.expires_at,
        about=alert.about,
        once=alert.once,
        only_where_sent=alert.only_where_sent,
        switch=alert.switch,
        picture=alert.picture,
        publish=alert.publish,
    )
    return _encoder.encode(payload).decode()


def decode_alert(body: bytes) -> AlertPayload:
    """Return the payload that `encode_alert` made JSON of; what an older program stored is in English.

    A message without a language would get the one in force where it is read. A picture that cannot be read, such as one
    of a kind that a newer program has, is left out: no text is lost with it.
    """
    with written_in(ENGLISH):
        try:
            return _decoder.decode(body)
        except msgspec.ValidationError:
            return msgspec.structs.replace(_text_decoder.decode(body), picture=None)
