"""In how many ways an alert is written, and which places get which: by language, and with members' drills or without.

Example: of 340 places that hear of INC-8, 30 have set Spanish, and 2 have switched drills off. The alert is written
three times: in English (308 places), in Spanish (30), and in English without the line about drills (2).
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from bot.alerting.routing import Audience
from bot.domain.compact_subscriptions import CompactSubscriptions
from bot.domain.place import Place, Subscription
from bot.language.languages import ENGLISH


class AlertVariant(NamedTuple):
    """One way to write an alert: in a language, and with what members' drills found, or without."""

    language: str = ENGLISH
    shows_drills: bool = True

    @property
    def suffix(self) -> str:
        """Return what tells the ids of its alerts from the others': `-es-without-drills`; "" for the usual one."""
        language = "" if self.language == ENGLISH else f"-{self.language}"
        return language if self.shows_drills else f"{language}-without-drills"


USUAL = AlertVariant()

Audiences = Mapping[AlertVariant, Audience]
"""Who hears of a step, by the variant that they get."""


def by_variant(
    subscriptions: Sequence[Subscription], languages: Mapping[Place, str], drills_off: Collection[Place]
) -> Mapping[AlertVariant, Sequence[Subscription]]:
    """Return subscriptions by the variant that their places get; those in no `languages` get English."""
    if not languages and not drills_off:
        return {USUAL: subscriptions}
    parts: defaultdict[AlertVariant, list[Subscription]] = defaultdict(list)
    for subscription in subscriptions:
        place = subscription.place
        parts[AlertVariant(languages.get(place, ENGLISH), place not in drills_off)].append(subscription)
    return parts


class GrowingAudiences:
    """The audiences of a step, put together slice by slice."""

    def __init__(self) -> None:
        self._growing: dict[AlertVariant, tuple[CompactSubscriptions, CompactSubscriptions, CompactSubscriptions]] = {}

    def extend(self, variant: AlertVariant, part: Audience) -> None:
        """Add to those who get a variant."""
        if variant not in self._growing:
            self._growing[variant] = CompactSubscriptions(), CompactSubscriptions(), CompactSubscriptions()
        for known, added in zip(self._growing[variant], (part.post, part.edit, part.follow), strict=True):
            known.extend(added)

    @property
    def audiences(self) -> Audiences:
        """Return who gets which variant, the usual one first."""
        in_order = sorted(self._growing, key=lambda variant: variant.suffix)
        return {variant: Audience(*self._growing[variant]) for variant in in_order}
