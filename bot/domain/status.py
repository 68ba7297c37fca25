"""How the bot itself is doing, for `/status`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.place import Obstacle, Platform
from bot.domain.reading import SourceHealth
from bot.domain.send_rate import SendRate
from bot.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class BotStatus:
    """The bot's own health at `now`.

    `exchanges` are listed, `read` of them have been read. `backlog` counts the messages that wait, by platform and
    severity. `platforms` says what troubles each ("" for nothing), `standing_by` what this worker leaves to others,
    `undelivered` why no alert is sent, `misdirected` has a sentence for every setting that leads nowhere.
    """

    version: str
    started_at: datetime
    now: datetime
    sources: Mapping[str, SourceHealth]
    exchanges: int
    read: int
    newest_reading: datetime | None
    open_incidents: int
    backlog: Mapping[tuple[Platform, Severity], int]
    oldest_waiting: datetime | None
    places: int
    platforms: Mapping[Platform, str]
    disabled: Mapping[Obstacle, int]
    rates: Mapping[Platform, SendRate]
    standing_by: Sequence[str] = ()
    undelivered: Sequence[str] = ()
    misdirected: Sequence[str] = ()
