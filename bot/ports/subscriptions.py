"""Which place wants to hear of which exchange, and what is wrong with places that cannot be written to.

Example: a group blocks the bot. Its trouble is recorded and becomes `disabled`, so it gets no alerts but keeps its
subscriptions. The place is checked from time to time; when it answers again, the trouble is cleared. If it never does,
it is forgotten after a month.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.mute import Mute
from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.severity import Sensitivity


@dataclass(frozen=True, slots=True)
class PlaceTrouble:
    """What is wrong with a place, since when, and how many messages failed; a `disabled` place gets no alerts.

    `obstacle` is the reason as a fixed word, `reason` the platform's own text. The names are those of the JSON in the
    store.
    """

    place: Place
    reason: str
    since: datetime
    failures: int = 1
    disabled: bool = False
    obstacle: Obstacle = Obstacle.REFUSED


@dataclass(frozen=True, slots=True)
class PlaceCheck:
    """A disabled place to be checked now; `first` says that nobody has checked it since it was disabled."""

    trouble: PlaceTrouble
    first: bool


@dataclass(frozen=True, slots=True)
class PlaceStatus:
    """Whether a message to a place is still to be sent, and where to.

    `place` is its present address, `trouble` what is wrong with it or its chat. `subscription` is that to the exchange
    in question, else the one to all exchanges, else None. `subscribed` says that the message is still wanted, which is
    also True for a message that needs no subscription. `mutes` are those of the place that last and are about the
    exchange in question or about all; a message about none is never muted.
    """

    place: Place
    trouble: PlaceTrouble | None = None
    subscription: Subscription | None = None
    subscribed: bool = True
    mutes: tuple[Mute, ...] = ()


class Subscriptions(Protocol):
    """The subscriptions and the troubles of all places. Every method may raise StorageError."""

    async def add(self, subscription: Subscription) -> None:
        """Keep a subscription, replacing the place's earlier one for the same exchange; raise AskerError when full."""
        ...

    async def add_all(self, subscriptions: Sequence[Subscription]) -> None:
        """Keep several subscriptions of one place as `add` does, all of them in one step or none."""
        ...

    async def remove(self, place: Place, exchange: str | None, *, everything: bool = False) -> int:
        """Remove a place's subscription to an exchange (None: the one to all), or `everything`; return how many."""
        ...

    async def of_place(self, place: Place) -> Sequence[Subscription]:
        """Return the subscriptions of a place, the one to all exchanges first."""
        ...

    async def of_places(self, places: Sequence[Place]) -> Sequence[Sequence[Subscription]]:
        """Return the subscriptions of several places, in their order, as `of_place` does."""
        ...

    async def interested_in(self, exchange: str) -> Sequence[Subscription]:
        """Return the subscriptions, of places that are not disabled, to an exchange or to all.

        A place with both has only that to the exchange in it. Who made them and when is left out. There may be a
        million: go through them in slices, and let other tasks run in between.
        """
        ...

    async def presets(self, exchange: str) -> Collection[Sensitivity]:
        """Return the presets in use by subscriptions to this exchange or to all; fast, however many there are."""
        ...

    async def place_statuses(self, asked: Sequence[tuple[Place, str | None]]) -> Sequence[PlaceStatus]:
        """Return the status of places, each given with the exchange of the message (None: it is about none).

        A message about the whole market (`MARKET.id`) is wanted by every place that has any subscription.
        """
        ...

    async def places_without_notices(self) -> Collection[Place]:
        """Return the places that have switched data notices off (`PlaceSettings.notices`)."""
        ...

    async def exchanges(self) -> Collection[str]:
        """Return the ids of the exchanges that some place subscribed to by name."""
        ...

    async def count(self) -> int:
        """Return how many places have a subscription."""
        ...

    async def move(self, old: Place, new: Place) -> None:
        """Move everything of a chat, its topics included, to its new address, in one step."""
        ...

    async def trouble(self, place: Place) -> PlaceTrouble | None:
        """Return what is wrong with a place, else with the whole chat it is in, else None."""
        ...

    async def record_trouble(self, trouble: PlaceTrouble) -> None:
        """Keep what is wrong with a place or a whole chat; a disabled one gets no alerts until `clear_trouble`."""
        ...

    async def forget_disabled(self, before: datetime) -> Sequence[Place]:
        """Forget, subscriptions included, the disabled places whose trouble began before a moment; return them."""
        ...

    async def clear_trouble(self, place: Place) -> bool:
        """Forget the trouble of a place that answers again, and that of its chat; return whether there was any.

        For a whole chat (`Place.whole_chat`) the trouble of every place in it is forgotten. Deliveries that failed
        there and were postponed are due at once.
        """
        ...

    async def disabled(self) -> Mapping[Obstacle, int]:
        """Return how many places are disabled, by obstacle."""
        ...

    async def refusing(self) -> Mapping[Obstacle, int]:
        """Return how many places refused their last message and are not disabled for it (yet), by obstacle."""
        ...

    async def claim_place_checks(
        self, platform: Platform, *, now: datetime, again: datetime, limit: int
    ) -> Sequence[PlaceCheck]:
        """Return up to `limit` disabled places whose check is due at `now`, the longest due first.

        Their next check is due at `again`. Two workers that call at once get different places.
        """
        ...

    async def check_place_again(self, place: Place, at: datetime) -> None:
        """Change when the next check of a disabled place is due; a place that is not disabled stays so."""
        ...

    async def of_whole_chat(self, place: Place) -> Sequence[Subscription]:
        """Return the subscriptions of a place or, for a whole chat, of every place in it."""
        ...
