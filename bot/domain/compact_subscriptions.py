"""A sequence of very many subscriptions in little memory, for alerts that go to a hundred thousand places.

A place is kept as its text, `telegram:-100/7`. The terms of its subscription (exchange, preset, thresholds …) are kept
once for all places that have the same: 100,000 places with the default terms share one tuple. That is about 110 bytes a
place, and almost nothing that the garbage collector has to look through; with a `Subscription` object for each of
100,000, one collection stops the event loop for 30 ms.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from typing_extensions import override

from bot.domain.place import Place, Subscription
from bot.domain.severity import Sensitivity, Severity

Follows = tuple[tuple[int, Sensitivity], ...]
SubscriptionTerms = tuple[str | None, Severity, Sensitivity, float | None, float | None, str | None, Follows]
"""Exchange, least severity, preset, least size in USD and as a share of reserves, mention, and the incidents that go on
under another preset: all that decides whether a place gets an alert, and how."""


class CompactSubscriptions(Sequence[Subscription]):  # noqa: PLW1641 — it grows, so it has no hash
    """Subscriptions without who made them and when; each `Subscription` is made when it is read."""

    __slots__ = ("_places", "_shared_terms", "_terms")

    def __init__(self, subscriptions: Iterable[Subscription] = ()) -> None:
        self._places: list[str] = []
        self._terms: list[SubscriptionTerms] = []
        # Each tuple of terms maps to itself, so that equal ones are one object.
        self._shared_terms: dict[SubscriptionTerms, SubscriptionTerms] = {}
        self.extend(subscriptions)

    def add(self, subscription: Subscription) -> None:
        """Append a subscription."""
        terms = (
            subscription.exchange,
            subscription.min_severity,
            subscription.sensitivity,
            subscription.usd,
            subscription.share,
            subscription.mention,
            subscription.follows,
        )
        self.add_stored(str(subscription.place), terms)

    def extend(self, subscriptions: Iterable[Subscription]) -> None:
        """Append several subscriptions."""
        for subscription in subscriptions:
            self.add(subscription)

    def add_stored(self, place: str, terms: SubscriptionTerms) -> None:
        """Append a subscription as the store has it, its place as `str(place)` writes it."""
        self._places.append(place)
        self._terms.append(self._shared_terms.setdefault(terms, terms))

    @override
    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Subscription: ...
    @overload
    def __getitem__(self, index: slice) -> list[Subscription]: ...
    @override
    def __getitem__(self, index: int | slice) -> Subscription | list[Subscription]:
        """Return the subscription at an index, or a list of those in a slice."""
        if isinstance(index, slice):
            return [*map(_subscription, self._places[index], self._terms[index])]
        return _subscription(self._places[index], self._terms[index])

    @override
    def __iter__(self) -> Iterator[Subscription]:
        """Yield all of them."""
        return map(_subscription, self._places, self._terms)

    @override
    def __eq__(self, other: object) -> bool:
        """Return whether another sequence has the same subscriptions in the same order."""
        return isinstance(other, Sequence) and list(self) == list(other)


def _subscription(place: str, terms: SubscriptionTerms) -> Subscription:
    exchange, severity, sensitivity, usd, share, mention, follows = terms
    return Subscription(Place.parse(place), exchange, severity, sensitivity, usd, share, mention, follows=follows)
