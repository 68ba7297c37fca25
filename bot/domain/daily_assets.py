"""What an exchange held on one day, by asset: what the picture of its reserves over time is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.reading import Reading


@dataclass(frozen=True, slots=True)
class DailyAssets:
    """The first reading of a UTC day by asset, in USD at the prices of that reading, own tokens left out."""

    at: datetime
    usd: Mapping[str, float]

    @property
    def total_usd(self) -> float:
        """Return what all of it was worth."""
        return sum(self.usd.values())

    @classmethod
    def of(cls, reading: Reading, own_tokens: frozenset[str]) -> "DailyAssets":
        """Return what a reading says, its own tokens left out."""
        held = {asset: holding.usd for asset, holding in reading.by_asset().items() if asset not in own_tokens}
        return cls(reading.as_of, held)
