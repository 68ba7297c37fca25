"""What a signature adds to a request, and how it gets there before every attempt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bot.domain.exchange_key import ExchangeKey
from bot.ports.sources import Clock
from bot.sources.http_types import OutgoingRequest, Signer
from bot.sources.withdrawals.adapter import ExchangeInterface


@dataclass(frozen=True, slots=True)
class Signature:
    """What is added: `headers`, a `query` to append, or a whole `content`. They hold the key, and show in no `repr`."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    query: str = field(default="", repr=False)
    content: bytes | None = field(default=None, repr=False)


SigningScheme = Callable[[ExchangeKey, datetime, str], Signature]
"""Signs a request as of a time; the text is the exchange's own path with the query, `/v5/user/query-api`."""


def signer(scheme: SigningScheme, interface: ExchangeInterface, key: ExchangeKey, clock: Clock) -> Signer:
    """Return what signs the requests of an interface, each as of the moment when it is sent.

    What is signed is the path that the exchange has: a base address may have a path of its own in front of it.
    """
    target = interface.request().url.removeprefix(interface.base)

    def sign(request: OutgoingRequest) -> OutgoingRequest:
        signature = scheme(key, clock.now(), target)
        appended = f"{'&' if '?' in target else '?'}{signature.query}" if signature.query else ""
        return replace(
            request,
            url=request.url + appended,
            headers=dict(request.headers) | dict(signature.headers),
            content=request.content if signature.content is None else signature.content,
        )

    return sign


def milliseconds(at: datetime) -> int:
    """Return a time as every exchange but OKX writes it: milliseconds since 1970 (1700000000123)."""
    return int(at.timestamp()) * 1000 + at.microsecond // 1000
