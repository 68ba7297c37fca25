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
    """What somebody's clock says: how far it is ahead of the time that is in use, negative when it is behind."""

    name: str
    ahead: timedelta


def agreed_correction(witnesses: Sequence[TimeWitness]) -> timedelta:
    """Return by how much to change the time in use, so that it is that of the majority; zero when it is to stay.

    It stays when it has as many witnesses as any other time.
    """
    staying = supporters(witnesses, timedelta())
    largest = max((supporters(witnesses, witness.ahead) for witness in witnesses), key=len, default=[])
    return median_low(witness.ahead for witness in largest) if len(largest) > len(staying) else timedelta()


def doubters(witnesses: Sequence[TimeWitness]) -> Sequence[TimeWitness]:
    """Return who has another time than the one in use, where they are as many as those who have it."""
    staying = supporters(witnesses, timedelta())
    for witness in witnesses:
        if abs(witness.ahead) > CLOCK_TOLERANCE and len(supporters(witnesses, witness.ahead)) >= len(staying):
            return supporters(witnesses, witness.ahead)
    return ()


def supporters(witnesses: Sequence[TimeWitness], ahead: timedelta) -> list[TimeWitness]:
    """Return the witnesses whose time is `ahead` of the one in use, give or take the tolerance."""
    return [witness for witness in witnesses if abs(witness.ahead - ahead) <= CLOCK_TOLERANCE]
