"""News in Redis: headlines that name an exchange, and the days on which feeds were read, both by time (keys.py).

All of it is written by the worker that polls. One that was suspended may add a headline once more in other words of
its own; such a story counts twice for a day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import msgspec
from typing_extensions import override

from bot.domain.headline import HEADLINES_KEPT, Headline
from bot.ports.news import HEADLINES_MAX, KeptNews, NewsRecords
from bot.storage import keys
from bot.storage.connection import Database
from bot.storage.reading_encoding import microseconds, moment

_HEADLINES, _READS = keys.HEADLINES.key(), keys.NEWS_READS.key()

_encoder, _decoder = msgspec.json.Encoder(), msgspec.json.Decoder(Headline)


@dataclass(frozen=True, slots=True)
class RedisNews(NewsRecords):
    """Headlines and reads."""

    database: Database

    @override
    async def save(self, headlines: Sequence[Headline], *, read_at: datetime) -> None:
        scored = [word for each in headlines for word in (microseconds(each.at), _encoder.encode(each))]
        outdated = f"({microseconds(read_at - HEADLINES_KEPT)}"
        await self.database.pipeline(
            [
                *([("ZADD", _HEADLINES, *scored)] if scored else []),
                ("ZADD", _READS, microseconds(read_at), read_at.date().isoformat()),
                ("ZREMRANGEBYSCORE", _HEADLINES, "-inf", outdated),
                ("ZREMRANGEBYRANK", _HEADLINES, 0, -HEADLINES_MAX - 1),
                ("ZREMRANGEBYSCORE", _READS, "-inf", outdated),
                ("EXPIRE", _HEADLINES, keys.HEADLINES.lifetime_s),
                ("EXPIRE", _READS, keys.NEWS_READS.lifetime_s),
            ]
        )

    @override
    async def all(self) -> KeptNews:
        bodies, reads = await self.database.pipeline(
            [("ZRANGE", _HEADLINES, 0, -1), ("ZRANGE", _READS, 0, -1, "WITHSCORES")]
        )
        read = [await self.database.decoded(_decoder.decode, body, _HEADLINES, "headline") for body in bodies]
        days = [await self.database.decoded(_day, day, _READS, "day") for day in reads[::2]]
        times = [moment(int(score)) for score in reads[1::2]]
        return KeptNews(
            [headline for headline in read if headline],
            {day: at for day, at in zip(days, times, strict=True) if day},
        )


def _day(written: bytes) -> date:
    return date.fromisoformat(written.decode())
