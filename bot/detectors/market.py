"""What the other exchanges do: the last step of each, by which one exchange's own step is judged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.reading import Reading


@dataclass(frozen=True, slots=True)
class Stir:
    """The last step of one exchange: its newest reading, and the share of clean reserves that moved, free of prices.

    `share` is None for a first reading; `before` is the time of the reading before.
    """

    reading: Reading
    before: datetime | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Market:
    """The last step of every exchange, by its id."""

    stirs: Mapping[str, Stir] = field(default_factory=dict)

    def after(self, stirs: Iterable[Stir]) -> "Market":
        """Return the market once these exchanges were read."""
        return Market({**self.stirs, **{one.reading.exchange: one for one in stirs}})


ALONE = Market()
"""A market in which nothing else is known."""
