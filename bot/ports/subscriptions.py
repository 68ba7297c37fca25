"""Who wants to hear what, and which places cannot be reached."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.place import Obstacle, Place, Platform, Subscription
from bot.domain.severity import Sensitivity


@dataclass(frozen=True, slots=True)
class PlaceTrouble:
    """What is wrong with a place: `failures` since `since`; `disabled`, or not yet.

    `obstacle` is the reason as one of few words, `reason` what the platform said.
    """

    place: Place
    reason: str
    since: datetime
    failures: int = 1
    disabled: bool = False
    obstacle: Obstacle = Obstacle.REFUSED


@dataclass(frozen=True, slots=True)
class PlaceCheck:
    """A disabled place that is to be looked after now; `first` when nobody has since it was disabled."""

    trouble: PlaceTrouble
    first: bool


@dataclass(frozen=True, slots=True)
class PlaceStatus:
    """How things stand with a place that something is on its way to.

    `place` is its present address, `trouble` what is wrong with it or its chat, `subscription` what it is told for: its
    own one to the exchange, else the one to all; None when it has none any more. `subscribed` is True as well where
    none is needed.
    """

    place: Place
    trouble: PlaceTrouble | None = None
    subscription: Subscription | None = None
    subscribed: bool = True


class Subscriptions(Protocol):
    """Who wants to hear what, and which places cannot be reached."""

    async def add(self, subscription: Subscription) -> None:
        """Keep a subscription, replacing the place's earlier one for the same exchange; raise AskerError when full."""
        ...

    async def remove(self, place: Place, exchange: str | None, *, everything: bool = False) -> int:
        """Forget the place's subscription to an exchange (None: the one to all), or every one; return how many."""
        ...

    async def of_place(self, place: Place) -> Sequence[Subscription]:
        """Return what one place has subscribed to."""
        ...

    async def interested_in(self, exchange: str) -> Sequence[Subscription]:
        """Return the subscriptions of reachable places to this exchange or to all; a place's own one for it wins.

        There may be a million of them: look through them in slices, with pauses for others between.
        """
        ...

    async def presets(self, exchange: str) -> Collection[Sensitivity]:
        """Return the presets of all subscriptions to this exchange or to all, in no time however many there are."""
        ...

    async def place_statuses(self, asked: Sequence[tuple[Place, str | None]]) -> Sequence[PlaceStatus]:
        """Return how things stand with places, each asked with the exchange (None: none) it is to hear of.

        Of the whole market hears who has any subscription at all.
        """
        ...

    async def exchanges(self) -> Collection[str]:
        """Return the ids of the exchanges that somebody subscribed to by name."""
        ...

    async def count(self) -> int:
        """Return how many places have a subscription."""
        ...

    async def move(self, old: Place, new: Place) -> None:
        """Give everything one chat owns, its topics included, to its new address, in one step."""
        ...

    async def trouble(self, place: Place) -> PlaceTrouble | None:
        """Return what is wrong with a place, or else with the whole chat it is in."""
        ...

    async def record_trouble(self, trouble: PlaceTrouble) -> None:
        """Keep what is wrong with a place or a whole chat; a disabled one hears nothing until `clear_trouble`."""
        ...

    async def forget_disabled(self, before: datetime) -> Sequence[Place]:
        """Forget places whose trouble began before the moment and that are disabled still; return which."""
        ...

    async def clear_trouble(self, place: Place) -> bool:
        """Forget what was wrong with a place that answered again, and with its chat; return whether there was any.

        A whole chat (`Place.whole_chat`) that answered again heals every place in it. What was put off for a place that
        is healed is due at once.
        """
        ...

    async def disabled(self) -> Mapping[Obstacle, int]:
        """Return how many places are disabled, by why."""
        ...

    async def claim_place_checks(
        self, platform: Platform, *, now: datetime, again: datetime, limit: int
    ) -> Sequence[PlaceCheck]:
        """Return up to `limit` disabled places to be looked after now, longest due first.

        Their next visit is `again`; two who ask at once are given different ones.
        """
        ...

    async def check_place_again(self, place: Place, at: datetime) -> None:
        """Put the next visit to a disabled place at another time."""
        ...

    async def of_whole_chat(self, place: Place) -> Sequence[Subscription]:
        """Return what a place, or every place of a whole chat, has subscribed to."""
        ...
