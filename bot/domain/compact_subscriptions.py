"""Very many subscriptions in little room."""

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from typing_extensions import override

from bot.domain.place import Place, Subscription
from bot.domain.severity import Sensitivity, Severity

SubscriptionTerms = tuple[str | None, Severity, Sensitivity, float | None, float | None, str | None]
"""Exchange, least severity, preset, floors in USD and share, mention: what decides whether a place is told, and how."""


class CompactSubscriptions(Sequence[Subscription]):  # noqa: PLW1641 — it grows, so it has no hash
    """Subscriptions that are made when they are looked at, without who made them and when.

    Kept are a string for each place and, once, every wish that differs: about 110 bytes a place, and nothing that a
    garbage collection has to look through. With an object for each, one stops the loop for 30 ms at 100,000.
    """

    __slots__ = ("_known", "_places", "_wishes")

    def __init__(self, subscriptions: Iterable[Subscription] = ()) -> None:
        self._places: list[str] = []
        self._wishes: list[SubscriptionTerms] = []
        self._known: dict[SubscriptionTerms, SubscriptionTerms] = {}
        self.extend(subscriptions)

    def add(self, one: Subscription) -> None:
        """Take one more."""
        wish = (one.exchange, one.min_severity, one.sensitivity, one.usd, one.share, one.mention)
        self.add_written(str(one.place), wish)

    def extend(self, others: Iterable[Subscription]) -> None:
        """Take more."""
        for subscription in others:
            self.add(subscription)

    def add_written(self, place: str, wish: SubscriptionTerms) -> None:
        """Take one more, its place as `str(place)` writes it."""
        self._places.append(place)
        self._wishes.append(self._known.setdefault(wish, wish))

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
        """Return one, or some."""
        if isinstance(index, slice):
            return [*map(_made, self._places[index], self._wishes[index])]
        return _made(self._places[index], self._wishes[index])

    @override
    def __iter__(self) -> Iterator[Subscription]:
        """Yield all of them."""
        return map(_made, self._places, self._wishes)

    @override
    def __eq__(self, other: object) -> bool:
        """Return whether another sequence has the same subscriptions in the same order."""
        return isinstance(other, Sequence) and list(self) == list(other)


def _made(place: str, wish: SubscriptionTerms) -> Subscription:
    return Subscription(Place.parse(place), *wish)
