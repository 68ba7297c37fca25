"""News in memory, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from typing_extensions import override

from bot.domain.errors import StorageError
from bot.domain.headline import HEADLINES_KEPT, Headline
from bot.ports.news import KeptNews, NewsRecords


@dataclass
class MemoryNews(NewsRecords):
    """Headlines and days with a feed read. `away` makes every call fail."""

    away: bool = False
    _headlines: list[Headline] = field(default_factory=list)
    _reads: dict[date, datetime] = field(default_factory=dict)

    @override
    async def save(self, headlines: Sequence[Headline], *, read_at: datetime) -> None:
        self._fail_if_away()
        oldest = read_at - HEADLINES_KEPT
        kept = {*self._headlines, *headlines}
        self._headlines = sorted((each for each in kept if each.at >= oldest), key=lambda headline: headline.at)
        self._reads[read_at.date()] = read_at
        self._reads = {day: at for day, at in self._reads.items() if at >= oldest}

    @override
    async def all(self) -> KeptNews:
        self._fail_if_away()
        return KeptNews(list(self._headlines), dict(self._reads))

    def _fail_if_away(self) -> None:
        if self.away:
            raise StorageError("away")
