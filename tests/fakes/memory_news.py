"""News in memory and a feed that tells what a test has written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from typing_extensions import override

from bot.domain.errors import StorageError
from bot.domain.headline import HEADLINES_KEPT, FeedEntry, Headline
from bot.ports.news import Feed, KeptNews, NewsRecords
from tests.builders import NOON


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


class WrittenFeed(Feed):
    """A feed that tells what a test has written, once; `fault` is raised instead."""

    def __init__(self, name: str = "a.org") -> None:
        self.name = name
        self.written: list[FeedEntry] = []
        self.fault: Exception | None = None
        self.asked = 0

    def write(self, title: str, *, at: datetime | None = NOON, link: str = "") -> None:
        self.written.append(FeedEntry(title, link or f"https://{self.name}/{len(self.written)}", at))

    @override
    async def entries(self) -> Sequence[FeedEntry]:
        self.asked += 1
        if self.fault:
            raise self.fault
        return list(self.written)

    @override
    def forget_version(self) -> None:
        pass
