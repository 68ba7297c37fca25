"""Which time is right when the clocks of several machines differ: the one that most of them have. Pure.

Example: this machine's clock says 12:00, DefiLlama and Telegram say 17:00. Two against one: it is 17:00. When DefiLlama
alone says 17:00 and Telegram 12:00 as well, DefiLlama's clock is wrong. When nobody but DefiLlama was asked, it is one
against one: nothing changes, and the doubt is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median_low

CLOCK_TOLERANCE = timedelta(minutes=2)
"""Clocks that differ by no more agree. Answers are under way for seconds, and a `Date` has whole seconds."""


@dataclass(frozen=True, slots=True)
class TimeWitness:
    """What somebody's clock says: how far it is ahead of the time that is in use, negative when it is behind.

    It may be ahead by up to `slack` more: a cache that kept an answer for half an hour may tell when it got it, or now.
    """

    name: str
    ahead: timedelta
    slack: timedelta = timedelta()

    def agrees_with(self, ahead: timedelta) -> bool:
        """Return whether its time may be `ahead` of the one in use, give or take the tolerance."""
        return self.ahead - CLOCK_TOLERANCE <= ahead <= self.ahead + self.slack + CLOCK_TOLERANCE


def agreed_correction(witnesses: Sequence[TimeWitness]) -> timedelta:
    """Return by how much to change the time in use, so that it is that of the majority; zero when it is to stay.

    It stays when it has as many witnesses as any other time.
    """
    staying = supporters(witnesses, timedelta())
    times = [time for witness in witnesses for time in (witness.ahead, witness.ahead + witness.slack)]
    largest = max((supporters(witnesses, time) for time in times), key=len, default=[])
    if len(largest) <= len(staying):
        return timedelta()
    least_slack = min(witness.slack for witness in largest)
    return median_low(witness.ahead for witness in largest if witness.slack == least_slack)


def doubters(witnesses: Sequence[TimeWitness]) -> Sequence[TimeWitness]:
    """Return who has another time than the one in use, where they are as many as those who have it."""
    staying = supporters(witnesses, timedelta())
    for witness in witnesses:
        if not witness.agrees_with(timedelta()) and len(supporters(witnesses, witness.ahead)) >= len(staying):
            return supporters(witnesses, witness.ahead)
    return ()


def supporters(witnesses: Sequence[TimeWitness], ahead: timedelta) -> list[TimeWitness]:
    """Return the witnesses whose time may be `ahead` of the one in use."""
    return [witness for witness in witnesses if witness.agrees_with(ahead)]
