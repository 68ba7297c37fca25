"""A subscription as the store has it: JSON without the place and the exchange, which its key and field say.

`{"sensitivity":"early","share":0.02}` in the field `telegram:-100` of the subscribers of binance says: that group hears
of Binance with the preset `early`, from 2 % of reserves on. What has its default is left out.
"""

from datetime import datetime

import msgspec

from bot.domain.compact_subscriptions import Follows, SubscriptionTerms
from bot.domain.place import Place, Subscription
from bot.domain.severity import Sensitivity, Severity

EVERY_EXCHANGE = "*"
"""Stands for the exchange in subscriptions to all of them."""


class _StoredTerms(msgspec.Struct, frozen=True, omit_defaults=True):
    """What decides whether a place gets an alert, and how."""

    min_severity: Severity = Severity.WATCH
    sensitivity: Sensitivity = Sensitivity.NORMAL
    usd: float | None = None
    share: float | None = None
    mention: str | None = None
    follows: Follows = ()


class _StoredSubscription(_StoredTerms, frozen=True, omit_defaults=True):
    """All of a subscription but its place and exchange."""

    created_by: str = ""
    created_at: datetime | None = None
    title: str = ""


_encoder = msgspec.json.Encoder()
_terms_decoder, _subscription_decoder = msgspec.json.Decoder(_StoredTerms), msgspec.json.Decoder(_StoredSubscription)


def stored_exchange(exchange: str | None) -> str:
    """Return the exchange as keys name it: its id, `*` for all of them."""
    return exchange or EVERY_EXCHANGE


def encode_subscription(subscription: Subscription) -> bytes:
    """Return the JSON of a subscription."""
    return _encoder.encode(
        _StoredSubscription(**{name: getattr(subscription, name) for name in _StoredSubscription.__struct_fields__})
    )


def decode_subscription(place: Place, exchange: str, body: str | bytes) -> Subscription:
    """Return the subscription of a place to an exchange, as keys name it."""
    stored = _subscription_decoder.decode(body)
    return Subscription(
        place,
        _exchange(exchange),
        **{name: getattr(stored, name) for name in _StoredSubscription.__struct_fields__},
    )


def decode_terms(exchange: str, body: str) -> SubscriptionTerms:
    """Return only what decides whether a place gets an alert, which is faster where there are very many."""
    terms = _terms_decoder.decode(body)
    limits = terms.min_severity, terms.sensitivity, terms.usd, terms.share
    return _exchange(exchange), *limits, terms.mention, terms.follows


def _exchange(stored: str) -> str | None:
    return None if stored == EVERY_EXCHANGE else stored
