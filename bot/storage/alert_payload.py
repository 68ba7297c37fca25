"""An alert as it is kept in the outbox: once, whatever the number of places it goes to."""

from datetime import datetime

import msgspec

from bot.domain.severity import Severity
from bot.messages.model import Message
from bot.ports.outbox import Alert, DeliveryKind

_PRIORITIES = {Severity.CRITICAL: 0, Severity.SEVERE: 0, Severity.ELEVATED: 1, Severity.WATCH: 2}


class AlertPayload(msgspec.Struct, frozen=True, omit_defaults=True):
    """What every delivery of an alert has in common."""

    incident: str
    severity: Severity
    kind: DeliveryKind
    message: Message
    created_at: datetime
    expires_at: datetime
    about: str | None = None
    once: bool = False


_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(AlertPayload)


def priority_of(severity: Severity) -> int:
    """Return which stream carries it: 0 is read first."""
    return _PRIORITIES[severity]


def encode_alert(alert: Alert) -> str:
    """Return what an alert's deliveries have in common, as JSON."""
    common = AlertPayload(
        alert.incident,
        alert.severity,
        alert.kind,
        alert.message,
        alert.created_at,
        alert.expires_at,
        about=alert.about,
        once=alert.once,
    )
    return _encoder.encode(common).decode()


def decode_alert(body: bytes) -> AlertPayload:
    """Return what `letter` wrote."""
    return _decoder.decode(body)
