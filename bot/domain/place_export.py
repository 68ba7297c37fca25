"""Everything that a place has set, as one value: what `/export` writes and `/import` reads."""

from dataclasses import dataclass

from bot.domain.place import Place, Subscription

SUBSCRIPTIONS_PER_PLACE_MAX = 100
"""More than there are exchanges; bounds what one chat can store."""


@dataclass(frozen=True, slots=True)
class PlaceExport:
    """What one place has set."""

    place: Place
    subscriptions: tuple[Subscription, ...] = ()
